"""Which service accounts the operator's own identity may sign for: the setting, and what it allows."""

import pytest

from service import settings
from service.delegation.keyless import KeylessAccounts
from service.errors import ConfigurationError, DelegationError

ACCOUNT = "mailer@muster-project.iam.gserviceaccount.com"
TENANT, OTHER = "ten_" + "0" * 26, "ten_" + "1" * 26


def _accounts(text: str) -> KeylessAccounts:
    return KeylessAccounts(settings.load(delegation_keyless_accounts=text).keyless_accounts)


def test_each_account_is_for_one_tenant() -> None:
    """Several pairs, with or without spaces; addresses compare without case."""
    second = "zweiter@muster-project.iam.gserviceaccount.com"

    accounts = _accounts(f"{ACCOUNT}={TENANT}, {second}={OTHER}")

    accounts.check(TENANT, ACCOUNT.upper())
    accounts.check(OTHER, second)
    for tenant_id, account in ((OTHER, ACCOUNT), (TENANT, second), (TENANT, "x@y.example")):
        with pytest.raises(DelegationError):
            accounts.check(tenant_id, account)


def test_nothing_is_allowed_by_default() -> None:
    """An installation at Google Cloud lends its identity to nobody."""
    with pytest.raises(DelegationError):
        KeylessAccounts(settings.load().keyless_accounts).check(TENANT, ACCOUNT)


@pytest.mark.parametrize(
    "text", [ACCOUNT, f"{ACCOUNT}=", f"{ACCOUNT}=*", f"*={TENANT}", f"mailer@muster.example={TENANT}"]
)
def test_an_account_without_a_tenant_is_no_setting(text: str) -> None:
    """Nor is one for all tenants, nor anything but a service account."""
    with pytest.raises(ConfigurationError, match="DELEGATION_KEYLESS_ACCOUNTS"):
        _accounts(text)


def test_iam_is_reached_by_https_only() -> None:
    """Our own token goes there."""
    with pytest.raises(ConfigurationError, match="IAM_URL"):
        settings.load(iam_url="http://iam.example")
