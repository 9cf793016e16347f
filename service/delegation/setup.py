"""Set-ups of delegation: taken, changed and removed. Nothing here calls Google."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from service.clock import Clock
from service.connections.delegation import Delegation, SenderChange
from service.consent import scopes as rights
from service.delegation.key_file import ServiceAccount, check_account, read_key_file
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
class Wanted:
    """What a tenant wants of a delegation.

    Attributes:
        senders: whom mail may be sent as.
        scopes: some of ``SCOPES``, one of which lets send.
    """

    senders: tuple[Address, ...]
    scopes: frozenset[str] = frozenset({rights.SEND})


class DelegationSetup:
    """Keeps set-ups, and the list of those whom each may send as."""

    def __init__(
        self, *, delegations: DelegationStore, token_uri: str, keyless: KeylessAccounts, clock: Clock
    ) -> None:
        self._delegations = delegations
        self._token_uri = token_uri
        self._keyless = keyless
        self._clock = clock

    def all(self, tenant_id: str) -> list[Delegation]:
        """The tenant's set-ups, oldest first."""
        return self._delegations.delegations(tenant_id)

    def get(self, tenant_id: str, delegation_id: str) -> Delegation:
        """One set-up. Raises ``NotFoundError``."""
        return self._delegations.get_delegation(tenant_id, delegation_id)

    def add_with_key(
        self, tenant_id: str, document: Mapping[str, object], wanted: Wanted, actor: str
    ) -> SenderChange:
        """Keep the key of a service account, and connect the senders.

        Args:
            tenant_id: whose it is.
            document: the key file's JSON object.
            wanted: whom it is for, and for what.
            actor: for the audit.

        Raises:
            InvalidRequestError: code ``key-file-invalid``; or as ``add_keyless`` for ``wanted``.
        """
        return self._keep(tenant_id, read_key_file(document, self._token_uri), wanted, actor)

    def add_keyless(
        self, tenant_id: str, account: tuple[str, str], wanted: Wanted, actor: str
    ) -> SenderChange:
        """Keep a set-up for which the operator's own identity signs, and connect the senders.

        Args:
            tenant_id: whose it is.
            account: the service account's address and its numeric id.
            wanted: whom it is for, and for what.
            actor: for the audit.

        Raises:
            InvalidRequestError: code ``delegation-keyless-denied``: the operator has not allowed the account
                for this tenant; or scopes that may not be asked for, or too many senders.
        """
        address, client_id = account
        check_account(address, client_id)
        try:
            self._keyless.check(tenant_id, address)
        except DelegationError as error:
            raise InvalidRequestError(Problem("/account", error.code, str(error))) from None
        return self._keep(tenant_id, ServiceAccount(address.lower(), client_id, None), wanted, actor)

    def set_senders(
        self,
        tenant_id: str,
        delegation_id: str,
        senders: Iterable[Address],
        actor: str,
        seen: frozenset[str] | None = None,
    ) -> SenderChange:
        """Replace the allow-list: who is no longer named stops sending at once.

        Raises:
            NotFoundError: the tenant has no such set-up.
            InvalidRequestError: too many senders.
            PreconditionFailedError: the list is no longer as it was ``seen``.
        """
        change = self._delegations.set_senders(
            tenant_id, delegation_id, _keys(senders), self._clock.now(), actor, seen=seen
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

    def _keep(self, tenant_id: str, account: ServiceAccount, wanted: Wanted, actor: str) -> SenderChange:
        if not wanted.scopes <= SCOPES or not rights.may_send(wanted.scopes):
            raise InvalidRequestError(Problem("/scopes", "invalid-choice", "One scope must let send."))
        now = self._clock.now()
        delegation = Delegation(
            id=new_id("dlg"),
            tenant_id=tenant_id,
            account=account.address,
            client_id=account.client_id,
            key_id=account.key.id if account.key else None,
            senders=_keys(wanted.senders),
            scopes=wanted.scopes,
            created_at=now,
        )
        change = self._delegations.add_delegation(delegation, account.key, now, actor)
        log.info("delegation kept", delegation=delegation.id, tenant=tenant_id, actor=actor)
        return change


def _keys(senders: Iterable[Address]) -> frozenset[str]:
    keys = frozenset(sender.key for sender in senders)
    if len(keys) > MAX_SENDERS:
        raise InvalidRequestError(
            Problem("/senders", "too-many", f"A delegation has at most {MAX_SENDERS} senders.")
        )
    return keys
