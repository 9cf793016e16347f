"""The senders of a delegation: each is a credential of kind ``delegation`` on the sender's connection."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from service.connections.connection import AccountKind
from service.connections.credential import Delegate
from service.connections.delegation import Delegation
from service.connections.ports import Mailbox
from service.consent import scopes
from service.identifiers import new_id
from service.storage import arrivals, claiming, credentials, due, effects, ways
from service.storage.instants import to_ms
from service.storage.statement import Row, Statement

REMOVED = "sender-removed"
_ACTIVE = Statement(
    """SELECT id, connection_id, facts FROM credentials
    WHERE tenant_id = :tenant_id AND kind = 'delegation' AND status = 'active'"""
)
_BY_ID = Statement("SELECT * FROM connections WHERE id = :id")


def active(connection: Connection, delegation: Delegation, senders: Iterable[str]) -> dict[str, Row]:
    """The credentials by which this delegation sends now as some of these users, by address."""
    by_facts = {row.facts: row for row in _ACTIVE.all(connection, tenant_id=delegation.tenant_id)}
    named = ((sender, credentials.delegate_facts(delegation.id, sender)) for sender in senders)
    return {sender: by_facts[facts] for sender, facts in named if facts in by_facts}


def connect(
    connection: Connection, delegation: Delegation, senders: Iterable[str], at: datetime
) -> list[Row]:
    """Give each sender's connection the delegation's ways, or make it; answers the connections."""
    return [_connect(connection, delegation, sender, at) for sender in sorted(senders)]


def _connect(connection: Connection, delegation: Delegation, sender: str, at: datetime) -> Row:
    delegate = Delegate(
        id=new_id("dgt"),
        tenant_id=delegation.tenant_id,
        connection_id=new_id("con"),
        delegation_id=delegation.id,
        address=sender,
        scopes=delegation.scopes,
        access=None,
    )
    mailbox = Mailbox(sender, None, AccountKind.WORKSPACE)
    row = credentials.delegate_row(delegate, at)
    kinds = scopes.delegated_ways(delegation.scopes)
    return arrivals.add_ways(connection, delegation.tenant_id, mailbox, kinds, row)


def disconnect(connection: Connection, gone: Iterable[Row], at: datetime) -> list[Row]:
    """Break the ways of these credentials and forget their tokens; answers the connections, as they are now.

    What a worker has in flight by such a way is stopped at its hand-over.
    """
    rows = sorted(gone, key=lambda row: str(row.connection_id))
    due.lock_many(connection, {row.connection_id for row in rows})
    for row in rows:
        mailbox = due.lock(connection, row.connection_id)
        credentials.forget(connection, row.connection_id, row.id)
        if mailbox is not None and ways.break_all(connection, mailbox.id, row.id, REMOVED):
            effects.lost_way(connection, mailbox, REMOVED, to_ms(at))
        due.recompute(connection, row.connection_id, to_ms(at))
    claiming.ring(connection)
    return [_BY_ID.one(connection, id=row.connection_id) for row in rows]
