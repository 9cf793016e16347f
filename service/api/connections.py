"""``/v1/connections`` and ``/v1/connect-links``: mailboxes, and the invitations to connect them."""

from collections.abc import Sequence

from flask import Request, Response
from pydantic import Field

from service.api.answers import (
    accepted_answer,
    connect_link_answer,
    connection_answer,
    new_connection_answer,
)
from service.api.authentication import Caller
from service.api.ports import ApiPorts
from service.api.reading import check_id, must_match, read_query, read_small
from service.api.replies import language, reply
from service.api.schemas import (
    DisplayName,
    NewConnection,
    NewConnectLink,
    NewRoute,
    Nothing,
    RequestModel,
    SendTest,
)
from service.api.shapes import ConnectionAnswer, ConnectionListAnswer
from service.connections.connection import Connection
from service.connections.credential import Encryption, MailServer
from service.connections.logins import NewLogin, Preset
from service.connections.ports import Usage
from service.connections.way import WayKind, WayState
from service.errors import ForbiddenError, InvalidRequestError, Problem
from service.identifiers import version_of
from service.outbox.trial import Trial


class ConnectionChange(RequestModel):
    """What changes of a connection; what is left out stays as it is."""

    display_name: DisplayName | None = Field(
        default=None, description="What recipients see beside the address; `null` for nothing."
    )


