"""The senders of a delegation: each is a credential of kind ``delegation`` on the sender's connection."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from service.connections.connection import AccountKind
from service.connections.credential import Delegate
from service.connections.delegation import Delegation
from service.connections.ports import Mailbox
from service.consent import scopes
from service.identifiers import new_id
from service.storage import arrivals, claiming, credentials, due, effects, timeline, ways
from service.storage.delegation_tables import delegations
from service.storage.instants import to_ms
from service.storage.statement import Row, Statement, selecting
from service.storage.tables import connections, tenants

REMOVED = "sender-removed"
_ACTIVE = Statement(
    """SELECT id, connection_id, facts FROM credentials
    WHERE tenant_id = :tenant_id AND kind = 'delegation' AND status = 'active'"""
)
# Not against the foreign keys of those who accept mail for the tenant.
_LOCK_TENANT = Statement(
    select(tenants.c.id).where(tenants.c.id == bindparam("id")).with_for_update(key_share=True)
)
_OF_ADDRESSES = select(connections.c.id).where(
    connections.c.tenant_id == bindparam("tenant_id"),
    func.lower(connections.c.address).in_(bindparam("addresses", expanding=True)),
)
_OF_MAILBOX = Statement(
    """SELECT facts FROM credentials
    WHERE connection_id = :connection_id AND kind = 'delegation' AND status = 'active'"""
)
_LOCK_LIST = Statement(select(delegations).where(delegations.c.id == bindparam("id")).with_for_update())
_SET_LIST = Statement("UPDATE delegations SET senders = :senders, checks = :checks WHERE id = :id")
_BY_ID = selecting(connections, "WHERE id = :id")


def hold(connection: Connection, tenant_id: str, senders: Iterable[str]) -> None:
    """Lock all mailboxes that a change of these senders can touch.

    One change of a tenant comes after the other, and mailboxes are locked in the order that all others keep.
    """
    _LOCK_TENANT.one(connection, id=tenant_id)
    found = connection.execute(_OF_ADDRESSES, {"tenant_id": tenant_id, "addresses": sorted(senders)})
    due.lock_many(connection, {row.id for row in found})


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
    rows = list(gone)
    for row in rows:
        mailbox = due.lock(connection, row.connection_id)
        credentials.forget(connection, row.connection_id, row.id)
        if mailbox is not None and ways.break_all(connection, mailbox.id, row.id, REMOVED):
            effects.lost_way(connection, mailbox, REMOVED, to_ms(at))
        due.recompute(connection, row.connection_id, to_ms(at))
    claiming.ring(connection)
    return [_BY_ID.one(connection, id=row.connection_id) for row in rows]


def set_list(connection: Connection, delegation: Row, senders: Iterable[str]) -> None:
    """Change the list of a delegation, whose row is locked; the checks of those who leave it go too."""
    kept = frozenset(senders)
    checks = {
        sender: check for sender, check in json.loads(delegation.checks or "{}").items() if sender in kept
    }
    _SET_LIST.run(connection, id=delegation.id, senders=" ".join(sorted(kept)), checks=json.dumps(checks))


def take_off(connection: Connection, mailbox: Row, at_ms: int) -> None:
    """Who disconnects a mailbox takes it off the lists of senders: else their next change would connect it.

    Before its credentials are forgotten.
    """
    for row in _OF_MAILBOX.all(connection, connection_id=mailbox.id):
        facts = json.loads(row.facts)
        sender, delegation = facts["address"], _LOCK_LIST.one(connection, id=facts["delegation_id"])
        if delegation is None:
            continue
        set_list(connection, delegation, set(delegation.senders.split()) - {sender})
        told = {"delegation": delegation.id, "account": delegation.account, "removed": sender}
        event = timeline.event_row("delegation.senders_changed", at_ms, mailbox.tenant_id, details=told)
        timeline.add_event(connection, event)
