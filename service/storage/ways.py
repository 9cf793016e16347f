"""The route of a mailbox: its ways in their order, and what is known of each.

A way is ``ready`` or ``broken`` (its owner must mend it); a ready one can be blocked until an instant. The
connection's row is locked before its ways are changed.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from service.connections.ports import Kept
from service.connections.way import Way, WayKind, WayState, WayStatus
from service.outbox.ports import Claim
from service.storage import credentials
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, columns, inserting, selecting
from service.storage.tables import ways

_OF = selecting(ways, "WHERE connection_id = :connection_id ORDER BY position")
_OF_TENANT = Statement(
    f"""SELECT {columns(ways, "w")} FROM ways AS w JOIN connections AS c ON c.id = w.connection_id
    WHERE c.tenant_id = :tenant_id ORDER BY w.connection_id, w.position"""  # noqa: S608, names of ours
)
# One statement, so that no way can be replaced between two: PostgreSQL would show each another moment.
_WITH_KEPT = Statement(
    f"""SELECT {columns(ways, "w")}, k.facts, k.created_at
    FROM ways AS w JOIN credentials AS k ON k.id = w.credential_id
    WHERE w.connection_id = :connection_id ORDER BY w.position"""  # noqa: S608, names of ours
)
_CLEAR = Statement("DELETE FROM ways WHERE connection_id = :connection_id")
_ADD = inserting(ways)
_BREAK = Statement(
    """UPDATE ways SET status = 'broken', code = :code, blocked_until = NULL
    WHERE connection_id = :connection_id AND credential_id = :credential_id AND status = 'ready'"""
)
_BREAK_ONE = Statement(
    """UPDATE ways SET status = 'broken', code = :code, blocked_until = NULL
    WHERE connection_id = :connection_id AND credential_id = :credential_id AND kind = :kind
    AND status = 'ready'"""
)
_BLOCK = Statement(
    """UPDATE ways SET code = :code, blocked_until = :until
    WHERE connection_id = :connection_id AND credential_id = :credential_id AND kind = :kind
    AND status = 'ready'"""
)
_HEAL = Statement(
    """UPDATE ways SET code = NULL, blocked_until = NULL
    WHERE connection_id = :connection_id AND credential_id = :credential_id AND kind = :kind
    AND status = 'ready' AND code IS NOT NULL"""
)
_ANY = Statement(
    "SELECT 1 AS one FROM ways WHERE connection_id = :connection_id AND status = :status LIMIT 1"
)


def of(connection: Connection, connection_id: str) -> tuple[WayState, ...]:
    """The route, first way first."""
    return tuple(_state(row) for row in _OF.all(connection, connection_id=connection_id))


def with_kept(connection: Connection, connection_id: str) -> tuple[tuple[WayState, Kept], ...]:
    """The route, and what opens each way of it."""
    rows = _WITH_KEPT.all(connection, connection_id=connection_id)
    return tuple((_state(row), credentials.kept(row)) for row in rows)


def of_tenant(connection: Connection, tenant_id: str) -> dict[str, tuple[WayState, ...]]:
    """The routes of all the tenant's connections."""
    routes: dict[str, tuple[WayState, ...]] = {}
    for row in _OF_TENANT.all(connection, tenant_id=tenant_id):
        routes[row.connection_id] = (*routes.get(row.connection_id, ()), _state(row))
    return routes


def replace(connection: Connection, connection_id: str, route: Sequence[WayState]) -> None:
    """Write the whole route, in this order."""
    _CLEAR.run(connection, connection_id=connection_id)
    _ADD.run_many(connection, [_row(connection_id, place, state) for place, state in enumerate(route)])


def choose(ready: Sequence[Row], now_ms: int, *, by_envelope: bool) -> tuple[Way, bool, bool]:
    """The way that a mail takes now, whether it failed before, and whether another one is left.

    The first that is not blocked; where all are, the first one all the same. ``by_envelope`` prefers those
    that do not send to everybody whom the mail's head names.
    """
    fitting = [row for row in ready if not by_envelope or WayKind(row.kind).has_envelope] or list(ready)
    open_now = [row for row in fitting if row.blocked_until is None or row.blocked_until <= now_ms]
    first = (open_now or fitting)[0]
    way = Way(first.credential_id, WayKind(first.kind))
    return way, first.code is not None, any(row is not first for row in open_now)


def block(connection: Connection, claim: Claim, code: str, until_ms: int) -> bool:
    """Leave this way out until then; ``False`` when it is no longer part of the route."""
    return bool(_BLOCK.run(connection, **of_claim(claim), code=code, until=until_ms))


def heal(connection: Connection, claim: Claim) -> bool:
    """This way works again; ``False`` when that is no news."""
    return bool(_HEAL.run(connection, **of_claim(claim)))


def break_claimed(connection: Connection, claim: Claim, code: str) -> bool:
    """Only its owner can mend this way; ``False`` when that is no news, or the route has lost it."""
    return bool(_BREAK_ONE.run(connection, **of_claim(claim), code=code))


def break_all(connection: Connection, connection_id: str, credential_id: str, code: str) -> bool:
    """The same for every way that this credential opens."""
    return bool(_BREAK.run(connection, connection_id=connection_id, credential_id=credential_id, code=code))


def has_ready(connection: Connection, connection_id: str) -> bool:
    """Whether any way is left, blocked or not."""
    return _ANY.one(connection, connection_id=connection_id, status=WayStatus.READY.value) is not None


def has_broken(connection: Connection, connection_id: str) -> bool:
    """Whether any way waits for its owner."""
    return _ANY.one(connection, connection_id=connection_id, status=WayStatus.BROKEN.value) is not None


def of_claim(claim: Claim) -> dict[str, str]:
    """What names the claim's way in a statement."""
    return {
        "connection_id": claim.connection_id,
        "credential_id": claim.way.credential_id,
        "kind": claim.way.kind.value,
    }


def _state(row: Row) -> WayState:
    return WayState(
        Way(row.credential_id, WayKind(row.kind)),
        WayStatus(row.status),
        row.code,
        to_instant(row.blocked_until),
    )


def _row(connection_id: str, position: int, state: WayState) -> dict[str, object]:
    return {
        "connection_id": connection_id,
        "position": position,
        "credential_id": state.way.credential_id,
        "kind": state.way.kind.value,
        "status": state.status.value,
        "code": state.code,
        "blocked_until": to_ms(state.blocked_until),
    }
