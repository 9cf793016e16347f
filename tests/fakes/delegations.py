"""Delegations as tests need them, and a stand-in for Google's side of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from service.connections.delegation import Delegation, ServiceKey
from service.consent.ports import TokenAnswer
from service.delegation.ports import Impersonation
from service.errors import DeliveryError, TokenError
from service.identifiers import new_id
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock

SEND = "https://www.googleapis.com/auth/gmail.send"
ACCOUNT = "mailer@muster-project.iam.gserviceaccount.com"
CLIENT_ID = "104321987654321098765"
ALICE, BOB = "alice@muster.example", "bob@muster.example"
ACTOR = "api-key:test"


@cache
def pem(bits: int = 2048) -> str:
    """A private key; the same one for each length."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def make_key() -> ServiceKey:
    """A service account's key."""
    return ServiceKey("0123456789abcdef", SecretStr(pem()))


def make_delegation(
    tenant_id: str, at: datetime, *senders: str, key_id: str | None = "0123456789abcdef", **fields: str
) -> Delegation:
    """A set-up that was just made, for these senders."""
    return Delegation(
        id=new_id("dlg"),
        tenant_id=tenant_id,
        account=fields.get("account", ACCOUNT),
        client_id=CLIENT_ID,
        key_id=key_id,
        senders=frozenset(senders),
        scopes=frozenset(fields.get("scopes", SEND).split()),
        created_at=at,
    )


def add_delegation(stores: Stores, tenant_id: str, at: datetime, *senders: str, **fields: str) -> Delegation:
    """A kept set-up with a key."""
    delegation = make_delegation(tenant_id, at, *senders, **fields)
    return stores.delegations.add_delegation(delegation, make_key(), at, ACTOR).delegation


TOKEN_URI = "https://oauth2.googleapis.com/token"


def make_key_file(**changes: object) -> dict[str, object]:
    """A service account's key file, as Google's console gives it; ``None`` leaves a field out."""
    whole: dict[str, object] = {
        "type": "service_account",
        "project_id": "muster-project",
        "private_key_id": "0123456789abcdef",
        "private_key": pem(),
        "client_email": ACCOUNT,
        "client_id": CLIENT_ID,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN_URI,
        "universe_domain": "googleapis.com",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


class FakeMailboxProbe:
    """Every user has a mailbox, or what ``failure`` says.

    Attributes:
        asked: the tokens that were used.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: DeliveryError | None = None

    def address(self, token: SecretStr) -> str:
        self.asked.append(token.get_secret_value())
        if self.failure is not None:
            raise self.failure
        return ALICE


class FakeDelegationServer:
    """Gives numbered tokens and counts what it was asked.

    Attributes:
        wishes: all that came.
        failures: scope → what a wish for it raises; ``*`` is for every scope.
        before: what happens before a wish is answered.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.wishes: list[Impersonation] = []
        self.failures: dict[str, TokenError] = {}
        self.before: Callable[[Impersonation], object] = str

    def impersonate(self, wish: Impersonation) -> TokenAnswer:
        self.before(wish)
        self.wishes.append(wish)
        for scope in ("*", *sorted(wish.scopes)):
            if scope in self.failures:
                raise self.failures[scope]
        token = SecretStr(f"ya29.delegated-{len(self.wishes)}")
        return TokenAnswer(token, self._clock.now() + timedelta(hours=1), None, wish.scopes)
