"""What Google answers to a consent: whose account was chosen, or why it was refused."""

import re

from service.connections.identity import Identity
from service.consent.ports import PendingConsent
from service.errors import ConsentDeniedError

_REASON = re.compile(r"[a-z_]{1,64}\Z")
_GMAIL = ("@gmail.com", "@googlemail.com")


def denied(error: str) -> ConsentDeniedError:
    """What RFC 6749 §4.1.2.1's ``error`` means; whatever else stands there is not repeated."""
    return ConsentDeniedError(error if _REASON.match(error) else "an error")


def is_expected(identity: Identity, pending: PendingConsent) -> bool:
    """The account of a reconnect, the address that a link names, or any."""
    if pending.expected_subject_id is not None:
        # The address of an account may change, its subject does not.
        return identity.subject_id == pending.expected_subject_id
    if not pending.expected_address:
        return True
    wanted, used = pending.expected_address.lower(), identity.address.lower()
    if pending.connection_id is None:
        wanted, used = _as_gmail(wanted), _as_gmail(used)
    return wanted == used


def _as_gmail(address: str) -> str:
    """Every Gmail account has both domains; Google names it by one of them."""
    usual, german = _GMAIL
    return address.removesuffix(german) + usual if address.endswith(german) else address
