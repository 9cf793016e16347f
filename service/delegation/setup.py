"""Set-ups of delegation: taken, changed and removed. Nothing here calls Google."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from service.clock import Clock
from service.connections.delegation import Delegation, SenderChange, ServiceKey
from service.consent import scopes as rights
from service.delegation.keyless import KeylessAccounts
from service.delegation.ports import DelegationStore
from service.errors import DelegationError, InvalidRequestError, Problem
from service.identifiers import new_id
from service.mail.address import Address

MAX_SENDERS = 500
SCOPES = frozenset({rights.SEND}) | rights.METADATA | rights.SMTP
"""What a delegation may ask for: to send; to look into *Sent*; everything, for SMTP."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewDelegation:
    """What a tenant posted.

    Attributes:
        account: the service account's address.
        client_id: its numeric id.
        key: ``None`` for a key-less set-up.
        scopes: some of ``SCOPES``, one of which lets send.
    """

    tenant_id: str
    account: str
    client_id: str
    key: ServiceKey | None
    senders: tuple[Address, ...]
    scopes: frozenset[str] = frozenset({rights.SEND})


class DelegationSetup:
    """Keeps set-ups, and the list of those whom each may send as."""

    def __init__(self, *, delegations: DelegationStore, keyless: KeylessAccounts, clock: Clock) -> None:
        self._delegations = delegations
        self._keyless = keyless
        self._clock = clock

    def add(self, new: NewDelegation, actor: str) -> SenderChange:
        """Keep a set-up and connect its senders.

        Raises:
            InvalidRequestError: scopes that may not be asked for, too many senders; or code
                ``delegation-keyless-denied``: the operator has not allowed the account for this tenant.
        """
        if new.key is None:
            self._check_keyless(new)
        if not new.scopes <= SCOPES or not rights.may_send(new.scopes):
            raise InvalidRequestError(Problem("/scopes", "invalid-choice", "One scope must let send."))
        now = self._clock.now()
        delegation = Delegation(
            id=new_id("dlg"),
            tenant_id=new.tenant_id,
            account=new.account,
            client_id=new.client_id,
            key_id=new.key.id if new.key else None,
            senders=_keys(new.senders),
            scopes=new.scopes,
            created_at=now,
        )
        change = self._delegations.add_delegation(delegation, new.key, now, actor)
        log.info("delegation kept", delegation=delegation.id, tenant=new.tenant_id, actor=actor)
        return change

    def set_senders(
        self, tenant_id: str, delegation_id: str, senders: Iterable[Address], actor: str
    ) -> SenderChange:
        """Replace the allow-list: who is no longer named stops sending at once.

        Raises:
            NotFoundError: the tenant has no such set-up.
            InvalidRequestError: too many senders.
        """
        change = self._delegations.set_senders(
            tenant_id, delegation_id, _keys(senders), self._clock.now(), actor
        )
        log.info(
            "senders changed",
            delegation=delegation_id,
            tenant=tenant_id,
            actor=actor,
            made=len(change.made),
            removed=len(change.removed),
        )
        return change

    def remove(self, tenant_id: str, delegation_id: str, actor: str) -> SenderChange:
        """Forget the key and stop all senders. Raises ``NotFoundError`` as ``set_senders``."""
        change = self._delegations.remove_delegation(tenant_id, delegation_id, self._clock.now(), actor)
        log.info("delegation removed", delegation=delegation_id, tenant=tenant_id, actor=actor)
        return change

    def _check_keyless(self, new: NewDelegation) -> None:
        try:
            self._keyless.check(new.tenant_id, new.account)
        except DelegationError as error:
            raise InvalidRequestError(Problem("/account", error.code, str(error))) from None


def _keys(senders: Iterable[Address]) -> frozenset[str]:
    keys = frozenset(sender.key for sender in senders)
    if len(keys) > MAX_SENDERS:
        raise InvalidRequestError(
            Problem("/senders", "too-many", f"A delegation has at most {MAX_SENDERS} senders.")
        )
    return keys
