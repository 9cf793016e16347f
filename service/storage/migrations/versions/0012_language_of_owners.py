"""Connections know the language in which their owner connected them: notices are written in it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column: the program before this one leaves it empty, and its owner is told in both languages."""
    op.add_column("connections", sa.Column("locale", sa.Text(), nullable=True))
