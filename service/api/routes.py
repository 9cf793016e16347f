"""The route table: every address of the API, who may call it, what goes in and what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response

from service.access.api_key import Right
from service.api.connections import ConnectionChange, Connections
from service.api.delegation_schemas import CheckDelegation, NewDelegation, NewSenders
from service.api.delegation_shapes import (
    DelegationAnswer,
    DelegationCheckAnswer,
    DelegationListAnswer,
    SenderChangeAnswer,
)
from service.api.delegations import Delegations
from service.api.domains import DomainCheckAnswer, Domains
from service.api.listing import MessageList
from service.api.messages import Messages
from service.api.ports import ApiPorts
from service.api.schemas import (
    Corrected,
    Decision,
    NewConnection,
    NewConnectLink,
    NewMessage,
    NewRoute,
    Nothing,
    RequestModel,
    Resend,
    SendTest,
)
from service.api.session_links import NewSessionLink, SessionLinkAnswer, SessionLinkViews
from service.api.shapes import (
    AcceptedAnswer,
    ConnectionAnswer,
    ConnectionListAnswer,
    ConnectLinkAnswer,
    MessageListAnswer,
    NewConnectionAnswer,
    TenantAnswer,
    WholeMessageAnswer,
)
from service.api.tenant import TenantChoice, TenantViews

SEND = frozenset({Right.SEND})
READ = frozenset({Right.READ})
CONNECT = frozenset({Right.CONNECTIONS})
EITHER = READ | CONNECT


@dataclass(frozen=True, slots=True)
class Route:
    """One operation; the first line of its view's docstring is its summary.

    Attributes:
        path: in Flask's words, such as ``/v1/messages/<message_id>``.
        rights: of which the key needs one.
        answer: the shape of the good answer.
        body: the model of the body; ``None`` for no body.
        status: of the good answer.
    """

    method: str
    path: str
    name: str
    view: Callable[..., Response]
    rights: frozenset[Right]
    answer: Any
    body: type[RequestModel] | None = None
    status: int = 200


def routes(ports: ApiPorts) -> tuple[Route, ...]:
    """All operations."""
    own, customers, names = TenantViews(ports), SessionLinkViews(ports), Domains(ports)
    links, entry, check = "/v1/session-links", SessionLinkAnswer, "/v1/domains/<domain>/check"
    return (
        *_message_routes(ports),
        *_connection_routes(ports),
        Route("POST", links, "make_session_link", customers.make, CONNECT, entry, NewSessionLink, 201),
        Route("GET", "/v1/tenant", "get_tenant", own.show, READ | CONNECT, TenantAnswer),
        Route("POST", "/v1/tenant", "choose_for_tenant", own.choose, CONNECT, TenantAnswer, TenantChoice),
        *_delegation_routes(ports),
        Route("GET", check, "check_domain", names.check, CONNECT, DomainCheckAnswer),
    )


def _message_routes(ports: ApiPorts) -> tuple[Route, ...]:
    mail, listing = Messages(ports), MessageList(ports)
    every, one = "/v1/messages", "/v1/messages/<message_id>"
    accepted, message, messages = AcceptedAnswer, WholeMessageAnswer, MessageListAnswer
    return (
        Route("POST", every, "post_message", mail.post, SEND, accepted, NewMessage, 202),
        Route("GET", every, "list_messages", listing.show, READ, messages),
        Route("GET", one, "get_message", mail.get, READ, message),
        Route("POST", f"{one}/cancel", "cancel_message", mail.cancel, SEND, message, Nothing),
        Route("POST", f"{one}/resend", "resend_message", mail.resend, SEND, message, Resend),
        Route("POST", f"{one}/correct", "correct_message", mail.correct, SEND, accepted, Corrected, 202),
        Route("POST", f"{one}/decision", "decide_message", mail.decide, SEND, message, Decision),
    )


def _connection_routes(ports: ApiPorts) -> tuple[Route, ...]:
    box, links = Connections(ports), "/v1/connect-links"
    every, one = "/v1/connections", "/v1/connections/<connection_id>"
    connection, connections, link = ConnectionAnswer, ConnectionListAnswer, ConnectLinkAnswer
    new, accepted = NewConnectionAnswer, AcceptedAnswer
    return (
        Route("GET", every, "list_connections", box.list, EITHER, connections),
        Route("POST", every, "add_connection", box.add, CONNECT, new, NewConnection, 201),
        Route("GET", one, "get_connection", box.get, EITHER, connection),
        Route("PATCH", one, "change_connection", box.change, CONNECT, connection, ConnectionChange),
        Route("PUT", f"{one}/ways", "reroute", box.reroute, CONNECT, connection, NewRoute),
        Route("DELETE", one, "disconnect", box.disconnect, CONNECT, connection),
        Route("POST", f"{one}/default", "make_default", box.make_default, CONNECT, connection, Nothing),
        Route("POST", f"{one}/pause", "pause_connection", box.pause, CONNECT, connection, Nothing),
        Route("POST", f"{one}/resume", "resume_connection", box.resume, CONNECT, connection, Nothing),
        Route("POST", f"{one}/test", "send_test_mail", box.test, CONNECT, accepted, SendTest, 202),
        Route("POST", links, "make_connect_link", box.invite, CONNECT, link, NewConnectLink, 201),
    )


def _delegation_routes(ports: ApiPorts) -> tuple[Route, ...]:
    desk = Delegations(ports)
    every, one = "/v1/delegations", "/v1/delegations/<delegation_id>"
    answer, listed, change = DelegationAnswer, DelegationListAnswer, SenderChangeAnswer
    report = DelegationCheckAnswer
    return (
        Route("GET", every, "list_delegations", desk.list, CONNECT, listed),
        Route("POST", every, "add_delegation", desk.add, CONNECT, change, NewDelegation, 201),
        Route("GET", one, "get_delegation", desk.get, CONNECT, answer),
        Route("POST", f"{one}/verify", "verify_delegation", desk.verify, CONNECT, report, CheckDelegation),
        Route("PUT", f"{one}/senders", "set_senders", desk.set_senders, CONNECT, change, NewSenders),
        Route("DELETE", one, "remove_delegation", desk.remove, CONNECT, change),
    )
