"""The commands of ``postausgang``: each builds what it needs, makes one call and prints the answer."""

import sys

import click

from service.cli.access import api_keys, tenants
from service.cli.database import migrate
from service.cli.demo import demo
from service.cli.doctor import doctor
from service.cli.keys import keys
from service.cli.people import login_link, members, operators
from service.cli.sandbox import sandbox
from service.cli.serving import serve, web, worker
from service.errors import ServiceError


class _Commands(click.Group):
    """Turns the errors that are expected into one clear line and exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ServiceError as error:
            for line in str(error).splitlines():
                click.echo(f"postausgang: {line}", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="postausgang")
def main() -> None:
    """Send invoices from your own Gmail or Google Workspace mailbox.

    Settings come from environment variables (POSTAUSGANG_…) and from files in credentials/; the README
    lists them all.
    """


for command in (
    serve,
    web,
    worker,
    migrate,
    tenants,
    members,
    operators,
    api_keys,
    login_link,
    keys,
    doctor,
    sandbox,
    demo,
):
    main.add_command(command)
