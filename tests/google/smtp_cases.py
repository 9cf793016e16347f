"""Every row of Google's list of SMTP replies, in Google's words, with what it must mean.

Source (2026-11):
https://knowledge.workspace.google.com/admin/support/troubleshooting/gmail-smtp-errors-and-codes
"""

# ruff: noqa: E501 -- a reply stands in one piece, as Google writes it

from typing import NamedTuple

from service.connections.way import WayKind
from service.smtp.replies import Phase


class Case(NamedTuple):
    """One reply, where it comes, and what follows.

    Attributes:
        leaf: short for the class; ``test_smtp_replies`` names them.
    """

    text: str
    phase: Phase
    leaf: str
    code: str
    wait_s: float | None = None
    kind: WayKind = WayKind.APP_PASSWORD


HOUR = 3600.0
AUTH, MAIL, RCPT, DATA, END = Phase.AUTH, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA
EHLO, TLS, GREETING = Phase.EHLO, Phase.STARTTLS, Phase.GREETING
XOAUTH2, RELAY, OWN = WayKind.XOAUTH2, WayKind.RELAY, WayKind.SMTP_SERVER
DELEGATED = WayKind.DELEGATION_XOAUTH2
CLOSING = "421 4.7.0 Try again later, closing connection. (EHLO) gsmtp"
BAD_LOGIN = (
    "535 5.7.8 Username and Password not accepted. https://support.google.com/mail/?p=BadCredentials gsmtp"
)
UNUSUAL = "421 4.7.28 Gmail has detected an unusual rate of mail originating from your"
LIMITED = "Your email has been rate limited because"

