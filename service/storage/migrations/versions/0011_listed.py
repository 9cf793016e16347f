"""Lists go through narrow rows of their own, which hold the searched text instead of the messages."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move a column: the program before this one can neither write nor read messages from here on."""
    op.create_table(
        "listed",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name=op.f("pk_listed")),
        sqlite_with_rowid=False,
    )
    op.execute(
        """INSERT INTO listed (tenant_id, message_id, connection_id, created_at, search)
        SELECT tenant_id, id, connection_id, created_at, search FROM messages ORDER BY tenant_id, id"""
    )
    is_sqlite = op.get_context().dialect.name == "sqlite"
    op.drop_index("ix_messages_search" if is_sqlite else "ix_messages_tenant_id_id", "messages")
    op.drop_column("messages", "search")
