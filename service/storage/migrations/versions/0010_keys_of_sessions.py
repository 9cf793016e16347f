"""Sessions, and the links that open them, name the API key that they come from, and end with it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns: the program before this one leaves them empty, as for whom no key has let in."""
    for table in ("sessions", "login_links"):
        op.add_column(table, sa.Column("key_id", sa.Text(), nullable=True))
