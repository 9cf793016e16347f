"""Owners are told when a connection needs them; grants are checked daily; unclear mail follows a rule."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table, and columns with defaults: the program before this one can still write."""
    op.create_table(
        "notices",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("unsent_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("is_solved", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_notices_connection_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_notices_tenant_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_notices_message_id")),
        sa.PrimaryKeyConstraint("connection_id", "number", name=op.f("pk_notices")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_notices_next_at",
        "notices",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_notices_tenant_id", "notices", ["tenant_id"])
    op.create_index(
        "ix_notices_open",
        "notices",
        ["message_id"],
        sqlite_where=sa.text("ended_at IS NULL AND message_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND message_id IS NOT NULL"),
    )
    op.add_column("credentials", sa.Column("checked_at", sa.BigInteger(), nullable=True))
    op.add_column("tenants", sa.Column("uncertain_rule", sa.Text(), nullable=False, server_default="hold"))
    op.add_column("connect_links", sa.Column("access", sa.Text(), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
