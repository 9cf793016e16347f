"""The pace of a mailbox: a ledger of 24 h, its running totals, the next API send, and probing after limits."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns with defaults (the program before this one can still write), and weigh what is open."""
    for column in (
        sa.Column("paced_until", sa.BigInteger(), nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False, server_default="0"),
        *_counts("counted"),
        sa.Column("counted_at", sa.BigInteger(), nullable=True),
        *_counts("left"),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("connections", column)
    for name in ("recipient_count", "external_count"):
        op.add_column("messages", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "ledger",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.Column("external", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_ledger_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "at", "messages", name=op.f("pk_ledger")),
        sqlite_with_rowid=False,
    )
    # Who is external is not told apart here: too many count as that, never too few.
    op.execute(
        """UPDATE messages SET
        recipient_count = (SELECT count(*) FROM recipients WHERE recipients.message_id = messages.id),
        external_count = (SELECT count(*) FROM recipients WHERE recipients.message_id = messages.id)
        WHERE state IN ('queued', 'deferred', 'sending')"""
    )


def _counts(prefix: str) -> list[sa.Column[int]]:
    return [
        sa.Column(f"{prefix}_{what}", sa.BigInteger(), nullable=False, server_default="0")
        for what in ("messages", "recipients", "external")
    ]
