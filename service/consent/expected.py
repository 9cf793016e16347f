"""Whether the account that was chosen at Google is the one that was asked for."""

from service.connections.identity import Identity
from service.consent.ports import PendingConsent

_GMAIL = ("@gmail.com", "@googlemail.com")


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
