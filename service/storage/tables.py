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
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Rows that are rewritten on every change of state keep room for it on their page.
_OFTEN_UPDATED = {"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.02"}
_OPEN = text("state IN ('queued', 'deferred')")
_SENDING = text("state = 'sending'")
_UNCERTAIN = text("state = 'uncertain'")
_DUE = text("due_at IS NOT NULL")


def _at(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _word(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _tenant() -> Column[str]:
    return Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False)


tenants = Table(
    "tenants",
    metadata,
    Column("id", Text, primary_key=True),
    _word("name"),
    _at("created_at"),
    Column("data_key", LargeBinary),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    _tenant(),
    _word("address"),
    _word("subject_id"),
    _word("display_name", optional=True),
    _word("status"),
    _word("status_code", optional=True),
    _at("held_until", optional=True),
    _word("held_code", optional=True),
    _word("credential_id", optional=True),
    _word("scopes"),
    _at("created_at"),
    _at("last_sent_at", optional=True),
    _at("due_at", optional=True),
    _at("served_at", optional=True),
    Column("slots_full", Integer, nullable=False),
    UniqueConstraint("tenant_id", "subject_id"),
    postgresql_with=_OFTEN_UPDATED,
)
Index("ix_connections_due", connections.c.due_at, sqlite_where=_DUE, postgresql_where=_DUE)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    _tenant(),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    _word("status"),
    _word("status_code", optional=True),
    _word("client_id"),
    _word("scopes"),
    Column("refresh_token", LargeBinary),
    Column("access_token", LargeBinary),
    _at("access_expires_at", optional=True),
    _word("refresh_owner", optional=True),
    _at("refresh_until", optional=True),
    _at("created_at"),
    Index(None, "connection_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    _tenant(),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    _word("state"),
    _at("available_at"),
    _at("give_up_at"),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    _word("owner", optional=True),
    _at("lease_until", optional=True),
    _at("claimed_at", optional=True),
    _at("handed_over_at", optional=True),
    _at("looked_at", optional=True),
    _at("sent_at", optional=True),
    _word("code", optional=True),
    _word("reply", optional=True),
    _word("receipt", optional=True),
    _at("created_at"),
    _word("sender"),
    _word("sender_name"),
    _word("subject"),
    _word("message_id"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    _word("attachments"),
    _word("reference", optional=True),
    _word("metadata"),
    _word("search"),
    # A lease and the state `sending` come and go together, so a fenced update can ask for the owner and
    # stays on the primary key: asking for the state would lure PostgreSQL to the small partial indexes.
    CheckConstraint("(state = 'sending') = (owner IS NOT NULL)", name="leased"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
    Index(None, "tenant_id", "id"),
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

recipients = Table(
    "recipients",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    Column("position", Integer, nullable=False),
    _word("kind"),
    _word("address"),
    _word("name"),
    PrimaryKeyConstraint("message_id", "position"),
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
    _word("transport"),
    _at("started_at"),
    _at("ended_at"),
    _at("handed_over_at", optional=True),
    _word("outcome"),
    _word("code", optional=True),
    Column("status", Integer),
    _word("reply", optional=True),
    _word("receipt", optional=True),
    PrimaryKeyConstraint("message_id", "number"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _word("type"),
    _at("at"),
    _word("tenant_id"),
    Column("message_id", Text, ForeignKey("messages.id")),
    _word("connection_id", optional=True),
    _word("details"),
    Index(None, "message_id"),
    Index(None, "connection_id"),
)

idempotency_records = Table(
    "idempotency_records",
    metadata,
    _word("tenant_id"),
    _word("key"),
    _word("fingerprint"),
    # Deferred, because the record is written first: it decides whether there will be a message.
    Column(
        "message_id", Text, ForeignKey("messages.id", deferrable=True, initially="DEFERRED"), nullable=False
    ),
    _at("created_at"),
    PrimaryKeyConstraint("tenant_id", "key"),
    sqlite_with_rowid=False,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    _tenant(),
    _word("name"),
    _word("public"),
    _word("secret_hash"),
    _word("rights"),
    _word("connection_ids", optional=True),
    _at("created_at"),
    _at("expires_at", optional=True),
    _at("revoked_at", optional=True),
    _at("last_used_at", optional=True),
    UniqueConstraint("public"),
    Index(None, "tenant_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    _word("secret_hash"),
    Column("tenant_id", Text, ForeignKey("tenants.id")),
    _at("created_at"),
    _at("expires_at"),
    _word("locale", optional=True),
    UniqueConstraint("secret_hash"),
    Index(None, "expires_at"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    _tenant(),
    _at("created_at"),
    _at("expires_at"),
    Index(None, "expires_at"),
)

connect_links = Table(
    "connect_links",
    metadata,
    Column("id", Text, primary_key=True),
    _tenant(),
    _word("secret_hash"),
    _word("purpose"),
    _word("expected_address", optional=True),
    _word("connection_id", optional=True),
    _word("return_url", optional=True),
    _word("locale", optional=True),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", optional=True),
    UniqueConstraint("secret_hash"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    _tenant(),
    _word("session_id"),
    _word("state_hash", optional=True),
    _word("facts"),
    Column("sealed", LargeBinary, nullable=False),
    _at("expires_at"),
    UniqueConstraint("state_hash"),
    Index(None, "expires_at"),
)
