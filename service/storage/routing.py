"""Changes of a mailbox's route; the connection's row is locked before."""

from collections.abc import Sequence

from sqlalchemy import Connection

from service.connections.way import Way, WayKind, WayState
from service.errors import InvalidRequestError, NotFoundError, PreconditionFailedError, Problem
from service.storage import credentials, effects, ways
from service.storage.statement import Row, Statement

_DROP_GRANT = Statement(
    "UPDATE connections SET credential_id = NULL, scopes = '', aliases = '' WHERE id = :id"
)


def put_first(
    connection: Connection, connection_id: str, credential_id: str, kinds: Sequence[WayKind]
) -> None:
    """The ways of a fresh grant take the place of the earlier one's, in front."""
    fresh = [WayState(Way(credential_id, kind)) for kind in kinds]
    of_grants = {WayKind.GMAIL_API, WayKind.XOAUTH2}
    others = [state for state in ways.of(connection, connection_id) if state.way.kind not in of_grants]
    ways.replace(connection, connection_id, [*fresh, *others])


def put_last(
    connection: Connection, connection_id: str, credential_id: str, kinds: Sequence[WayKind]
) -> None:
    """Fresh ways stand where the credential stood that had ways of their kinds, else at the end."""
    route = ways.of(connection, connection_id)
    replaced = {state.way.credential_id for state in route if state.way.kind in kinds}
    for old in replaced:
        credentials.forget(connection, connection_id, old, "replaced")
    places = [place for place, state in enumerate(route) if state.way.credential_id in replaced]
    first = places[0] if places else len(route)
    fresh = [WayState(Way(credential_id, kind)) for kind in kinds]
    before, after = (
        [state for state in part if state.way.credential_id not in replaced]
        for part in (route[:first], route[first:])
    )
    ways.replace(connection, connection_id, [*before, *fresh, *after])


def reroute(
    connection: Connection, mailbox: Row, order: Sequence[Way], at_ms: int, seen: Sequence[Way] | None
) -> None:
    """Put the ways into this order, and forget what only opened those that are left out.

    Raises:
        InvalidRequestError: no way would be left, or one is named twice.
        NotFoundError: the mailbox has no such way.
        PreconditionFailedError: the route is no longer as it was ``seen``.
    """
    if not order or len(set(order)) < len(order):
        raise InvalidRequestError(Problem("/ways", "invalid-value", "Name each way once, and at least one."))
    known = {state.way: state for state in ways.of(connection, mailbox.id)}
    if seen is not None and list(known) != list(seen):
        raise PreconditionFailedError
    if not known.keys() >= set(order):
        raise NotFoundError("way")
    ways.replace(connection, mailbox.id, [known[way] for way in order])
    kept = {way.credential_id for way in order}
    for credential_id in {way.credential_id for way in known} - kept:
        credentials.forget(connection, mailbox.id, credential_id)
        if credential_id == mailbox.credential_id:
            _DROP_GRANT.run(connection, id=mailbox.id)
    if ways.has_ready(connection, mailbox.id):
        effects.rerouted(connection, mailbox.id, at_ms)
    else:
        effects.fail_connection(connection, mailbox, known[order[0]].code or "connection-revoked", at_ms)
