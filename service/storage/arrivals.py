"""How mailboxes come: by a consent, or by a credential that knows their address only."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from service.connections.connection import MAILTO, ConnectionStatus
from service.connections.identity import Identity
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.consent import scopes
from service.errors import NotFoundError, WrongAccountError
from service.outbox.pace import Amount
from service.storage import claiming, credentials, defaults, due, effects, routing
from service.storage.statement import Row, Statement, inserting, selecting
from service.storage.tables import connections

_BY_ID = selecting(connections, "WHERE id = :id")
# The account's own row comes before one that knows its address only.
_BY_SUBJECT = selecting(
    connections,
    """WHERE tenant_id = :tenant_id AND subject_id IN (:subject_id, :mailto)
    ORDER BY CASE WHEN subject_id = :subject_id THEN 0 ELSE 1 END LIMIT 1""",
)
# Whoever is known by a consent already is no other mailbox.
_BY_ADDRESS = Statement(
    """SELECT id FROM connections WHERE tenant_id = :tenant_id AND lower(address) = :address
    ORDER BY CASE WHEN status = 'disconnected' THEN 1 ELSE 0 END, created_at, id LIMIT 1"""
)
_ADD = inserting(connections, "ON CONFLICT (tenant_id, subject_id) DO NOTHING")
# A person's pause stands until a person ends it.
_STATUS = "CASE WHEN status = 'paused' THEN status ELSE 'connected' END"
_CONNECT = Statement(
    f"""UPDATE connections SET address = :address, display_name = COALESCE(display_name, :display_name),
    subject_id = :subject_id, account_kind = :account_kind,
    status = {_STATUS}, status_code = NULL, held_until = NULL, held_code = NULL, probes = 0,
    credential_id = :credential_id, scopes = :scopes, locale = COALESCE(:locale, locale) WHERE id = :id"""  # noqa: S608, no value in it
)
_COUNTS = [f"{when}_{what}" for when in ("counted", "left") for what in Amount._fields]
_ADD_WAY = Statement(
    f"""UPDATE connections SET display_name = COALESCE(:display_name, display_name),
    account_kind = CASE WHEN credential_id IS NULL THEN :account_kind ELSE account_kind END,
    status = {_STATUS}, status_code = NULL, held_until = NULL, held_code = NULL, probes = 0,
    locale = COALESCE(:locale, locale) WHERE id = :id"""  # noqa: S608, no value in it
)


def connect(
    connection: Connection,
    tenant_id: str,
    identity: Identity,
    credential: dict[str, Any],
    locale: str | None,
) -> Row:
    """Keep a fresh grant: a new mailbox, or a known one again."""
    mailbox, is_new = _known_or_new(connection, tenant_id, identity, credential)
    credentials.replace_grant(connection, mailbox.id, credential)
    routing.put_first(
        connection, mailbox.id, credential["id"], scopes.ways(frozenset(credential["scopes"].split()))
    )
    _CONNECT.run(
        connection,
        id=mailbox.id,
        address=identity.address,
        display_name=identity.name,
        subject_id=identity.subject_id,
        account_kind=identity.account_kind.value,
        credential_id=credential["id"],
        scopes=credential["scopes"],
        locale=locale,
    )
    return _flow_again(connection, mailbox, credential["created_at"], "created" if is_new else "reconnected")


def add_ways(
    connection: Connection,
    tenant_id: str,
    mailbox: Mailbox,
    kinds: Sequence[WayKind],
    credential: dict[str, Any],
) -> Row:
    """Keep a credential that names no account, at the end of the route of its address's connection."""
    if mailbox.connection_id is not None and _BY_ID.one(connection, id=mailbox.connection_id) is None:
        raise NotFoundError("connection")
    identity = Identity(f"{MAILTO}{mailbox.address.lower()}", mailbox.address, mailbox.display_name)
    same = _BY_ADDRESS.one(connection, tenant_id=tenant_id, address=mailbox.address.lower())
    wanted = {
        **credential,
        "connection_id": mailbox.connection_id or (same.id if same else credential["connection_id"]),
        "scopes": "",  # of a connection: what its owner's grant allows
    }
    row, is_new = _known_or_new(connection, tenant_id, identity, wanted)
    credentials.add(connection, row.id, credential)
    routing.put_last(connection, row.id, credential["id"], kinds)
    _ADD_WAY.run(
        connection,
        id=row.id,
        display_name=mailbox.display_name,
        account_kind=mailbox.account_kind.value,
        locale=mailbox.locale,
    )
    was_fine = row.status == ConnectionStatus.CONNECTED and not is_new
    what = "created" if is_new else "way_added" if was_fine else "reconnected"
    return _flow_again(connection, row, credential["created_at"], what)


def _known_or_new(
    connection: Connection, tenant_id: str, identity: Identity, credential: dict[str, Any]
) -> tuple[Row, bool]:
    """The locked row of this account, and whether it was made just now."""
    wanted = _wanted(connection, credential["connection_id"], tenant_id, identity)
    row = wanted or known(connection, tenant_id, identity)
    is_new = row is None and bool(_ADD.run(connection, **_new_row(tenant_id, identity, credential)))
    if row is None:
        # Two first consents of one account at once: the second one finds the row of the first.
        row = known(connection, tenant_id, identity)
    locked = None if row is None else due.lock(connection, row.id)
    if locked is None:
        raise NotFoundError("connection")
    return locked, is_new


def _wanted(connection: Connection, connection_id: str, tenant_id: str, identity: Identity) -> Row | None:
    """The row that the credential names, where it is there: it must be this account's."""
    row = _BY_ID.one(connection, id=connection_id)
    if row is None:
        return None
    if row.tenant_id != tenant_id:
        raise NotFoundError("connection")
    is_by_address = MAILTO in (row.subject_id[: len(MAILTO)], identity.subject_id[: len(MAILTO)])
    is_same_address = row.address.lower() == identity.address.lower()
    if row.subject_id != identity.subject_id and not (is_by_address and is_same_address):
        raise WrongAccountError(row.address, identity.address)
    return row


def known(connection: Connection, tenant_id: str, identity: Identity) -> Row | None:
    """The row of this account, or the one that knows its address only."""
    mailto = f"{MAILTO}{identity.address.lower()}"
    return _BY_SUBJECT.one(connection, tenant_id=tenant_id, subject_id=identity.subject_id, mailto=mailto)


def _flow_again(connection: Connection, mailbox: Row, at_ms: int, what: str) -> Row:
    effects.tell(connection, mailbox, at_ms, what)
    effects.mended(connection, mailbox.id, at_ms)
    defaults.offer(connection, mailbox)
    due.recompute(connection, mailbox.id, at_ms)
    claiming.ring(connection)
    return _BY_ID.one(connection, id=mailbox.id)


def _new_row(tenant_id: str, identity: Identity, credential: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(column.name for column in connections.columns)
    return {
        **empty,
        "id": credential["connection_id"],
        "tenant_id": tenant_id,
        "address": identity.address,
        "subject_id": identity.subject_id,
        "display_name": identity.name,
        "status": ConnectionStatus.CONNECTED.value,
        "scopes": credential["scopes"],
        "aliases": "",
        "account_kind": identity.account_kind.value,
        "created_at": credential["created_at"],
        "slots_full": 0,
        "probes": 0,
        **dict.fromkeys(_COUNTS, 0),
    }
