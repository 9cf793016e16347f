"""A key keeps how long it was meant to live, also when it is replaced and ends sooner."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column: the program before this one leaves it empty.

    Lives were chosen in whole days, so any other life is that of a replaced key: its successor, which
    may do the same, was made to live as long as it.
    """
    op.add_column("api_keys", sa.Column("lifetime_ms", sa.BigInteger(), nullable=True))
    op.execute("UPDATE api_keys SET lifetime_ms = COALESCE(expires_at - created_at, 0)")
    op.execute(
        """UPDATE api_keys SET lifetime_ms = COALESCE((
            SELECT successor.lifetime_ms FROM api_keys AS successor
            WHERE successor.tenant_id = api_keys.tenant_id AND successor.name = api_keys.name
                AND successor.rights = api_keys.rights
                AND COALESCE(successor.connection_ids, '') = COALESCE(api_keys.connection_ids, '')
                AND successor.created_at > api_keys.created_at
                AND successor.created_at <= api_keys.expires_at
                AND successor.lifetime_ms % 86400000 = 0
            ORDER BY successor.created_at LIMIT 1), lifetime_ms)
        WHERE lifetime_ms % 86400000 <> 0"""
    )
