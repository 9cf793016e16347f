"""Who may ask, and what waits for its one use: keys, sessions, links and begun consents."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint, text

from service.storage.schema import instant, metadata, of_tenant, word


def _standing(default_role: str | None = None) -> Iterator[Column[str]]:
    """As whom: of a session, and of a link that opens one. The tenant stands before it."""
    yield Column("role", Text, server_default=default_role)
    yield word("member_id", optional=True)
    yield word("pages", optional=True)
    yield word("return_url", optional=True)
    yield word("key_id", optional=True)
    yield word("maker_id", optional=True)


api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    word("name"),
    word("public"),
    word("secret_hash"),
    word("rights"),
    word("connection_ids", optional=True),
    instant("created_at"),
    instant("expires_at", optional=True),
    instant("revoked_at", optional=True),
    instant("last_used_at", optional=True),
    Column("lifetime_ms", BigInteger),  # 0: no end; none: made by a program that knew no more than the dates
    UniqueConstraint("public"),
    Index(None, "tenant_id"),
)

members = Table(
    "members",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenants.id")),  # none: an operator
    word("address"),
    word("role"),
    word("subject_id", optional=True),
    word("locale", optional=True),
    instant("created_at"),
    instant("last_seen_at", optional=True),
    UniqueConstraint("tenant_id", "address"),
    UniqueConstraint("tenant_id", "subject_id"),
    Index(None, "address"),
    Index(None, "subject_id"),
    Index(
        "ix_members_operator",
        "address",
        unique=True,
        sqlite_where=text("tenant_id IS NULL"),
        postgresql_where=text("tenant_id IS NULL"),
    ),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    word("secret_hash"),
    Column("tenant_id", Text, ForeignKey("tenants.id")),
    instant("created_at"),
    instant("expires_at"),
    word("locale", optional=True),
    *_standing(),
    UniqueConstraint("secret_hash"),
    Index(None, "expires_at"),
    Index(None, "member_id"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenants.id")),  # none: an operator's
    instant("created_at"),
    instant("expires_at"),
    *_standing("admin"),
    word("locale", optional=True),
    Index(None, "expires_at"),
)

connect_links = Table(
    "connect_links",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    word("secret_hash"),
    word("purpose"),
    word("expected_address", optional=True),
    word("connection_id", optional=True),
    word("return_url", optional=True),
    word("locale", optional=True),
    instant("created_at"),
    instant("expires_at"),
    instant("used_at", optional=True),
    word("access"),
    word("key_id", optional=True),
    word("maker_id", optional=True),
    UniqueConstraint("secret_hash"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("state_hash", Text, primary_key=True),
    word("session_id"),
    instant("expires_at"),
    Index(None, "expires_at"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    word("session_id"),
    word("state_hash", optional=True),
    word("facts"),
    Column("sealed", LargeBinary, nullable=False),
    instant("expires_at"),
    UniqueConstraint("state_hash"),
    Index(None, "expires_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    word("owner"),
    instant("until"),
)
