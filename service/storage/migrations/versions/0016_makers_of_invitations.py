"""An invitation that was made on a page ends with the operator or admin who made it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column: the program before this one leaves it empty, as for links of the API."""
    op.add_column("connect_links", sa.Column("maker_id", sa.Text(), nullable=True))