CASES = (
    # 421 at the door, and what passes
    Case(CLOSING, EHLO, "down", "ehlo-refused", 300),
    Case(CLOSING, GREETING, "down", "ehlo-refused", 300),
    Case("421 4.7.0 Try again later, closing connection. (MAIL) gsmtp", MAIL, "down", "provider-unavailable", 300),
    Case("501 5.5.4 HELO/EHLO argument is invalid. https://support.google.com/mail/?p=helo", EHLO,
         "way", "ehlo-refused", HOUR),
    Case("501 5.5.4 Empty HELO/EHLO argument not allowed, closing connection.", EHLO, "way", "ehlo-refused", HOUR),
    Case("421 4.3.0 Temporary System Problem. Try again later. gsmtp", AUTH, "down", "provider-unavailable"),
    Case("421 4.7.0 Temporary System Problem. Try again later. gsmtp", MAIL, "down", "provider-unavailable"),
    Case("421 4.3.0 Temporary System Problem. Try again later. gsmtp", END, "down", "provider-unavailable"),
    Case("421 4.4.5 Server busy, try again later. gsmtp", GREETING, "down", "provider-unavailable"),
    Case("421 4.7.0 Connection expired, try reconnecting. gsmtp", MAIL, "down", "provider-unavailable"),
    Case("421 4.7.0 Connection expired, try reconnecting. gsmtp", END, "lost", "answer-lost"),
    Case("451 4.4.2 Timeout - closing connection. gsmtp", RCPT, "down", "provider-unavailable"),
    Case("451 4.4.2 Timeout - closing connection. gsmtp", END, "lost", "answer-lost"),
    # Reputation
    Case(f"{UNUSUAL} IP address 192.0.2.25", END, "mailbox", "reputation-low", HOUR),
    Case(f"{UNUSUAL} DKIM domain muster.example", END, "mailbox", "reputation-low", HOUR),
    Case(f"{UNUSUAL} SPF domain muster.example", END, "mailbox", "reputation-low", HOUR),
    Case("421 4.7.28 Gmail has detected an unusual rate of mail containing one of your URL domains", END,
         "mailbox", "reputation-low", HOUR),
    Case("421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP", END,
         "mailbox", "reputation-low", HOUR),
    Case("421 4.7.0 This message is suspicious due to the very low reputation of the sending IP address.", END,
         "mailbox", "reputation-low", HOUR),
    Case("421 4.7.0 This message is suspicious due to the nature of the content or the links within.", END,
         "later", "message-suspicious", HOUR),
    Case("550 5.7.28 There is an unusual rate of unsolicited mail originating from your IP address.", END,
         "mailbox", "reputation-low", HOUR),
    Case("550 5.7.1 Our system has detected an unusual rate of unsolicited mail originating from your IP", END,
         "mailbox", "reputation-low", HOUR),
    Case("421 4.7.28 Gmail has detected this message exceeded its quota for sending messages with the same "
         "Message-ID:.", END, "refused", "message-repeated"),
    # The sender's DNS
    Case("421 4.7.23 The sending IP address for this message doesn't have a PTR record, or the PTR record's "
         "forward DNS entry doesn't match.", END, "way", "sender-not-authenticated", HOUR),
    Case("451 4.7.24 The SPF record of the sending domain has one or more suspicious entries.", END,
         "way", "sender-not-authenticated", HOUR),
    Case("421 4.7.26 This mail has been rate limited because it is unauthenticated.", END,
         "way", "sender-not-authenticated", HOUR),
    Case("451 4.7.26 Unauthenticated email from muster.example is not accepted due to domain's DMARC policy, "
         "but temporary DNS failures prevent authentication.", END, "way", "sender-not-authenticated", HOUR),
    Case(f"421 4.7.27 {LIMITED} SPF authentication didn't pass for this message.", END,
         "way", "sender-not-authenticated", HOUR),
    Case(f"421 4.7.29 {LIMITED} this message wasn't sent over a TLS connection.", END,
         "way", "sender-not-authenticated", HOUR),
    Case(f"421 4.7.30 {LIMITED} DKIM authentication didn't pass for this message.", END,
         "way", "sender-not-authenticated", HOUR),
    Case(f"421 4.7.32 {LIMITED} the From: header (RFC5322) in this message isn't aligned with either the "
         "authenticated SPF or DKIM organizational domain.", END, "way", "sender-not-authenticated", HOUR),
    Case("550 5.7.26 This message fails to pass SPF checks for an SPF record with a hard fail policy (-all).", END,
         "way", "sender-not-authenticated", HOUR),
    Case("550 5.7.26 Unauthenticated email from muster.example is not accepted due to domain's DMARC policy.", END,
         "way", "sender-not-authenticated", HOUR),
    Case("550 5.7.1 This message does not have authentication information or fails to pass authentication checks.",
         END, "way", "sender-not-authenticated", HOUR),
    Case("421 4.7.0 The IP address sending this message does not have a PTR record, or the corresponding forward "
         "DNS entry does not point to the sending IP.", END, "way", "sender-not-authenticated", HOUR),
    # The recipient
    Case("450 4.2.1 The user you are trying to contact is receiving mail too quickly.", RCPT,
         "later", "recipient-busy", HOUR),
    Case("450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional "
         "messages from being delivered.", RCPT, "later", "recipient-busy", HOUR),
    Case("452 4.2.2 The recipient's inbox is out of storage space.", RCPT, "later", "recipient-full"),
    Case("452 4.2.2 The email account that you tried to reach is over quota.", END, "later", "recipient-full"),
    Case("552 5.2.2 The recipient's inbox is out of storage space and inactive.", RCPT, "refused", "recipient-full"),
    Case("550 5.1.1 The email account that you tried to reach does not exist.", RCPT, "refused", "recipient-unknown"),
    Case("550 No such user here", RCPT, "refused", "recipient-unknown", None, OWN),
    Case("550 5.2.1 The email account that you tried to reach is disabled.", RCPT, "refused", "recipient-inactive"),
    Case("550 5.2.1 The email account that you tried to reach is inactive.", RCPT, "refused", "recipient-inactive"),
    Case("553 5.1.2 We weren't able to find the recipient domain.", RCPT, "refused", "recipient-domain-unknown"),
    Case("553 5.1.3 The recipient address <a@b> is not a valid RFC 5321 address.", RCPT, "refused", "invalid-address"),
    # Too many at once
    Case("452 4.5.3 Your message has too many recipients.", RCPT, "later", "too-many-recipients"),
    Case("550 5.5.3 Too many recipients for this sender", RCPT, "later", "too-many-recipients"),
    Case("452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate "
         "transaction.", RCPT, "later", "too-many-recipients"),
    Case("451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.", RCPT,
         "later", "too-many-recipients"),
    Case("451 4.3.0 Mail server temporarily rejected message.", END, "later", "try-later"),
    # Limits
    Case("450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error.", RCPT,
         "way", "relay-limit-reached", 600, RELAY),
    Case("550 5.4.5 Daily SMTP relay limit exceeded for user.", MAIL, "way", "relay-limit-reached", HOUR, RELAY),
    Case("550 5.7.1 Daily SMTP relay limit exceeded for customer.", RCPT, "way", "relay-limit-reached", HOUR, RELAY),
    Case("550 5.4.5 Daily sending quota exceeded.", RCPT, "way", "relay-limit-reached", HOUR, RELAY),
    Case("550 5.4.5 Daily user sending limit exceeded. https://support.google.com/a/answer/166852 gsmtp", MAIL,
         "mailbox", "quota-reached", HOUR),
    Case("550 5.4.5 Daily sending quota exceeded. gsmtp", END, "mailbox", "quota-reached", HOUR, XOAUTH2),
    Case("550 5.7.1 Email quota exceeded.", END, "mailbox", "mailbox-full", HOUR),
    Case("550 5.7.0 Mail Sending denied.", MAIL, "mailbox", "sender-suspended", HOUR, RELAY),
    # The relay
    Case("550 5.7.0 Mail relay denied 192.0.2.1. Invalid credentials for relay for one of the domains in: "
         "muster.example (as obtained from HELO and MAIL FROM).", MAIL, "way", "relay-denied", HOUR, RELAY),
    Case("550 5.7.1 Invalid credentials for relay 192.0.2.1.", RCPT, "way", "relay-denied", HOUR, RELAY),
    Case("550 5.7.1 The IP you're using to send mail is not authorized to send email directly to our servers.", END,
         "way", "relay-denied", HOUR, RELAY),
    Case("550 5.7.1 Blorb", RCPT, "way", "relay-denied", HOUR, RELAY),
    Case("530 5.7.0 Authentication Required. gsmtp", MAIL, "way", "relay-denied", HOUR, RELAY),
    Case("554 5.7.1 <kunde@example.com>: Relay access denied", RCPT, "way", "relay-denied", HOUR, OWN),
    # Signing in
    Case("454 4.7.0 Too many login attempts, please try again later. gsmtp", AUTH, "down", "login-throttled", 900),
    Case("454 4.7.0 Cannot authenticate due to a temporary system problem. Try again later.", AUTH,
         "down", "login-throttled", 900),
    Case("454 4.7.0 Temporary authentication failure", AUTH, "down", "login-throttled", 900, OWN),
    Case("454 4.7.0 TLS not available due to local problem", TLS, "down", "provider-unavailable", None, OWN),
    Case("501 5.5.2 Cannot Decode response gsmtp", AUTH, "way", "protocol-fault", HOUR),
    Case("504 5.7.4 Unrecognized Authentication Type gsmtp", AUTH, "way", "protocol-fault", HOUR),
    Case("504 5.7.4 XOAUTH is no longer supported.", AUTH, "way", "protocol-fault", HOUR),
    Case("535 5.5.4 Optional Argument not permitted for that AUTH mode.", AUTH, "way", "protocol-fault", HOUR),
    Case("530 5.7.0 Must issue a STARTTLS command first. gsmtp", MAIL, "way", "server-settings", HOUR),
    Case("530 5.5.1 Authentication Required. https://support.google.com/mail/?p=WantAuthError", MAIL,
         "way", "server-settings", HOUR),
    Case("530 5.7.0 Authentication Required.", MAIL, "way", "server-settings", HOUR),
    Case("534 5.7.9 Application-specific password required. https://support.google.com/mail/?p=InvalidSecondFactor",
         AUTH, "owner", "app-password-needed"),
    Case("534 5.7.9 2-Step Verification", AUTH, "owner", "app-password-needed"),
    Case("535 5.7.1 Application-specific password required.", AUTH, "owner", "app-password-needed"),
    Case("535 5.7.9 Application-specific password required.", AUTH, "owner", "app-password-needed"),
    Case("534 5.7.14 Please log in through your web browser and then try again.", AUTH, "owner", "web-login-needed"),
    Case("534 5.7.14 <https://accounts.google.com/signin/continue?sarp=1>", AUTH, "owner", "web-login-needed"),
    Case("535 5.7.1 Please log in with your web browser and then try again.", AUTH, "owner", "web-login-needed"),
    Case(BAD_LOGIN, AUTH, "owner", "app-password-rejected"),
    Case(BAD_LOGIN, AUTH, "owner", "app-password-rejected", None, RELAY),
    Case(BAD_LOGIN, AUTH, "owner", "connection-revoked", None, XOAUTH2),
    Case(BAD_LOGIN, AUTH, "way", "delegation-denied", HOUR, DELEGATED),
    Case("535 5.7.8 Error: authentication failed", AUTH, "owner", "login-rejected", None, OWN),
    Case("535 Incorrect authentication data", AUTH, "owner", "login-rejected", None, OWN),
    Case("554 5.7.0 Too many unauthenticated commands.", EHLO, "way", "server-settings", HOUR),
    # The message
    Case("550 5.7.1 Our system has detected that this message is likely unsolicited mail.", END,
         "refused", "message-suspicious"),
    Case("550 5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of "
         "the sending IP address.", END, "refused", "message-suspicious"),
    Case("550 5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of "
         "the sending domain.", END, "refused", "message-suspicious", None, RELAY),
    Case("550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that "
         "you sent. gcdp", RCPT, "refused", "blocked-by-policy"),
    Case("550 5.7.1 Rejected by a rule of your admin. abc123 - gcdp", END, "refused", "blocked-by-policy", None, RELAY),
    Case("550 5.7.1 Messages missing a valid address in the From: header, or having no From: header, are not "
         "accepted.", END, "refused", "message-malformed"),
    Case("550 5.7.1 Messages with multiple addresses in From: header are not accepted.", END,
         "refused", "message-malformed"),
    Case("550 5.7.1 This message is not RFC 5322 compliant because it has duplicate headers.", END,
         "refused", "message-malformed"),
    Case("550 5.7.1 Messages missing a valid Message-ID: header are not accepted.", END,
         "refused", "message-malformed"),
    Case("550 5.7.1 Encoded-word syntax is not permitted in message header Message-ID.", END,
         "refused", "message-malformed"),
    Case("550 5.7.1 The message contains a unicode character in a disallowed header.", END,
         "refused", "message-malformed"),
    Case("550 5.7.1 Blorb", END, "refused", "message-refused"),
    Case("552 5.2.3 Your message exceeded Google's message size limits.", MAIL, "refused", "message-too-large"),
    Case("552 5.3.4 Your message exceeded Google's message size limits.", END, "refused", "message-too-large"),
    Case("552 5.3.4 The number of attachments (1001) exceeds Google's limit of 1000 attachments.", END,
         "refused", "message-too-large"),
    Case("552 5.3.4 The size of the Subject header value (70000 bytes) exceeds Google's limit of 65536 bytes per "
         "individual header size.", END, "refused", "message-too-large"),
    Case("552 Message size exceeds maximum permitted", MAIL, "refused", "message-too-large", None, OWN),
    Case("552 5.7.0 Our system detected an illegal attachment on your message.", END,
         "refused", "attachment-type-blocked"),
    Case("552 5.7.0 This message was blocked because its content presents a potential security issue.", END,
         "refused", "message-suspicious"),
    Case("553 5.1.7 The sender address <a@b> is not a valid RFC 5321 address.", MAIL, "refused", "sender-not-allowed"),
    Case("553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c", MAIL,
         "way", "sender-not-allowed", HOUR, OWN),
    Case("554 5.6.0 Mail message is malformed. Not accepted.", END, "refused", "message-malformed"),
    Case("554 5.4.6 Message exceeded 50 hops, this may indicate a mail loop.", END, "refused", "mail-loop"),
    Case("554 5.6.0 Message exceeded 50 hops, this may indicate a mail loop.", END, "refused", "mail-loop"),
    # The conversation itself
    Case("451 4.5.0 SMTP protocol violation, visit RFC 2821.", END, "refused", "protocol-fault"),
    Case("454 4.5.0 SMTP protocol violation, no commands allowed to pipeline after STARTTLS.", TLS,
         "way", "protocol-fault", HOUR),
    Case("501 5.5.2 Syntax error, cannot decode response.", MAIL, "refused", "protocol-fault"),
    Case("502 5.5.1 Unrecognized command.", MAIL, "refused", "protocol-fault"),
    Case("502 5.5.1 Too many unrecognized commands, goodbye.", EHLO, "way", "protocol-fault", HOUR),
    Case("503 5.5.1 Bad sequence of commands.", DATA, "refused", "protocol-fault"),
    Case("503 5.5.1 No DATA after BDAT.", DATA, "refused", "protocol-fault"),
    Case("503 5.5.1 EHLO/HELO first.", AUTH, "way", "protocol-fault", HOUR),
    Case("555 5.5.2 Syntax error, goodbye.", RCPT, "refused", "protocol-fault"),
    Case("525 5.7.10 SMTP protocol violation, no commands allowed to pipeline after STARTTLS.", TLS,
         "way", "protocol-fault", HOUR),
)  # fmt: skip
