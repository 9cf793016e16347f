"""What a link opens ends with whoever made the link: sessions with the person, connect links with the API key."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns: the program before this one leaves them empty, as for links of the command line."""
    op.add_column("connect_links", sa.Column("key_id", sa.Text(), nullable=True))
    for table in ("sessions", "login_links"):
        op.add_column(table, sa.Column("maker_id", sa.Text(), nullable=True))
