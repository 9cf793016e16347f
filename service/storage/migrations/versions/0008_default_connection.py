"""A tenant's default connection: the one that sends where a request names none."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; whoever has exactly one mailbox keeps it as the default, others choose."""
    op.add_column("tenants", sa.Column("default_connection_id", sa.Text(), nullable=True))
    op.execute(
        """UPDATE tenants SET default_connection_id = (
            SELECT min(id) FROM connections WHERE tenant_id = tenants.id AND status <> 'disconnected')
        WHERE (SELECT count(*) FROM connections
            WHERE tenant_id = tenants.id AND status <> 'disconnected') = 1"""
    )
