"""Consent through the sandbox's real authorization page, with the real server adapter and stores."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from service.access.member import Role
from service.access.session import Session, Standing
from service.clock import SystemClock
from service.connections.connection import Connection
from service.consent.consent import Consent
from service.consent.refresh import AccessTokens
from service.consent.scopes import SENDING
from service.errors import (
    ConsentDeniedError,
    ConsentStateError,
    GrantRevokedError,
    ScopeMissingError,
    TokenEndpointUnavailableError,
    WrongAccountError,
)
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient
from service.google.http import PooledHttp
from service.sandbox.server import Sandbox
from service.storage.stores import Stores
from tests.fakes.grants import issuing
from tests.fakes.outbox import add_tenant
from tests.harness import give_consent

ADDRESS = "rechnung@muster.example"
CALLBACK = "http://localhost:8025/consent/callback"


@dataclass
class Desk:
    """One tenant's consents against the sandbox."""

    sandbox: Sandbox
    consent: Consent
    tokens: AccessTokens
    server: GoogleAuthorizationServer
    tenant_id: str

    def connect(
        self, address: str = ADDRESS, *, untick: str | None = None, again: str | None = None
    ) -> Connection:
        """The whole way through the browser."""
        url = self.consent.begin(tenant_id=self.tenant_id, session_id="ses_1", connection_id=again)
        back = give_consent(url, address, untick=untick)
        connection = self.consent.complete(
            session_id="ses_1", state=back.get("state"), code=back.get("code"), error=back.get("error")
        )
        assert isinstance(connection, Connection)
        return connection


@pytest.fixture
def desk(stores: Stores) -> Iterator[Desk]:
    clock = SystemClock()
    tenant_id = add_tenant(stores, clock.now())
    session = Session("ses_1", Standing(Role.ADMIN, tenant_id), clock.now(), clock.now().replace(year=2100))
    stores.sessions.add(session, "hash")
    http = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
    with Sandbox() as sandbox:
        for address in (ADDRESS, "privat@gmail.com"):
            sandbox.google.add_account(address)
        web = sandbox.client_file([CALLBACK])["web"]
        client = OAuthClient(
            str(web["client_id"]),
            SecretStr(str(web["client_secret"])),
            str(web["auth_uri"]),
            str(web["token_uri"]),
            CALLBACK,
        )
        url = sandbox.url
        certs_url = f"{url}/oauth2/v1/certs"
        endpoints = Endpoints(client.auth_uri, client.token_uri, f"{url}/revoke", certs_url, url)
        server = GoogleAuthorizationServer(client=client, endpoints=endpoints, http=http, clock=clock)
        consent = Consent(
            server=server,
            consents=stores.consents,
            connections=stores.connections,
            grants=stores.grants,
            clock=clock,
        )
        tokens = AccessTokens(grants=stores.grants, issuer=issuing(server), clock=clock)
        yield Desk(sandbox, consent, tokens, server, tenant_id)
        http.close()


def test_the_whole_way_ends_in_a_token(desk: Desk) -> None:
    """Code, PKCE, ID token, certificates and scopes are those of a real exchange."""
    connection = desk.connect()

    assert connection.address == ADDRESS
    assert connection.scopes == SENDING
    assert connection.credential_id is not None
    assert desk.tokens.token(connection.credential_id).get_secret_value().startswith("ya29.")


def test_an_unticked_send_box_is_noticed(desk: Desk) -> None:
    """Signing in without the right to send makes no connection; trying again does."""
    with pytest.raises(ScopeMissingError):
        desk.connect(untick="gmail.send")

    assert desk.connect().address == ADDRESS


def test_a_reconnect_with_another_account_is_refused(desk: Desk) -> None:
    """The person chose another account at Google."""
    connection = desk.connect()

    with pytest.raises(WrongAccountError):
        desk.connect("privat@gmail.com", again=connection.id)

    assert desk.connect(again=connection.id).id == connection.id


def test_a_denial_comes_back(desk: Desk) -> None:
    """Google sends the browser back with ``access_denied``."""
    desk.sandbox.google.arm("access_denied_redirect", where="authorize", account="*")

    with pytest.raises(ConsentDeniedError) as raised:
        desk.connect()

    assert raised.value.reason == "access_denied"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("invalid_grant", ConsentStateError),
        ("token_503_html", TokenEndpointUnavailableError),
        ("token_drop", TokenEndpointUnavailableError),
    ],
)
def test_a_failing_exchange_keeps_nothing(desk: Desk, fault: str, kind: type[Exception]) -> None:
    """One call, no connection, and the person can begin again."""
    desk.sandbox.google.arm(fault, where="token:authorization_code")

    with pytest.raises(kind):
        desk.connect()

    assert desk.sandbox.google.counters["token:authorization_code"] == 1
    assert desk.connect().address == ADDRESS


def test_a_disconnect_ends_the_grant_at_google(desk: Desk) -> None:
    """Afterwards the refresh token is dead there too."""
    connection = desk.connect()
    token = desk.consent._revocation.token_of(connection)
    assert token is not None

    desk.consent.disconnect(desk.tenant_id, connection.id)

    with pytest.raises(GrantRevokedError):
        desk.server.refresh(token)
