"""Who may ask, and what waits for its one use: keys, sessions, links and begun consents."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from service.storage.schema import instant, metadata, of_tenant, word

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
    UniqueConstraint("public"),
    Index(None, "tenant_id"),
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
    UniqueConstraint("secret_hash"),
    Index(None, "expires_at"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    of_tenant(),
    instant("created_at"),
    instant("expires_at"),
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
    UniqueConstraint("secret_hash"),
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
