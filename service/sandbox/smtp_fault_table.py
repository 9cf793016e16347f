"""What can be made to go wrong over SMTP: every reply of Google's list, and every way to break a connection.

Source: knowledge.workspace.google.com/admin/support/troubleshooting/gmail-smtp-errors-and-codes (2026-11);
where that page names no phase, the phase is the one in which RFC 5321 expects such a reply.
"""

from collections.abc import Iterator

from service.sandbox.fault import Fault

PHASES = ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "body", "end")
HOSTS = ("submission", "relay")  # smtp.gmail.com and smtp-relay.gmail.com


def at(*phases: str) -> frozenset[str]:
    """These phases at both hosts, as places: ``submission:mail``, ``relay:mail``."""
    return frozenset(f"{host}:{phase}" for host in HOSTS for phase in phases)


SMTP = at(*PHASES)
_END = at("end")
_BREAKS = ("cut", "reset", "hang", "slow", "garbage", "huge", "multi_line", "no_crlf")
_SAYS_THE_USUAL = frozenset({"slow", "multi_line"})
# Name, phase where it usually comes, code, enhanced code; below, indented, the lines of the text.
_REPLIES = """\
ehlo_name ehlo 421 4.7.0
  Try again later, closing connection. (EHLO)
try_later mail 421 4.7.0
  Try again later, closing connection. (MAIL)
system_problem mail 421 4.7.0
  Temporary System Problem.  Try again later.
system_problem_4_3_0 end 421 4.3.0
  Temporary System Problem.  Try again later.
server_busy greeting 421 4.4.5
  Server busy, try again later.
connection_expired mail 421 4.7.0
  Connection expired, try reconnecting.
timeout mail 451 4.4.2
  Timeout - closing connection.
rate_ip end 421 4.7.28
  Gmail has detected an unusual rate of mail originating from your IP address [{ip}]. To protect
  our users from spam, mail has been temporarily rate limited.
  https://support.google.com/mail/?p=UnsolicitedRateLimitError
rate_dkim end 421 4.7.28
  Gmail has detected an unusual rate of mail originating from your DKIM domain [{domain}]. To
  protect our users from spam, mail has been temporarily rate limited.
  https://support.google.com/mail/?p=UnsolicitedRateLimitError
rate_spf end 421 4.7.28
  Gmail has detected an unusual rate of mail originating from your SPF domain [{domain}]. To
  protect our users from spam, mail has been temporarily rate limited.
  https://support.google.com/mail/?p=UnsolicitedRateLimitError
rate_url end 421 4.7.28
  Gmail has detected an unusual rate of mail containing one of your URL domains. To protect our
  users from spam, mail has been temporarily rate limited.
  https://support.google.com/mail/?p=UnsolicitedRateLimitError
unsolicited_rate end 421 4.7.0
  [{ip}] Our system has detected an unusual rate of unsolicited mail originating from your IP
  address. To protect our users from spam, mail has been temporarily rate limited.
  https://support.google.com/mail/?p=UnsolicitedRateLimitError
suspicious_ip end 421 4.7.0
  This message is suspicious due to the very low reputation of the sending IP address.
  https://support.google.com/mail/answer/188131
same_message_id end 421 4.7.28
  Gmail has detected this message exceeded its quota for sending messages with the same
  Message-ID. https://support.google.com/mail/answer/188131
no_ptr end 421 4.7.23
  Your email has been rate limited because the sending IP address does not have a PTR record, or
  the PTR record's forward DNS entry does not match.
spf_suspicious end 451 4.7.24
  The SPF record of the sending domain has one or more suspicious entries.
unauthenticated end 421 4.7.26
  Your email has been rate limited because it is unauthenticated. Gmail requires all senders to
  authenticate with either SPF or DKIM.
dmarc_dns end 451 4.7.26
  Unauthenticated email from {domain} is not accepted due to domain's DMARC policy, but temporary
  DNS failures prevent authentication.
spf_failed end 421 4.7.27
  Your email has been rate limited because SPF authentication didn't pass for this message.
no_tls end 421 4.7.29
  Your email has been rate limited because this message wasn't sent over a TLS connection.
dkim_failed end 421 4.7.30
  Your email has been rate limited because DKIM authentication didn't pass for this message.
from_not_aligned end 421 4.7.32
  Your email has been rate limited because the From: header (RFC5322) in this message isn't
  aligned with either the authenticated SPF or DKIM organizational domain.
recipient_too_quick rcpt 450 4.2.1
  The user you are trying to contact is receiving mail too quickly. Please resend your message at
  a later time. https://support.google.com/mail/?p=ReceivingRate
recipient_rate rcpt 450 4.2.1
  The user you are trying to contact is receiving mail at a rate that prevents additional messages
  from being delivered. https://support.google.com/mail/?p=ReceivingRate
relay_peak mail 450 4.2.1
  Peak SMTP relay limit exceeded for customer. This is a temporary error.
  https://support.google.com/a/answer/6140680
temporarily_rejected end 451 4.3.0
  Mail server temporarily rejected message.
multiple_domains rcpt 451 4.3.0
  Multiple destination domains per transaction is unsupported. Please try again.
violation end 451 4.5.0
  SMTP protocol violation, visit RFC 2821
violation_starttls starttls 454 4.5.0
  SMTP protocol violation, no commands allowed to pipeline after STARTTLS, visit RFC 3207
starttls_repeated starttls 454 5.5.1
  STARTTLS may not be repeated
syntax_501 mail 501 5.5.2
  Syntax error, cannot decode response.
unrecognized mail 502 5.5.1
  Unrecognized command.
bad_sequence mail 503 5.5.1
  Bad sequence of commands.
syntax_555 mail 555 5.5.2
  Syntax error.
ehlo_argument ehlo 501 5.5.4
  HELO/EHLO argument is invalid. https://support.google.com/mail/?p=helo
recipient_full rcpt 452 4.2.2
  The recipient's inbox is out of storage space. Please direct the recipient to
  https://support.google.com/mail/?p=OverQuotaTemp
recipient_full_inactive rcpt 552 5.2.2
  The recipient's inbox is out of storage space and inactive. Please direct the recipient to
  https://support.google.com/mail/?p=OverQuotaPerm
too_many_recipients rcpt 452 4.5.3
  Your message has too many recipients. For more information regarding Google's sending limits,
  visit https://support.google.com/mail/?p=TooManyRecipientsError
too_many_for_sender rcpt 550 5.5.3
  Too many recipients for this sender. https://support.google.com/mail/?p=TooManyRecipientsError
policy_size rcpt 452 4.5.3
  Domain policy size per transaction exceeded, please try this recipient in a separate
  transaction.
too_many_logins auth 454 4.7.0
  Too many login attempts, please try again later. For more information, go to
  https://support.google.com/mail/?p=TooManyLoginAttempts
cannot_authenticate auth 454 4.7.0
  Cannot authenticate due to temporary system problem. Try again later.
cannot_decode auth 501 5.5.2
  Cannot Decode response
unknown_mechanism auth 504 5.7.4
  Unrecognized Authentication Type
xoauth_gone auth 504 5.7.4
  XOAUTH is no longer supported
starttls_first mail 530 5.7.0
  Must issue a STARTTLS command first.
auth_required_5_5_1 mail 530 5.5.1
  Authentication Required. For more information, go to
  https://support.google.com/mail/?p=WantAuthError
auth_required mail 530 5.7.0
  Authentication Required. For more information, go to
  https://support.google.com/mail/?p=WantAuthError
app_password_required auth 534 5.7.9
  Application-specific password required. For more information, go to
  https://support.google.com/mail/?p=InvalidSecondFactor
app_password_required_5_7_1 auth 535 5.7.1
  Application-specific password required. For more information, go to
  https://support.google.com/mail/?p=InvalidSecondFactor
app_password_required_535 auth 535 5.7.9
  Application-specific password required. For more information, go to
  https://support.google.com/mail/?p=InvalidSecondFactor
web_login_required auth 534 5.7.14
  Please log in via your web browser and then try again. Learn more at
  https://support.google.com/mail/answer/78754
web_login_required_535 auth 535 5.7.1
  Please log in with your web browser and then try again. Learn more at
  https://support.google.com/mail/answer/78754
bad_credentials auth 535 5.7.8
  Username and Password not accepted. For more information, go to
  https://support.google.com/mail/?p=BadCredentials
daily_limit end 550 5.4.5
  Daily user sending limit exceeded. For more information on Gmail sending limits go to
  https://support.google.com/a/answer/166852
sending_quota end 550 5.4.5
  Daily sending quota exceeded. For more information on Gmail sending limits go to
  https://support.google.com/a/answer/166852
relay_daily_user end 550 5.4.5
  Daily SMTP relay limit exceeded for user. https://support.google.com/a/answer/6140680
relay_daily_customer end 550 5.7.1
  Daily SMTP relay limit exceeded for customer. https://support.google.com/a/answer/6140680
no_such_user rcpt 550 5.1.1
  The email account that you tried to reach does not exist. Please try double-checking the
  recipient's email address for typos. https://support.google.com/mail/?p=NoSuchUser
recipient_disabled rcpt 550 5.2.1
  The email account that you tried to reach is disabled.
  https://support.google.com/mail/?p=DisabledUser
recipient_inactive rcpt 550 5.2.1
  The email account that you tried to reach is inactive.
  https://support.google.com/mail/?p=DisabledUser
domain_not_found rcpt 553 5.1.2
  We weren't able to find the recipient domain. Please check for any spelling errors.
bad_recipient rcpt 553 5.1.3
  The recipient address <{recipient}> is not a valid RFC 5321 address.
relay_denied mail 550 5.7.0
  Mail relay denied [{ip}]. Invalid credentials for relay for one of the domains in: {domain} (as
  obtained from HELO and MAIL FROM). Email is being sent from a domain or IP address which isn't
  registered in your Workspace account. https://support.google.com/a/answer/6140680#maildenied
relay_credentials mail 550 5.7.1
  Invalid credentials for relay [{ip}]. The IP address you've registered in your Workspace SMTP
  Relay service doesn't match the domain of the account this email is being sent from.
  https://support.google.com/a/answer/6140680#invalidcred
sending_denied mail 550 5.7.0
  Mail Sending denied. https://support.google.com/a/answer/6140680#maildenied
unsolicited end 550 5.7.1
  [{ip}] Our system has detected that this message is likely unsolicited mail. To reduce the
  amount of spam sent to Gmail, this message has been blocked.
  https://support.google.com/mail/?p=UnsolicitedMessageError
low_reputation end 550 5.7.1
  [{ip}] Our system has detected that this message is likely suspicious due to the very low
  reputation of the sending domain. https://support.google.com/mail/answer/188131
unsolicited_ip end 550 5.7.28
  There is an unusual rate of unsolicited mail originating from your IP address.
  https://support.google.com/mail/answer/81126
from_missing end 550 5.7.1
  Messages missing a valid address in From: header, or having no From: header, are not accepted.
  https://support.google.com/mail/?p=RfcMessageNonCompliant
from_multiple end 550 5.7.1
  Messages with multiple addresses in From: header are not accepted.
  https://support.google.com/mail/?p=RfcMessageNonCompliant
duplicate_headers end 550 5.7.1
  This message is not RFC 5322 compliant because it has duplicate headers. To reduce the amount of
  spam sent to Gmail, this message has been blocked.
  https://support.google.com/mail/?p=RfcMessageNonCompliant
message_id_missing end 550 5.7.1
  Messages missing a valid Message-ID: header are not accepted.
  https://support.google.com/mail/?p=RfcMessageNonCompliant
encoded_word end 550 5.7.1
  Encoded-word syntax is not permitted in message header To. To reduce the amount of spam sent to
  Gmail, this message has been blocked. https://support.google.com/mail/?p=RfcMessageNonCompliant
unicode_header end 550 5.7.1
  The message contains a unicode character in a disallowed header.
  https://support.google.com/mail/?p=BlockedMessage
mailbox_full end 550 5.7.1
  Email quota exceeded.
spf_or_dkim end 550 5.7.26
  This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to
  authenticate with either SPF or DKIM.
dmarc end 550 5.7.26
  Unauthenticated email from {domain} is not accepted due to domain's DMARC policy.
  https://support.google.com/mail/?p=DmarcRejection
unauthenticated_5_7_1 end 550 5.7.1
  Unauthenticated email is not accepted from this domain.
  https://support.google.com/mail/answer/81126
size_5_2_3 end 552 5.2.3
  Your message exceeded Google's message size limits. https://support.google.com/mail/answer/6584
size mail 552 5.3.4
  Your message exceeded Google's message size limits. To view our message size guidelines, go to
  https://support.google.com/mail/?p=MaxSizeError
attachment_count end 552 5.3.4
  The number of attachments (501) exceeds Google's limit of 500 attachments.
  https://support.google.com/a/answer/1366776
header_size end 552 5.3.4
  Your message exceeded Google's message header size limits.
  https://support.google.com/a?p=header-limits
illegal_attachment end 552 5.7.0
  Our system detected an illegal attachment on your message. Please visit
  https://support.google.com/mail/answer/6590 to review our attachment guidelines.
security_issue end 552 5.7.0
  This message was blocked because its content presents a potential security issue. Please visit
  https://support.google.com/mail/?p=BlockedMessage
bad_sender mail 553 5.1.7
  The sender address <{account}> is not a valid RFC 5321 address.
malformed end 554 5.6.0
  Mail message is malformed. Not accepted.
  https://support.google.com/mail/?p=RfcMessageNonCompliant
mail_loop end 554 5.4.6
  Message exceeded 50 hops, this may indicate a mail loop.
  https://support.google.com/mail/?p=MailLoop
mail_loop_5_6_0 end 554 5.6.0
  Message exceeded 50 hops, this may indicate a mail loop.
  https://support.google.com/mail/?p=MailLoop
too_many_commands mail 554 5.7.0
  Too many unauthenticated commands.
domain_policy end 550 5.7.1
  The user or domain that you are sending to (or from) has a policy that prohibited the mail that
  you sent. https://support.google.com/a/answer/172179
"""


def _rows() -> Iterator[Fault]:
    head = ""
    lines: list[str] = []
    for line in [*_REPLIES.splitlines(), "end"]:
        if line.startswith("  "):
            lines.append(line[2:])
            continue
        if head:
            yield _reply(head, "\n".join(lines))
        head, lines = line, []
    for name in _BREAKS:
        is_usual = name in _SAYS_THE_USUAL
        yield Fault(f"smtp_{name}", SMTP, "smtp-wire", 0, name, is_taken=is_usual, usual=_END)
        if not is_usual:
            yield Fault(f"smtp_{name}_taken", _END, "smtp-wire", 0, name, is_taken=True)


def _reply(head: str, text: str) -> Fault:
    name, phase, code, enhanced = head.split()
    tail = "gcdp" if name == "domain_policy" else "gsmtp"  # the mark of an administrator's rule
    return Fault(f"smtp_{name}", SMTP, "smtp", int(code), "", text, enhanced, tail, usual=at(phase))


SMTP_FAULTS = tuple(_rows())
