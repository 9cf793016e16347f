"""Tokens for delegates: ``consent.ports.Issuer``, behind our own allow-list."""

import structlog

from service.connections.credential import Delegate
from service.consent.ports import TokenAnswer
from service.delegation.keyless import KeylessAccounts
from service.delegation.ports import DelegationServer, DelegationStore, Impersonation
from service.errors import DelegationError, NotFoundError

NOT_ALLOWED = "sender-not-allowed"

log = structlog.get_logger(__name__)


class DelegateTokens:
    """Signs for a delegate, and for nobody whom the tenant has not named.

    The admin's grant at Google covers every user of the domain, so what is not checked here would be checked
    nowhere. The allow-list is read from the store each time, right before anything is signed.
    """

    def __init__(
        self, *, delegations: DelegationStore, server: DelegationServer, keyless: KeylessAccounts
    ) -> None:
        self._delegations = delegations
        self._server = server
        self._keyless = keyless

    def issue(self, credential: Delegate) -> TokenAnswer:
        return self.ask(credential.tenant_id, credential.delegation_id, credential.address, credential.scopes)

    def ask(self, tenant_id: str, delegation_id: str, address: str, scopes: frozenset[str]) -> TokenAnswer:
        """A token for one user and these scopes.

        Raises:
            DelegationError: before any call, code ``sender-not-allowed``: not in the allow-list, or the
                set-up was removed; code ``delegation-keyless-denied``: the operator does not allow the
                account for this tenant.
            TokenError: as ``DelegationServer.impersonate``.
            SealError, StorageError: the key cannot be read.
        """
        try:
            delegation = self._delegations.get_delegation(tenant_id, delegation_id)
            if not delegation.allows(address):
                raise DelegationError(NOT_ALLOWED, "This user is not in the delegation's list of senders.")
            if delegation.is_keyless:
                self._keyless.check(tenant_id, delegation.account)
            key = self._delegations.open_key(delegation)
        except NotFoundError:
            raise DelegationError(NOT_ALLOWED, "The delegation was removed.") from None
        log.info("acting for a user", tenant=tenant_id, delegation=delegation_id, user=address)
        return self._server.impersonate(Impersonation(delegation.account, key, address.lower(), scopes))
