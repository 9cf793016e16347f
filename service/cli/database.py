"""``postausgang migrate``."""

import click

from service import settings
from service.storage.migrate import migrate as migrate_database


@click.command()
def migrate() -> None:
    """Bring the database to the version of this program; safe to repeat."""
    migrate_database(settings.load().database_url)
    click.echo("The database is up to date.")
