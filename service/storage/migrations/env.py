"""Alembic's entry: runs the migrations on the connection, and in the transaction, of ``migrate``."""

from alembic import context

from service.storage import (  # noqa: F401, they put themselves into the schema
    access_tables,
    delegation_tables,
    notice_tables,
    tables,
)
from service.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
