"""The only SQL that differs between the engines: taking rows so that nobody else takes them.

A claim never looks at the backlog: mailboxes that are due are found by an index that holds no others, and
of each at most ``per_mailbox`` rows are read, by an index that holds only what is open.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind
from service.outbox.pace import Amount, Pace
from service.outbox.ports import Claim
from service.storage import due, effects, ways
from service.storage.due import due_at
from service.storage.entries import recipients_of
from service.storage.forecasts import ahead
from service.storage.instants import to_instant
from service.storage.pacing import Mailbox, Share, share
from service.storage.statement import JointStatement, Row, Statement, columns
from service.storage.tables import connections

_SCHEMA_LOCK = 0x506F737461757367  # "Postausg"
CHANNEL = "postausgang_outbox"


@dataclass(frozen=True, slots=True)
class Dialect:
    """The statements of one engine. ``:ids`` is a JSON list on SQLite and an array on PostgreSQL."""

    due_mailboxes: Statement
    due_entries: Statement
    ready_ways: Statement
    lease: Statement
    served: Statement
    full: Statement
    places: JointStatement
    ring: Statement | None


_DUE_MAILBOXES = """SELECT id, tenant_id, address, account_kind, held_until, probes, paced_until,
    counted_messages, counted_recipients, counted_external, counted_at,
    left_messages, left_recipients, left_external, left_at FROM connections
    WHERE due_at <= :now ORDER BY due_at LIMIT :mailboxes"""
_OLDEST_DUE = """SELECT id FROM messages
    WHERE connection_id = {mailbox} AND state IN ('queued', 'deferred') AND available_at <= :now
    ORDER BY available_at, id LIMIT :per_mailbox"""
# In a box of its own, so that it is counted once a mailbox and not once a row.
_IN_FLIGHT = "SELECT count(*) FROM messages WHERE connection_id = {mailbox} AND state = 'sending'"
_READY_WAYS = """SELECT connection_id, credential_id, kind, code, blocked_until FROM ways
    WHERE connection_id {among} AND status = 'ready' ORDER BY connection_id, position"""
_OF_READY = "id, available_at, recipient_count, external_count"
_LEASE = """UPDATE messages SET state = 'sending', owner = :owner, lease_until = :lease_until,
    fence = fence + 1, attempts = attempts + 1, claimed_at = :now, handed_over_at = NULL
    WHERE id {among} RETURNING id, tenant_id, connection_id, sender, sender_name, size_bytes,
    attempts, tries, fence, created_at, give_up_at"""
_SERVED = f"""UPDATE connections SET served_at = :now, paced_until = box.paced_until,
    due_at = {due_at(":now", "box.paced_until")}
    FROM {{boxes}} AS box WHERE connections.id = box.id"""  # noqa: S608, no value in it
_FULL = "UPDATE connections SET due_at = NULL, slots_full = 1 WHERE id {among}"

# CROSS JOIN keeps SQLite's order: from the messages to their mailboxes.
_PLACES = f"""WITH new (message_id, connection_id, available_at) AS (VALUES {{rows}})
    SELECT {columns(connections, "connections")}, new.message_id,
    {ahead("new.connection_id", "new.available_at")} AS place
    FROM new CROSS JOIN connections WHERE connections.id = new.connection_id"""  # noqa: S608, no value in it
_OF_NEW = ("id", "connection_id", "available_at")

_ONE_OF = "IN (SELECT value FROM json_each(:ids))"
_SQLITE = Dialect(
    due_mailboxes=Statement(_DUE_MAILBOXES),
    due_entries=Statement(
        f"""WITH box AS MATERIALIZED (
            SELECT key AS position, value AS id, ({_IN_FLIGHT.format(mailbox="value")}) AS in_flight
            FROM json_each(:ids))
        SELECT box.id AS mailbox, box.in_flight, ready.id, ready.recipient_count, ready.external_count
        FROM box LEFT JOIN messages AS ready ON ready.id IN ({_OLDEST_DUE.format(mailbox="box.id")})
        ORDER BY box.position, ready.available_at, ready.id"""  # noqa: S608, no value in it
    ),
    ready_ways=Statement(_READY_WAYS.format(among=_ONE_OF)),
    lease=Statement(_LEASE.format(among=_ONE_OF)),
    served=Statement(
        _SERVED.format(
            boxes="""(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS paced_until
            FROM json_each(:boxes))"""
        )
    ),
    full=Statement(_FULL.format(among=_ONE_OF)),
    places=JointStatement(_PLACES, _OF_NEW),
    ring=None,
)
_POSTGRESQL = Dialect(
    # NO KEY: the foreign-key checks of those who accept mail for this mailbox need not wait.
    due_mailboxes=Statement(f"{_DUE_MAILBOXES} FOR NO KEY UPDATE SKIP LOCKED"),
    due_entries=Statement(
        f"""WITH box AS MATERIALIZED (
            SELECT id, position, ({_IN_FLIGHT.format(mailbox="asked.id")}) AS in_flight
            FROM unnest(CAST(:ids AS text[])) WITH ORDINALITY AS asked (id, position))
        SELECT box.id AS mailbox, box.in_flight, ready.id, ready.recipient_count, ready.external_count
        FROM box LEFT JOIN LATERAL (
            {_OLDEST_DUE.format(mailbox="box.id").replace("SELECT id", f"SELECT {_OF_READY}")}
        ) AS ready ON true
        ORDER BY box.position, ready.available_at, ready.id"""  # noqa: S608, no value in it
    ),
    ready_ways=Statement(_READY_WAYS.format(among="= ANY(:ids)")),
    lease=Statement(_LEASE.format(among="= ANY(:ids)")),
    served=Statement(
        _SERVED.format(
            boxes="""(SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:paced_until AS bigint[]))
            AS pair (id, paced_until))"""
        )
    ),
    full=Statement(_FULL.format(among="= ANY(:ids)")),
    places=JointStatement(f"{_PLACES} FOR NO KEY UPDATE OF connections", _OF_NEW),
    ring=Statement(f"SELECT pg_notify('{CHANNEL}', '')"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker asks for."""

    owner: str
    now_ms: int
    lease_until_ms: int
    limit: int
    per_mailbox: int
    pace: Pace


