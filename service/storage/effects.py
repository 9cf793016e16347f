"""What a try means for its mailbox, or for the way that it took. The connection's row is locked before."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from service.connections.connection import ConnectionStatus
from service.notices.incident import IncidentKind
from service.outbox.pace import probe_wait_s
from service.outbox.ports import Claim
from service.outbox.verdict import Detour, Hold, Reconnect
from service.storage import incidents, timeline, ways
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement

_HOLD = Statement("UPDATE connections SET held_until = :until, held_code = :code WHERE id = :connection_id")
_PROBE = Statement("UPDATE connections SET probes = :probes WHERE id = :connection_id")
_FLOW = Statement(
    "UPDATE connections SET probes = 0, held_until = NULL, held_code = NULL WHERE id = :connection_id"
)
# A person's pause stands: whoever resumes finds that the connection needs its owner.
_NEEDS_RECONNECT = Statement(
    """UPDATE connections SET status_code = :code,
    status = CASE WHEN status = 'paused' THEN status ELSE 'needs_reconnect' END WHERE id = :connection_id"""
)


def follow(
    connection: Connection, mailbox: Row, claim: Claim, effect: Hold | Detour | Reconnect, at_ms: int
) -> None:
    """What a try means for its mailbox, or for the way it took."""
    match effect:
        case Hold():
            _refused_by_limit(connection, mailbox, effect, at_ms)
        case Detour():
            is_news = ways.block(connection, claim, effect.code, to_ms(effect.until))
            if is_news and not claim.way_has_failed:
                _tell_way_failed(connection, mailbox, effect.code, at_ms)
        case Reconnect():
            # A way that is part of the route no more was mended or replaced since: the failure is an old one.
            if ways.break_claimed(connection, claim, effect.code):
                lost_way(connection, mailbox, effect.code, at_ms)


def lost_way(connection: Connection, mailbox: Row, code: str, at_ms: int) -> None:
    """A way of the locked connection just broke: it needs its owner at once when no other is left."""
    if ways.has_ready(connection, mailbox.id):
        _tell_way_failed(connection, mailbox, code, at_ms)
        incidents.begin(connection, mailbox, IncidentKind.DEGRADED, code, at_ms)
    else:
        fail_connection(connection, mailbox, code, at_ms)


def _tell_way_failed(connection: Connection, mailbox: Row, code: str, at_ms: int) -> None:
    timeline.add_event(connection, _of_mailbox("connection.way_failed", mailbox, at_ms, code=code))


def recovered(connection: Connection, mailbox: Row, claim: Claim, at_ms: int) -> None:
    """A way that had failed works again."""
    if ways.heal(connection, claim):
        tell(connection, mailbox, at_ms, "way_recovered")


def fail_connection(connection: Connection, mailbox: Row, code: str, at_ms: int) -> None:
    """Only the owner can mend the locked connection; the event is written when that is news."""
    is_known = mailbox.status == ConnectionStatus.PAUSED and mailbox.status_code is not None
    if is_known or mailbox.status in {ConnectionStatus.NEEDS_RECONNECT, ConnectionStatus.DISCONNECTED}:
        return
    _NEEDS_RECONNECT.run(connection, connection_id=mailbox.id, code=code)
    timeline.add_event(connection, _of_mailbox("connection.needs_reconnect", mailbox, at_ms, code=code))
    incidents.begin(connection, mailbox, IncidentKind.STOPPED, code, at_ms)


def mended(connection: Connection, mailbox_id: str, at_ms: int) -> None:
    """The locked connection works; what its owner was told is over, as far as nothing is broken any more."""
    incidents.end(connection, mailbox_id, IncidentKind.STOPPED, at_ms)
    rerouted(connection, mailbox_id, at_ms)


def rerouted(connection: Connection, mailbox_id: str, at_ms: int) -> None:
    """A broken way may have been taken out of the route; then its owner need not mend it."""
    if not ways.has_broken(connection, mailbox_id):
        incidents.end(connection, mailbox_id, IncidentKind.DEGRADED, at_ms)


def hold(connection: Connection, mailbox: Row, hold: Hold, at_ms: int, *, is_news: bool = True) -> None:
    """Nothing of the mailbox leaves before then; a hold that lasts longer stands."""
    if is_held(mailbox, at_ms) and mailbox.held_until >= to_ms(hold.until):
        return
    _HOLD.run(connection, connection_id=mailbox.id, until=to_ms(hold.until), code=hold.code)
    if is_news and not is_held(mailbox, at_ms):
        timeline.add_event(
            connection,
            _of_mailbox("connection.held", mailbox, at_ms, code=hold.code, until=hold.until.isoformat()),
        )


def is_held(mailbox: Row, at_ms: int) -> bool:
    """Whether a limit pauses it."""
    return mailbox.held_until is not None and mailbox.held_until > at_ms


def flow(connection: Connection, mailbox: Row, at_ms: int) -> None:
    """A mail was taken: the limit that paused the mailbox is over."""
    if (mailbox.probes or mailbox.held_until is not None) and not is_held(mailbox, at_ms):
        _FLOW.run(connection, connection_id=mailbox.id)


def _refused_by_limit(connection: Connection, mailbox: Row, met: Hold, at_ms: int) -> None:
    """From now on one mail at a time tries whether the limit is over; each time it is not, it waits longer.

    What flew at the same time and met the same limit is no further probe.
    """
    probes = max(1, mailbox.probes) if is_held(mailbox, at_ms) else mailbox.probes + 1
    if met.is_guess:
        first_s = (met.until - to_instant(at_ms)).total_seconds()
        met = replace(met, until=to_instant(at_ms) + timedelta(seconds=probe_wait_s(first_s, probes)))
    else:
        probes = 1  # who names the time is believed
    _PROBE.run(connection, connection_id=mailbox.id, probes=probes)
    hold(connection, mailbox, met, at_ms)


def _of_mailbox(kind: str, mailbox: Row, at_ms: int, **details: str) -> dict[str, Any]:
    return timeline.event_row(kind, at_ms, mailbox.tenant_id, connection_id=mailbox.id, details=details)


def tell(connection: Connection, mailbox: Row, at_ms: int, what: str) -> None:
    """Write the event ``connection.{what}``."""
    timeline.add_event(connection, _of_mailbox(f"connection.{what}", mailbox, at_ms))
