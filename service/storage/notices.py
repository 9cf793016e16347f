"""``notices.ports.IncidentStore``."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from service.errors import LeaseLostError
from service.notices.incident import Incident, IncidentKind, Step
from service.notices.ports import Telling
from service.outbox.entry import Entry
from service.outbox.ports import Accepted
from service.storage import timeline
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.notice_tables import notices
from service.storage.outbox import SqlOutboxStore
from service.storage.statement import Row, Statement, columns, selecting

_IS_DUE = "next_at <= :now AND (leased_until IS NULL OR leased_until <= :now)"
_ANY_DUE = Statement(f"SELECT 1 AS one FROM notices WHERE {_IS_DUE} LIMIT 1")  # noqa: S608, no value in it
# The condition stands twice: whoever waited for another worker's lease must see it.
_TAKE = Statement(
    f"""UPDATE notices SET leased_until = :until
    WHERE (connection_id, number) IN (
        SELECT connection_id, number FROM notices WHERE {_IS_DUE} ORDER BY next_at LIMIT :at_most)
    AND {_IS_DUE} RETURNING {columns(notices)}"""  # noqa: S608, no value in it
)
_ASKED = Statement(
    """UPDATE notices SET mails = mails + 1, tries = tries + 1, message_id = :message_id,
    leased_until = NULL, unsent_at = NULL, next_at = CASE
        WHEN ended_at IS NULL THEN :next_at
        WHEN is_solved = 1 AND kind = 'stopped' THEN :at END
    WHERE connection_id = :connection_id AND number = :number AND tries = :tries"""
)
_SAID_SOLVED = Statement(
    """UPDATE notices SET leased_until = NULL, unsent_at = NULL, next_at = NULL, tries = tries + 1
    WHERE connection_id = :connection_id AND number = :number AND tries = :tries"""
)
_STUCK = Statement(
    f"""SELECT {columns(notices, "n")} FROM notices AS n JOIN messages AS m ON m.id = n.message_id
    JOIN connections AS c ON c.id = m.connection_id
    WHERE n.ended_at IS NULL AND n.message_id IS NOT NULL AND n.mails > 0
    AND (m.state = 'cancelled' OR m.state IN ('queued', 'deferred') AND c.status <> 'connected')
    LIMIT :at_most"""  # noqa: S608, names of ours
)
_UNTOLD = Statement(
    """UPDATE notices SET mails = mails - 1, message_id = NULL, next_at = :at
    WHERE connection_id = :connection_id AND number = :number AND mails = :mails AND tries = :tries
    AND ended_at IS NULL"""
)
_UNSENT = Statement(
    """UPDATE notices SET leased_until = NULL, unsent_at = COALESCE(unsent_at, :at),
    next_at = CASE WHEN next_at IS NOT NULL THEN :again_at END
    WHERE connection_id = :connection_id AND number = :number"""
)
_WAITING = Statement(
    """SELECT count(*) AS count FROM messages
    WHERE connection_id = :connection_id AND state IN ('queued', 'deferred')"""
)
_OPEN = selecting(
    notices,
    """WHERE tenant_id = :tenant_id AND ended_at IS NULL
    ORDER BY CASE WHEN kind = 'stopped' THEN 1 ELSE 0 END""",
)


class SqlIncidentStore:
    """Serves ``IncidentStore``."""

    def __init__(self, database: Database, outbox: SqlOutboxStore) -> None:
        self._database = database
        self._outbox = outbox

    def take(self, now: datetime, until: datetime, limit: int) -> list[Incident]:
        if self._database.find(_ANY_DUE, now=to_ms(now)) is None:
            return []  # an idle worker writes nothing
        rows = self._database.write(lambda c: _TAKE.all(c, now=to_ms(now), until=to_ms(until), at_most=limit))
        return [_incident(row) for row in sorted(rows, key=lambda row: row.next_at)]

    def mailed(self, telling: Telling, way: str) -> None:
        self._database.write(lambda c: _mailed(c, telling, way, None))

    def keep(
        self,
        telling: Telling,
        way: str,
        entry: Entry,
        content: Iterable[bytes],
        *,
        idempotency_key: str,
        fingerprint: str,
    ) -> Accepted:
        def beside(connection: Connection) -> None:
            if not _mailed(connection, telling, way, entry.id):
                raise LeaseLostError  # which takes the entry back, too

        return self._outbox.accept_beside(
            entry, content, beside, idempotency_key=idempotency_key, fingerprint=fingerprint
        )

    def stuck(self, limit: int) -> list[tuple[Incident, str]]:
        rows = self._database.read(lambda c: _STUCK.all(c, at_most=limit))
        return [(_incident(row), row.message_id) for row in rows]

    def untold(self, incident: Incident, at: datetime) -> None:
        values = {**_name(incident), "mails": incident.mails, "tries": incident.tries, "at": to_ms(at)}
        self._database.write(lambda c: _UNTOLD.run(c, **values))

    def unsent(self, incident: Incident, at: datetime, again_at: datetime) -> None:
        self._database.write(
            lambda c: _UNSENT.run(c, **_name(incident), at=to_ms(at), again_at=to_ms(again_at))
        )

    def waiting(self, connection_id: str) -> int:
        row = self._database.find(_WAITING, connection_id=connection_id)
        count: int = row.count if row is not None else 0
        return count

    def open_of_tenant(self, tenant_id: str) -> Mapping[str, Incident]:
        rows = self._database.read(lambda c: _OPEN.all(c, tenant_id=tenant_id))
        return {row.connection_id: _incident(row) for row in rows}


def _mailed(connection: Connection, telling: Telling, way: str, message_id: str | None) -> bool:
    """Write that the due mail is on its way; ``False`` when that is no news."""
    incident = telling.incident
    present = {**_name(incident), "tries": incident.tries}
    if incident.step is Step.SOLVED:
        is_new = _SAID_SOLVED.run(connection, **present)
    else:
        at, next_at = to_ms(telling.at), to_ms(telling.next_at)
        is_new = _ASKED.run(connection, **present, at=at, next_at=next_at, message_id=message_id)
    if is_new:
        timeline.add_event(connection, _event(incident, telling.at, way))
    return bool(is_new)


def _name(incident: Incident) -> dict[str, str | int]:
    return {"connection_id": incident.connection_id, "number": incident.number}


def _event(incident: Incident, at: datetime, way: str) -> dict[str, object]:
    return timeline.event_row(
        "connection.owner_told",
        to_ms(at),
        incident.tenant_id,
        connection_id=incident.connection_id,
        details={"step": incident.step.value, "way": way, "code": incident.code},
    )


def _incident(row: Row) -> Incident:
    return Incident(
        connection_id=row.connection_id,
        tenant_id=row.tenant_id,
        number=row.number,
        kind=IncidentKind(row.kind),
        code=row.code,
        opened_at=to_instant(row.opened_at),
        mails=row.mails,
        tries=row.tries,
        ended_at=to_instant(row.ended_at),
        unsent_at=to_instant(row.unsent_at),
    )
