"""Which service accounts the operator's own identity may sign for, and for whom."""

from dataclasses import dataclass

from service.errors import DelegationError

DENIED = "delegation-keyless-denied"


@dataclass(frozen=True, slots=True)
class KeylessAccounts:
    """The operator's list: each account is bound to its tenant.

    With a key file, having it proves that a tenant may use the account. Without one nothing else does: our
    own identity could sign for the accounts of all tenants.

    Attributes:
        allowed: pairs of tenant id and the account's address, lower case.
    """

    allowed: frozenset[tuple[str, str]]

    def check(self, tenant_id: str, account: str) -> None:
        """Refuse an account that is not the tenant's.

        Raises:
            DelegationError: code ``delegation-keyless-denied``.
        """
        if (tenant_id, account.lower()) not in self.allowed:
            words = "The operator has not allowed this service account for this tenant."
            raise DelegationError(DENIED, words)
