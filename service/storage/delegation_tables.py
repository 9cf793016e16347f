"""Set-ups of domain-wide delegation; the users that they send as are credentials of kind ``delegation``."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from service.storage.schema import instant, metadata, of_tenant, word

delegations = Table(
    "delegations",
    metadata,
    Column("id", Text, primary_key=True),
    of_tenant(),
    word("account"),
    word("client_id"),
    word("key_id", optional=True),
    Column("private_key", LargeBinary),
    word("senders"),
    word("scopes"),
    instant("created_at"),
    instant("checked_at", optional=True),
    word("code", optional=True),
    word("checks", optional=True),  # JSON: sender → milliseconds and problem code
    Index(None, "tenant_id"),
)
