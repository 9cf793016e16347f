"""Several ways to send: logins beside grants, the route of a mailbox, and the fate of single recipients."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns with defaults (the program before this one can still write), and make the first routes."""
    for column in (
        sa.Column("kind", sa.Text(), nullable=False, server_default="grant"),
        sa.Column("facts", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("credentials", column)
    op.add_column("connections", sa.Column("aliases", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "connections", sa.Column("account_kind", sa.Text(), nullable=False, server_default="consumer")
    )
    for name in ("outcome", "code", "reply"):
        op.add_column("recipients", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("recipients", sa.Column("reached", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "ways",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("blocked_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_ways_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("fk_ways_credential_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "position", name=op.f("pk_ways")),
        sqlite_with_rowid=False,
    )
    op.execute(
        """INSERT INTO ways (connection_id, position, credential_id, kind, status, code)
        SELECT id, 0, credential_id, 'gmail_api',
            CASE WHEN status_code IS NULL THEN 'ready' ELSE 'broken' END, status_code
        FROM connections WHERE credential_id IS NOT NULL"""
    )
    # Only a Workspace account has an address outside Google's own domains, but for few.
    op.execute(
        """UPDATE connections SET account_kind = 'workspace'
        WHERE lower(address) NOT LIKE '%@gmail.com' AND lower(address) NOT LIKE '%@googlemail.com'"""
    )