def claim(connection: Connection, order: Order) -> list[Claim]:
    """Lease due entries, in the order of their mailboxes and their age."""
    claims: list[Claim] = []
    while len(claims) < order.limit:
        left = order.limit - len(claims)
        mailboxes = _due_mailboxes(connection, order, left)
        # Each of these mailboxes gives an entry or leaves the due ones, so this ends.
        claims += _take(connection, order, mailboxes, left)
        if not mailboxes or (claims and len(mailboxes) < left):
            break  # no other one is due, and these gave all that they may
    return claims


def places(connection: Connection, new: Sequence[Mapping[str, Any]]) -> list[Row]:
    """For each of these rows of messages: its mailbox's row, locked, ``message_id``, and its place in it."""
    return _dialect(connection).places.returned(connection, new)


def ring(connection: Connection) -> None:
    """Wake the dispatchers of other processes when this transaction commits."""
    statement = _dialect(connection).ring
    if statement is not None:
        statement.run(connection)


def claim_schema(connection: Connection) -> None:
    """Be the only one who migrates, until the transaction ends (PostgreSQL)."""
    # Another's migration may take as long as it needs.
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})


def _due_mailboxes(connection: Connection, order: Order, limit: int) -> dict[str, Mailbox]:
    dialect = _dialect(connection)
    rows = dialect.due_mailboxes.all(connection, now=order.now_ms, mailboxes=limit)
    mailboxes = {row.id: Mailbox(row) for row in rows}
    if mailboxes:
        # A statement of its own, begun under the locks: what it counts cannot change any more.
        at_most = min(order.per_mailbox, limit)
        for row in dialect.due_entries.all(
            connection, ids=_ids(connection, list(mailboxes)), now=order.now_ms, per_mailbox=at_most
        ):
            mailbox = mailboxes[row.mailbox]
            mailbox.in_flight = row.in_flight
            if row.id is not None:
                mailbox.due.append((row.id, Amount(1, row.recipient_count, row.external_count)))
        for way in dialect.ready_ways.all(connection, ids=_ids(connection, list(mailboxes))):
            mailboxes[way.connection_id].ways.append(way)
    return mailboxes


