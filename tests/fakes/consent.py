"""Stand-ins for the consent use-cases: they keep the same promises to a browser, without Google."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from pydantic import SecretStr

from service.clock import Clock
from service.connections.connection import Connection
from service.connections.credential import Grant
from service.connections.identity import Identity
from service.connections.ports import ConnectionStore
from service.connections.way import Way
from service.consent.ports import ConnectLink, GivenConsent, TokenAnswer
from service.errors import ConsentDeniedError, ConsentError, ConsentStateError, TokenError
from service.identifiers import new_id

AUTHORIZATION_ORIGIN = "http://accounts.example.test"
SEND = "https://www.googleapis.com/auth/gmail.send"


class FakeConsent:
    """Begins, completes, confirms; whoever signs in at this Google is ``identity``.

    Attributes:
        identity: the account that the person chooses.
        failure: what the next ``complete`` raises instead.
        left_out: the connections whose grant a ``reroute`` has ended.
    """

    def __init__(
        self, connections: ConnectionStore, clock: Clock, origin: str = AUTHORIZATION_ORIGIN
    ) -> None:
        self.identity = Identity("sub-1", "rechnung@muster.de", "Muster GmbH")
        self.failure: ConsentError | TokenError | None = None
        self.declined: list[str] = []
        self.left_out: list[str] = []
        self.asked: list[frozenset[str]] = []
        self._origin = origin
        self._connections = connections
        self._clock = clock
        self._begun: dict[str, tuple[str, str, str | None, ConnectLink | None]] = {}
        self._given: dict[str, GivenConsent] = {}

    def begin(
        self,
        *,
        tenant_id: str,
        session_id: str,
        connection_id: str | None = None,
        scopes: frozenset[str] = frozenset(),
        link: ConnectLink | None = None,
    ) -> str:
        """An address at the pretended Google, which gives no more than the right to send."""
        self.asked.append(scopes)
        if connection_id is not None:
            self._connections.get(tenant_id, connection_id)
        state = new_id("state")
        self._begun[state] = (session_id, tenant_id, connection_id, link)
        return f"{self._origin}/auth?{urlencode({'state': state})}"

    def complete(
        self,
        *,
        session_id: str,
        state: str | None,
        code: str | None,  # noqa: ARG002, this Google gives no codes
        error: str | None,
        issuer: str | None = None,
        locale: str | None = None,
    ) -> Connection | GivenConsent:
        """Only for the session that began, and only once; and only from one issuer."""
        if issuer not in {None, "https://accounts.google.com"}:
            raise ConsentStateError
        begun = self._begun.get(state or "")
        if begun is None or begun[0] != session_id:
            raise ConsentStateError
        del self._begun[state or ""]
        if error is not None:
            raise ConsentDeniedError(error)
        if self.failure is not None:
            raise self.failure
        _, tenant_id, connection_id, link = begun
        if link is None:
            return self._keep(tenant_id, self.identity, connection_id, locale)
        now = self._clock.now()
        answer = TokenAnswer(
            SecretStr("ya29.fake"), now, SecretStr("1//fake"), frozenset({SEND}), id_token=None
        )
        given = GivenConsent(
            new_id("cns"),
            tenant_id,
            session_id,
            self.identity,
            answer,
            now + timedelta(minutes=10),
            connection_id,
            link.id,
            link.return_url,
        )
        self._given[given.id] = given
        return given

    def awaiting(self, given_id: str, session_id: str) -> GivenConsent:
        """What was given, for the same session."""
        given = self._given.get(given_id)
        if given is None or given.session_id != session_id:
            raise ConsentStateError
        return given

    def confirm(self, given_id: str, session_id: str, locale: str | None = None) -> Connection:
        """Keep it, once."""
        given = self.awaiting(given_id, session_id)
        del self._given[given_id]
        return self._keep(given.tenant_id, given.identity, given.connection_id, locale)

    def decline(self, given_id: str, session_id: str) -> None:
        """Throw it away."""
        self.declined.append(self.awaiting(given_id, session_id).id)
        del self._given[given_id]

    def disconnect(self, tenant_id: str, connection_id: str) -> Connection:
        """Forget the grant."""
        return self._connections.disconnect(tenant_id, connection_id, self._clock.now())

    def reroute(
        self, tenant_id: str, connection_id: str, order: Sequence[Way], seen: Sequence[Way] | None = None
    ) -> Connection:
        """Forget a grant that is left out, and note whose it was."""
        connection = self._connections.get(tenant_id, connection_id)
        if all(way.credential_id != connection.credential_id for way in order):
            self.left_out.append(connection_id)
        return self._connections.reroute(tenant_id, connection_id, order, self._clock.now(), seen=seen)

    def _keep(
        self, tenant_id: str, identity: Identity, connection_id: str | None, locale: str | None
    ) -> Connection:
        grant = Grant(
            new_id("grt"),
            tenant_id,
            connection_id or new_id("con"),
            "client",
            frozenset({SEND}),
            SecretStr("1//fake"),
            None,
        )
        return self._connections.connect(tenant_id, identity, grant, self._clock.now(), locale)
