"""Every problem code with its title, its sentence and the one next step, as people read them.

The API tells the same codes to programs. A code that is not listed gets the general words: no code is
ever shown without a sentence.
"""

from dataclasses import dataclass

from flask_babel import lazy_gettext as later


@dataclass(frozen=True, slots=True)
class Advice:
    """What people are told about one code; the texts follow the language of the page."""

    title: str
    sentence: str
    next_step: str | None = None


_AGAIN = later("Go back and try again.")
_NOTHING = later("You need do nothing; the mail stays in the queue.")
_OPERATOR = later("Tell the operator of this service and name the code below.")
_GRANT = later("Connect the account again and give every right that is asked for.")
_CHANGED_STATE = later("Look at the message again: its state has changed in the meantime.")
_CORRECT = later("Correct it and send the mail again from your invoicing program.")

GENERAL = Advice(later("Something went wrong"), later("The service could not do this."), _OPERATOR)

CATALOGUE = {
    "oauth-denied": Advice(
        later("Cancelled at Google"),
        later("You cancelled at Google. Nothing was changed."),
        later(
            "Begin again when you are ready. If Google refused you, the operator must add you as test user."
        ),
    ),
    "oauth-refused": Advice(
        later("Google did not give the access"),
        later("Google refused for a reason of its own. Nothing was changed."),
        later("Try again. If it stays so, tell the operator and name the code below."),
    ),
    "oauth-state-invalid": Advice(
        later("This attempt is no longer valid"),
        later("It was begun in another browser, was already used, or took longer than ten minutes."),
        later("Begin again, in this browser."),
    ),
    "scope-missing": Advice(
        later("Permission missing"),
        later("Google did not give us the right to send."),
        later("Try again and tick the box “Send email on your behalf”."),
    ),
    "wrong-account": Advice(
        later("Another account was used"),
        later("Nothing was changed."),
        later("Choose again and take the expected account."),
    ),
    "identity-invalid": Advice(
        later("Google's answer does not hold"),
        later("The identity that Google named could not be verified. Nothing was changed."),
        _AGAIN,
    ),
    "app-blocked-by-admin": Advice(
        later("Your company's Google admin blocks this app"),
        later("Your company's Google admin must allow this app."),
        later("Send your admin the request below."),
    ),
    "account-not-allowed": Advice(
        later("This account does not belong to the organisation"),
        later("The operator's Google app is only for accounts of one organisation."),
        later("Choose again and take your company account."),
    ),
    "oauth-client-invalid": Advice(
        later("The operator's Google client is not accepted"),
        later("The operator's Google client is wrong or deleted. Your connection is fine."),
        _OPERATOR,
    ),
    "connection-revoked": Advice(
        later("Google no longer accepts our access"),
        later("The access was removed, the password was changed, or it expired. No mail is lost: it waits."),
        later("Connect the account again."),
    ),
    "connection-disconnected": Advice(
        later("This mailbox is disconnected"),
        later("The access was deleted. Its waiting mail stays on hold."),
        later("Connect the account again."),
    ),
    "gmail-api-disabled": Advice(
        later("The Gmail API is off"),
        later("The Gmail API is off in the operator's Google Cloud project."),
        _OPERATOR,
    ),
    "gmail-not-enabled": Advice(
        later("This account has no Gmail mailbox"),
        later("Gmail is not switched on for this Google account."),
        later("Let your Google admin switch Gmail on, or connect another account."),
    ),
    "delegation-denied": Advice(
        later("Delegation is not active"),
        later("Delegation is not (yet) active for this client ID and scope."),
        later("Let your Google admin check the delegation; we try again by ourselves."),
    ),
    "rate-limited": Advice(
        later("Google asks for a slower pace"),
        later("Too many mails in a short time. We go on by ourselves."),
        _NOTHING,
    ),
    "quota-reached": Advice(
        later("Google's limit is reached"),
        later("Google takes no more mail from this mailbox for now. We go on by ourselves."),
        _NOTHING,
    ),
    "provider-unavailable": Advice(
        later("Google does not answer right now"),
        later("We try again by ourselves."),
        _NOTHING,
    ),
    "sender-not-allowed": Advice(
        later("This sender is not allowed"),
        later("The sender is not an address of this account."),
        _CORRECT,
    ),
    "message-refused": Advice(
        later("Google refused the mail"),
        later("Google does not take this mail as it is. It was not sent."),
        _CORRECT,
    ),
    "message-too-large": Advice(
        later("The message is too large"),
        later("With its attachments it is larger than Google allows (25 MB)."),
        _CORRECT,
    ),
    "invalid-address": Advice(
        later("This is not an email address"),
        later("The address cannot be used as it was typed."),
        later("Correct the address, such as name@example.com."),
    ),
    "answer-lost": Advice(
        later("Google's answer was lost"),
        later("The connection broke while sending. Nobody can know whether Google took the mail."),
        later("Look into “Sent” in Gmail before you send again."),
    ),
    "not-found": Advice(
        later("Page not found"),
        later("There is no such thing here, or it belongs to somebody else."),
        later("Go to the start page."),
    ),
    "bad-request": Advice(
        later("This request was not understood"),
        later("The browser sent something that this page does not take. Nothing was changed."),
        later("Go back, load the page again and repeat."),
    ),
    "link-invalid": Advice(
        later("This link is no longer valid"),
        later("It was already used, has expired, or was not copied completely."),
        later("Ask whoever sent it to you for a new one."),
    ),
    "login-link-invalid": Advice(
        later("This sign-in link is no longer valid"),
        later("A sign-in link works once and for half an hour."),
        later("Ask the operator for a new one, or make one with the command below."),
    ),
    "form-expired": Advice(
        later("This form has expired"),
        later("It was not made for this browser session, or cookies are blocked. Nothing was changed."),
        later("Go back, load the page again and repeat."),
    ),
    "not-signed-in": Advice(
        later("Please sign in"),
        later("This page can only be seen after signing in with a one-time link."),
        later("Open your sign-in link."),
    ),
    "too-late": Advice(
        later("Too late"), later("The message is already on its way or finished."), _CHANGED_STATE
    ),
    "already-sent": Advice(
        later("Already sent"),
        later("The message was already sent. Sending it again would reach the recipient twice."),
        _CHANGED_STATE,
    ),
    "not-uncertain": Advice(
        later("Nothing to decide"), later("The outcome of this message is no longer unclear."), _CHANGED_STATE
    ),
    "unavailable": Advice(
        later("The service cannot work right now"),
        later("The database does not answer. Nothing was changed."),
        _AGAIN,
    ),
    "storage-full": Advice(
        later("The disk is full"), later("There is no room for another message."), _OPERATOR
    ),
    "key-unavailable": Advice(
        later("The content cannot be opened"),
        later("The key that seals the content is missing or is another one. Nothing is lost."),
        _OPERATOR,
    ),
}


def advice(code: str) -> Advice:
    """What people are told about a code."""
    return CATALOGUE.get(code, GENERAL)