def _take(connection: Connection, order: Order, mailboxes: dict[str, Mailbox], limit: int) -> list[Claim]:
    shares: dict[str, Share] = {}
    taken: list[str] = []
    for name, mailbox in mailboxes.items():
        if len(taken) == limit:
            break  # the rest keeps its place for the next claim
        if not mailbox.ways:
            _stop(connection, order, name)
            continue
        shares[name] = share(
            connection,
            order.pace,
            mailbox,
            order.now_ms,
            slots=order.per_mailbox,
            limit=limit - len(taken),
        )
        taken += shares[name].entry_ids
    leased = _lease(connection, order, taken)
    _serve(connection, order, shares)
    return _claims(connection, order, [leased[name] for name in taken], mailboxes)


def _serve(connection: Connection, order: Order, shares: dict[str, Share]) -> None:
    """The served go behind the others, at the earliest when their pace lets the next mail out."""
    dialect = _dialect(connection)
    paced_until = {name: share.paced_until_ms for name, share in shares.items()}
    if connection.dialect.name == "sqlite":
        dialect.served.run(connection, boxes=json.dumps(list(paced_until.items())), now=order.now_ms)
    else:
        dialect.served.run(
            connection, ids=list(paced_until), paced_until=list(paced_until.values()), now=order.now_ms
        )
    full = [name for name, share in shares.items() if share.is_full]
    if full:
        dialect.full.run(connection, ids=_ids(connection, full))


def _stop(connection: Connection, order: Order, name: str) -> None:
    """A mailbox without a way can never be served, and must not stand before the others."""
    row = due.lock(connection, name)
    effects.fail_connection(connection, row, "connection-revoked", order.now_ms)
    due.recompute(connection, name, order.now_ms)


def _lease(connection: Connection, order: Order, taken: list[str]) -> dict[str, Row]:
    if not taken:
        return {}
    rows = _dialect(connection).lease.all(
        connection,
        ids=_ids(connection, taken),
        owner=order.owner,
        now=order.now_ms,
        lease_until=order.lease_until_ms,
    )
    return {row.id: row for row in rows}


def _claims(
    connection: Connection, order: Order, rows: list[Row], mailboxes: dict[str, Mailbox]
) -> list[Claim]:
    addressees = recipients_of(connection, [row.id for row in rows])
    return [_claim(order, row, addressees.get(row.id, []), mailboxes[row.connection_id]) for row in rows]


def _claim(order: Order, row: Row, addressees: list[Recipient], mailbox: Mailbox) -> Claim:
    left = [each for each in addressees if each.outcome is None]
    is_rest = len(left) < len(addressees)
    way, has_failed, has_next_way = ways.choose(mailbox.ways, order.now_ms, by_envelope=is_rest)
    return Claim(
        entry_id=row.id,
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        way=way,
        way_has_failed=has_failed,
        is_rest=is_rest,
        has_next_way=has_next_way,
        address=mailbox.row.address,
        sender=Address(row.sender, row.sender_name),
        recipients=tuple(each.address for each in left),
        bcc=tuple(each.address for each in left if each.kind is RecipientKind.BCC),
        size_bytes=row.size_bytes,
        attempt=row.attempts,
        tries=row.tries,
        fence=row.fence,
        created_at=to_instant(row.created_at),
        give_up_at=to_instant(row.give_up_at),
    )


def _ids(connection: Connection, ids: list[str]) -> str | list[str]:
    return json.dumps(ids) if connection.dialect.name == "sqlite" else ids


def _dialect(connection: Connection) -> Dialect:
    return _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
