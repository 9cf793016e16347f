"""What owners were told, and what they are owed."""

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from service.storage.schema import instant, metadata, of_tenant, word

_OWED = text("next_at IS NOT NULL")
_OPEN = text("ended_at IS NULL AND message_id IS NOT NULL")

notices = Table(
    "notices",
    metadata,
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("number", Integer, nullable=False),
    of_tenant(),
    word("kind"),
    word("code"),
    instant("opened_at"),
    Column("mails", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    # Of the last mail that asked, where it was ordinary mail.
    Column("message_id", Text, ForeignKey("messages.id")),
    instant("next_at", optional=True),
    instant("leased_until", optional=True),
    instant("unsent_at", optional=True),
    instant("ended_at", optional=True),
    # Whether it ended well: after a disconnect nobody is told that it works again.
    Column("is_solved", Integer, nullable=False),
    PrimaryKeyConstraint("connection_id", "number"),
    sqlite_with_rowid=False,
)
Index("ix_notices_next_at", notices.c.next_at, sqlite_where=_OWED, postgresql_where=_OWED)
Index(None, notices.c.tenant_id)
Index(None, notices.c.message_id)  # a message that is deleted is looked for here
Index("ix_notices_open", notices.c.message_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
