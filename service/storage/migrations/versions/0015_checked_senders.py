"""Each sender of a delegation is checked on its own: how that ended, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column: the program before this one leaves it as it is."""
    op.add_column("delegations", sa.Column("checks", sa.Text(), nullable=True))
