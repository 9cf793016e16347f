"""What a form has done, said once on the page that it leads to; of mailboxes see ``notices``."""

from enum import StrEnum

from flask import request
from flask_babel import lazy_gettext as later

from service.web.browser import Browser


class Done(StrEnum):
    """What can be said."""

    SAVED = "saved"
    SIGNED_OUT = "signed-out"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    LOOKING = "looking"
    TENANT_ADDED = "tenant-added"
    MEMBER_ADDED = "member-added"
    ROLE_CHANGED = "role-changed"
    MEMBER_REMOVED = "member-removed"
    KEY_REVOKED = "key-revoked"
    ACCOUNT_SAVED = "account-saved"
    SENDERS_SAVED = "senders-saved"
    DELEGATION_REMOVED = "delegation-removed"
    CANCELLED = "cancelled"
    QUEUED_AGAIN = "queued-again"
    WAS_SENT = "was-sent"
    CORRECTED = "corrected"


SENTENCES = {
    Done.SAVED: later("Saved."),
    Done.SIGNED_OUT: later("You are signed out."),
    Done.SIGNED_OUT_EVERYWHERE: later("You are signed out everywhere."),
    Done.LOOKING: later("You now see the pages of this company."),
    Done.TENANT_ADDED: later("The company is added. You now see its pages."),
    Done.MEMBER_ADDED: later("Saved. The new member can sign in now."),
    Done.ROLE_CHANGED: later("Saved. The new role holds from now on."),
    Done.MEMBER_REMOVED: later("The member is removed and signed out everywhere."),
    Done.KEY_REVOKED: later("The key is revoked. Requests with it are refused from now on."),
    Done.ACCOUNT_SAVED: later("The service account is saved. Now name the senders."),
    Done.SENDERS_SAVED: later("The senders are saved."),
    Done.DELEGATION_REMOVED: later("The set-up is removed."),
    Done.CANCELLED: later("Cancelled. This mail will not be sent."),
    Done.QUEUED_AGAIN: later("The mail is in the queue again."),
    Done.WAS_SENT: later("Saved: the mail was sent."),
    Done.CORRECTED: later("This is the new message to the corrected addresses."),
}


class Told:
    """Kept in the browser from one page to the next."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def leave(self, done: Done) -> None:
        """Let the next page say it."""
        self._browser.leave("told", done)

    def take(self) -> str | None:
        """The sentence that was left; what only looks again leaves it to the page that a person opens."""
        if "HX-Request" in request.headers:
            return None
        left = self._browser.note("told")
        self._browser.leave("told", None)
        return str(SENTENCES[Done(left)]) if left in set(Done) else None
