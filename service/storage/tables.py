"""What is kept: one set of tables for both engines.

Instants are milliseconds since 1970 (UTC). Columns of type ``LargeBinary`` hold sealed bytes; subject and
recipients stay readable because people search them. ``connections.due_at`` is the scheduler: when the
mailbox next has something to send, ``NULL`` when nothing is owed, it may not send, or its slots are full.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from service.storage.schema import counts, instant, metadata, of_tenant, word

# Rows that are rewritten on every change of state keep room for it on their page.
_OFTEN_UPDATED = {"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"}
_OPEN = text("state IN ('queued', 'deferred')")
_SENDING = text("state = 'sending'")
_UNCERTAIN = text("state = 'uncertain'")
_OWED = text("state IN ('queued', 'deferred', 'sending')")
_NOT_SENT = text("state IN ('failed', 'expired', 'cancelled')")
_REFUSED = text("outcome = 'refused'")
_DUE = text("due_at IS NOT NULL")
_AT_REST = "state IN ('sent', 'failed', 'cancelled', 'expired')"

tenants = Table(
    "tenants",
    metadata,
    Column("id", Text, primary_key=True),
    word("name"),
    instant("created_at"),
    Column("data_key", LargeBinary),
    word("uncertain_rule"),
    word("default_connection_id", optional=True),
    # `NULL`: what the operator has set.
    Column("content_days", Integer),
    Column("log_days", Integer),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    word("address"),
    word("subject_id"),
    word("display_name", optional=True),
    word("status"),
    word("status_code", optional=True),
    instant("held_until", optional=True),
    word("held_code", optional=True),
    word("credential_id", optional=True),
    word("scopes"),
    word("aliases"),
    word("account_kind"),
    word("locale", optional=True),
    instant("created_at"),
    instant("last_sent_at", optional=True),
    instant("due_at", optional=True),
    instant("served_at", optional=True),
    Column("slots_full", Integer, nullable=False),
    instant("paced_until", optional=True),
    Column("probes", Integer, nullable=False, server_default="0"),
    # What was counted ever, and how much of that was older than 24 h at `left_at`.
    *counts("counted"),
    instant("counted_at", optional=True),
    *counts("left"),
    instant("left_at", optional=True),
    UniqueConstraint("tenant_id", "subject_id"),
    postgresql_with=_OFTEN_UPDATED,
)
Index("ix_connections_due", connections.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    word("kind"),
    word("facts"),
    Column("secret", LargeBinary),
    word("status"),
    word("status_code", optional=True),
    word("client_id"),
    word("scopes"),
    Column("refresh_token", LargeBinary),
    Column("access_token", LargeBinary),
    instant("access_expires_at", optional=True),
    word("refresh_owner", optional=True),
    instant("refresh_until", optional=True),
    instant("created_at"),
    # When Google last gave, or refused, an access token for this grant.
    instant("checked_at", optional=True),
    Index(None, "connection_id"),
)

ways = Table(
    "ways",
    metadata,
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("credential_id", Text, ForeignKey("credentials.id"), nullable=False),
    word("kind"),
    word("status"),
    word("code", optional=True),
    instant("blocked_until", optional=True),
    PrimaryKeyConstraint("connection_id", "position"),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    word("state"),
    instant("available_at"),
    instant("give_up_at"),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    word("owner", optional=True),
    instant("lease_until", optional=True),
    instant("claimed_at", optional=True),
    instant("handed_over_at", optional=True),
    instant("looked_at", optional=True),
    Column("looks", Integer, nullable=False),
    instant("sent_at", optional=True),
    word("code", optional=True),
    word("reply", optional=True),
    word("receipt", optional=True),
    instant("created_at"),
    word("sender"),
    word("sender_name"),
    word("subject"),
    word("message_id"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("recipient_count", Integer, nullable=False, server_default="0"),
    Column("external_count", Integer, nullable=False, server_default="0"),
    word("attachments"),
    word("reference", optional=True),
    word("metadata"),
    instant("content_deleted_at", optional=True),
    # A lease and the state `sending` come and go together, so a fenced update can ask for the owner and
    # stays on the primary key: asking for the state would lure PostgreSQL to the small partial indexes.
    CheckConstraint("(state = 'sending') = (owner IS NOT NULL)", name="leased"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
    Index(None, "tenant_id", "connection_id", "id"),
    postgresql_with=_OFTEN_UPDATED,
)
_mail = messages.c
Index(
    "ix_messages_ready",
    _mail.connection_id,
    _mail.available_at,
    _mail.id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ix_messages_sending", _mail.connection_id, sqlite_where=_SENDING, postgresql_where=_SENDING)
Index("ix_messages_lease", _mail.lease_until, sqlite_where=_SENDING, postgresql_where=_SENDING)
Index("ix_messages_give_up", _mail.give_up_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_messages_uncertain", _mail.looked_at, sqlite_where=_UNCERTAIN, postgresql_where=_UNCERTAIN)
# What retention goes through, each row first in the one and then in the other; oldest last try first.
_last_try = (_mail.tenant_id, _mail.available_at)
for _name, _kept in (("with_content", "IS NULL"), ("without_content", "IS NOT NULL")):
    _rows = text(f"content_deleted_at {_kept} AND {_AT_REST}")
    Index(f"ix_messages_{_name}", *_last_try, sqlite_where=_rows, postgresql_where=_rows)
# Lists of what is rare among the messages.
Index("ix_messages_owed", _mail.tenant_id, _mail.id, sqlite_where=_OWED, postgresql_where=_OWED)
Index("ix_messages_not_sent", _mail.tenant_id, _mail.id, sqlite_where=_NOT_SENT, postgresql_where=_NOT_SENT)
_marked = text("reference IS NOT NULL")
_marks = (_mail.tenant_id, _mail.reference, _mail.id)
Index("ix_messages_reference", *_marks, sqlite_where=_marked, postgresql_where=_marked)

# What lists look through: narrow rows that come and go with their messages, which spares them foreign keys.
listed = Table(
    "listed",
    metadata,
    word("tenant_id"),
    word("message_id"),
    word("connection_id"),
    instant("created_at"),
    word("search"),
    PrimaryKeyConstraint("tenant_id", "message_id"),
    sqlite_with_rowid=False,
)

# One row for each mail that the other side may have taken, for 24 h; the counts are running totals.
ledger = Table(
    "ledger",
    metadata,
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    instant("at"),
    Column("messages", BigInteger, nullable=False),
    Column("recipients", BigInteger, nullable=False),
    Column("external", BigInteger, nullable=False),
    PrimaryKeyConstraint("connection_id", "at", "messages"),
    sqlite_with_rowid=False,
)

recipients = Table(
    "recipients",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    Column("position", Integer, nullable=False),
    word("kind"),
    word("address"),
    word("name"),
    word("outcome", optional=True),
    # Whether a copy that left before the last resend had reached this recipient.
    Column("reached", Integer, nullable=False),
    word("code", optional=True),
    word("reply", optional=True),
    PrimaryKeyConstraint("message_id", "position"),
    Index("ix_recipients_refused", "message_id", sqlite_where=_REFUSED, postgresql_where=_REFUSED),
    sqlite_with_rowid=False,
)

content_chunks = Table(
    "content_chunks",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("message_id", "position"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    Column("number", Integer, nullable=False),
    word("transport"),
    instant("started_at"),
    instant("ended_at"),
    instant("handed_over_at", optional=True),
    word("outcome"),
    word("code", optional=True),
    Column("status", Integer),
    word("reply", optional=True),
    word("receipt", optional=True),
    PrimaryKeyConstraint("message_id", "number"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    word("type"),
    instant("at"),
    word("tenant_id"),
    Column("message_id", Text, ForeignKey("messages.id")),
    word("connection_id", optional=True),
    word("details"),
    Index(None, "message_id"),
)

idempotency_records = Table(
    "idempotency_records",
    metadata,
    word("tenant_id"),
    word("key"),
    word("fingerprint"),
    # Deferred, because the record is written first: it decides whether there will be a message.
    Column(
        "message_id", Text, ForeignKey("messages.id", deferrable=True, initially="DEFERRED"), nullable=False
    ),
    instant("created_at"),
    PrimaryKeyConstraint("tenant_id", "key"),
    # A message that is deleted takes its record along.
    Index(None, "message_id"),
    sqlite_with_rowid=False,
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    instant("seen_at"),
    sqlite_with_rowid=False,
)
