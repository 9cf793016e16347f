"""Lists of messages are found by indexes: what is owed, what did not go out, a reference, a search."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PARTS = {
    "ix_messages_owed": (("tenant_id", "id"), "state IN ('queued', 'deferred', 'sending')"),
    "ix_messages_not_sent": (("tenant_id", "id"), "state IN ('failed', 'expired', 'cancelled')"),
    "ix_messages_reference": (("tenant_id", "reference", "id"), "reference IS NOT NULL"),
}


def upgrade() -> None:
    """Add indexes: the program before this one does not see them."""
    for name, (columns, rows) in _PARTS.items():
        where = sa.text(rows)
        op.create_index(name, "messages", columns, sqlite_where=where, postgresql_where=where)
    refused = sa.text("outcome = 'refused'")
    op.create_index(
        "ix_recipients_refused",
        "recipients",
        ["message_id"],
        sqlite_where=refused,
        postgresql_where=refused,
    )
    if op.get_context().dialect.name == "sqlite":
        # PostgreSQL's indexes hold no long texts; its larger pages and parallel scans do without.
        op.create_index("ix_messages_search", "messages", ["tenant_id", "id", "created_at", "search"])
        op.drop_index("ix_messages_tenant_id_id", "messages")
