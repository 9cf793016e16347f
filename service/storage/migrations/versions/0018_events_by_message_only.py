"""Nobody asks for the events of a connection, and each one that was written paid for an index of them."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the index: the program before this one does without it too."""
    op.drop_index("ix_events_connection_id", table_name="events")