class Connections:
    """The views of connections."""

    def __init__(self, ports: ApiPorts) -> None:
        self._ports = ports
        self._store = ports.connections

    def list(self, request: Request, caller: Caller) -> Response:
        """All connections that the key may use and that are not disconnected."""
        read_query(request)
        found = self._store.of_tenant(caller.tenant_id)
        routes = self._store.routes(caller.tenant_id)
        usage = self._store.usage(caller.tenant_id, self._ports.clock.now())
        default = self._store.default(caller.tenant_id)
        answer: ConnectionListAnswer = {
            "object": "list",
            "has_more": False,
            "data": [
                connection_answer(
                    one,
                    routes.get(one.id, ()),
                    usage[one.id],
                    language(),
                    is_default=default is not None and one.id == default.id,
                )
                for one in found
                if caller.may_use(one.id)
            ],
        }
        return reply(answer)

    def get(self, _request: Request, caller: Caller, connection_id: str) -> Response:
        """One connection."""
        wanted = _allowed(caller, connection_id)
        connection = self._store.get(caller.tenant_id, wanted)
        route = self._store.route(caller.tenant_id, wanted)
        answer = reply(self._answer(connection, route))
        answer.set_etag(version_of([state.way for state in route]))
        return answer

    def add(self, request: Request, caller: Caller) -> Response:
        """Connect a mailbox by an app password, a mail server of its own, or the Workspace relay."""
        asked = read_small(request, NewConnection)
        if asked.connection is not None:
            _allowed(caller, asked.connection)
        elif caller.connection_ids is not None:
            raise ForbiddenError  # a key for some connections makes no new ones
        connection, steps = self._ports.logins.add(_new_login(caller.tenant_id, asked))
        route = self._store.route(caller.tenant_id, connection.id)
        headers = (("Location", f"/v1/connections/{connection.id}"),)
        answer = new_connection_answer(
            connection,
            route,
            self._usage(connection),
            steps,
            language=language(),
            is_default=self._is_default(connection),
        )
        return reply(answer, 201, headers=headers)

    def change(self, request: Request, caller: Caller, connection_id: str) -> Response:
        """Change the name beside its address."""
        wanted = _allowed(caller, connection_id)
        asked = read_small(request, ConnectionChange)
        if "display_name" not in asked.model_fields_set:
            return self._reply(self._store.get(caller.tenant_id, wanted))
        name = (asked.display_name or "").strip() or None
        return self._reply(self._store.rename(caller.tenant_id, wanted, name))

    def reroute(self, request: Request, caller: Caller, connection_id: str) -> Response:
        """Put its ways into another order, or remove some."""
        wanted = _allowed(caller, connection_id)
        asked = read_small(request, NewRoute)
        route = [state.way for state in self._store.route(caller.tenant_id, wanted)]
        seen = route if must_match(request, version_of(route)) else None
        known = {way.kind: way for way in route}
        if not known.keys() >= set(asked.ways):
            raise InvalidRequestError(Problem("/ways", "invalid-choice", "The connection has no such way."))
        order = [known[kind] for kind in asked.ways]
        return self._reply(self._ports.consent.reroute(caller.tenant_id, wanted, order, seen))

    def make_default(self, request: Request, caller: Caller, connection_id: str) -> Response:
        """Let it send what names neither `connection` nor `from`."""
        wanted = _allowed(caller, connection_id)
        if caller.connection_ids is not None:
            raise ForbiddenError  # it is the whole company's choice, for the mail of other keys too
        read_small(request, Nothing, may_be_empty=True)
        return self._reply(self._store.make_default(caller.tenant_id, wanted))

    def pause(self, request: Request, caller: Caller, connection_id: str) -> Response:
        """Hold its mail."""
        wanted = _allowed(caller, connection_id)
        read_small(request, Nothing, may_be_empty=True)
        return self._reply(self._store.pause(caller.tenant_id, wanted, self._ports.clock.now()))

    def resume(self, request: Request, caller: Caller, connection_id: str) -> Response:
        """Let its mail flow again."""
        wanted = _allowed(caller, connection_id)
        read_small(request, Nothing, may_be_empty=True)
        return self._reply(self._store.resume(caller.tenant_id, wanted, self._ports.clock.now()))

    def test(self, request: Request, caller: Caller, connection_id: str) -> Response:
        """Queue a test mail."""
        wanted = _allowed(caller, connection_id)
        to = read_small(request, SendTest, may_be_empty=True).to
        trial = Trial(caller.tenant_id, wanted, caller.actor, to.spec if to else None, locale=language())
        entry = self._ports.test_mail(trial)
        headers = (("Location", f"/v1/messages/{entry.id}"),)
        return reply(accepted_answer(entry, [], language()), 202, headers=headers)

    def disconnect(self, _request: Request, caller: Caller, connection_id: str) -> Response:
        """Take the access back at Google and forget it."""
        wanted = _allowed(caller, connection_id)
        return self._reply(self._ports.consent.disconnect(caller.tenant_id, wanted))

    def invite(self, request: Request, caller: Caller) -> Response:
        """Make a connect link."""
        asked = read_small(request, NewConnectLink)
        if asked.connection is not None:
            _allowed(caller, asked.connection)
        elif caller.connection_ids is not None:
            raise ForbiddenError  # a key for some connections makes no new ones
        link, url = self._ports.links.make(
            tenant_id=caller.tenant_id,
            purpose=asked.purpose,
            expected_address=asked.expected_address,
            connection_id=asked.connection,
            return_url=asked.return_url,
            locale=asked.locale,
            lifetime_s=asked.expires_in,
            access=asked.access,
            key_id=caller.key.id,
        )
        return reply(connect_link_answer(link, url), 201)

    def _reply(self, connection: Connection) -> Response:
        return reply(self._answer(connection, self._store.route(connection.tenant_id, connection.id)))

    def _answer(self, connection: Connection, route: Sequence[WayState]) -> ConnectionAnswer:
        is_default = self._is_default(connection)
        return connection_answer(
            connection, route, self._usage(connection), language(), is_default=is_default
        )

    def _is_default(self, connection: Connection) -> bool:
        default = self._store.default(connection.tenant_id)
        return default is not None and default.id == connection.id

    def _usage(self, connection: Connection) -> Usage:
        return self._store.usage(connection.tenant_id, self._ports.clock.now())[connection.id]


def _new_login(tenant_id: str, asked: NewConnection) -> NewLogin:
    server = asked.server
    return NewLogin(
        tenant_id=tenant_id,
        kind=WayKind(asked.kind),
        address=asked.address.spec,
        display_name=asked.display_name,
        server=MailServer(server.host.lower(), server.port, Encryption(server.encryption))
        if server
        else None,
        preset=Preset(asked.preset) if asked.preset else None,
        user=asked.user,
        password=asked.password,
        connection_id=asked.connection,
    )


def _allowed(caller: Caller, connection_id: str) -> str:
    caller.check_connection(connection_id)
    return check_id("con", connection_id)
