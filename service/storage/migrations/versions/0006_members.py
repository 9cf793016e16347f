"""People have accounts and roles; sessions and the links that open them say as whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table, and columns: the program before this one can still write."""
    op.create_table(
        "members",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_members_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("tenant_id", "address", name=op.f("uq_members_tenant_id_address")),
        sa.UniqueConstraint("tenant_id", "subject_id", name=op.f("uq_members_tenant_id_subject_id")),
    )
    op.create_index(op.f("ix_members_address"), "members", ["address"])
    op.create_index(op.f("ix_members_subject_id"), "members", ["subject_id"])
    op.create_index(
        "ix_members_operator",
        "members",
        ["address"],
        unique=True,
        sqlite_where=sa.text("tenant_id IS NULL"),
        postgresql_where=sa.text("tenant_id IS NULL"),
    )
    op.create_table(
        "sign_ins",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_expires_at"), "sign_ins", ["expires_at"])
    _add_standing("sessions")
    op.create_index(op.f("ix_sessions_member_id"), "sessions", ["member_id"])
    # Whoever had signed in could do everything; so could the links that wait to be opened.
    op.execute("UPDATE sessions SET role = 'admin' WHERE tenant_id IS NOT NULL")
    _add_standing("login_links", role="admin")
    op.add_column("login_links", sa.Column("locale", sa.Text(), nullable=True))
    with op.batch_alter_table("login_links") as login_links:
        login_links.alter_column("tenant_id", existing_type=sa.Text(), nullable=True)


def _add_standing(table: str, role: str | None = None) -> None:
    op.add_column(table, sa.Column("role", sa.Text(), nullable=True, server_default=role))
    for name in ("member_id", "pages", "return_url"):
        op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
