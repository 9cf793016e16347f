"""Content and log end by the tenant's choice; workers leave a sign of life."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_REST = "state IN ('sent', 'failed', 'cancelled', 'expired')"


def upgrade() -> None:
    """Add columns, a table and indexes: the program before this one can still write."""
    op.add_column("tenants", sa.Column("content_days", sa.Integer(), nullable=True))
    op.add_column("tenants", sa.Column("log_days", sa.Integer(), nullable=True))
    op.add_column("messages", sa.Column("content_deleted_at", sa.BigInteger(), nullable=True))
    for name, kept in (("with_content", "IS NULL"), ("without_content", "IS NOT NULL")):
        rows = sa.text(f"content_deleted_at {kept} AND {_AT_REST}")
        op.create_index(
            f"ix_messages_{name}",
            "messages",
            ["tenant_id", "available_at"],
            sqlite_where=rows,
            postgresql_where=rows,
        )
    op.create_index("ix_idempotency_records_message_id", "idempotency_records", ["message_id"])
    op.create_index("ix_notices_message_id", "notices", ["message_id"])
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
        sqlite_with_rowid=False,
    )
