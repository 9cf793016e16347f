"""A company's part: connection, test mail, API key."""

from collections.abc import Sequence
from datetime import datetime

from service.access.api_key import ApiKey
from service.connections.connection import Connection, ConnectionStatus
from service.doctor.finding import Check, Condition, Finding

_NOT_THERE = frozenset({ConnectionStatus.DISCONNECTED})


def examine_tenant(connections: Sequence[Connection], keys: Sequence[ApiKey], now: datetime) -> list[Finding]:
    """How far a company has come, from its connections and its keys; of several companies, all together."""
    is_sent = any(connection.last_sent_at for connection in connections)
    has_key = any(key.is_valid(now) for key in keys)
    return [
        _connection([each for each in connections if each.status not in _NOT_THERE]),
        _step(Check.TEST_MAIL, "mail-sent", "no-mail-sent", is_done=is_sent),
        _step(Check.API_KEY, "key-there", "no-key", is_done=has_key),
    ]


def _connection(present: Sequence[Connection]) -> Finding:
    if not present:
        return Finding(Check.CONNECTION, Condition.TO_DO, "not-connected")
    if all(each.status is ConnectionStatus.NEEDS_RECONNECT for each in present):
        return Finding(Check.CONNECTION, Condition.PROBLEM, "connection-broken")
    return Finding(Check.CONNECTION, Condition.OK, "connected", str(len(present)))


def _step(check: Check, done: str, missing: str, *, is_done: bool) -> Finding:
    if is_done:
        return Finding(check, Condition.OK, done)
    return Finding(check, Condition.TO_DO, missing)
