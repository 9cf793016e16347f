"""``postausgang sandbox``: Google on loopback."""

import os

import click

from service.errors import ConfigurationError


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65531),
    default=8026,
    show_default=True,
    help="Of HTTP; the four SMTP ports follow it. 0: any free ones.",
)
def sandbox(port: int) -> None:
    """Run a pretended Google on this machine, to try the service without an account.

    Nothing of it is part of the service: a service reaches it only with the settings that it prints.
    """
    from service.sandbox.server import run  # noqa: PLC0415, the service itself never loads the sandbox

    try:
        run("127.0.0.1", port)
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # Python's own text adds the address once more
        raise ConfigurationError(f"127.0.0.1:{port}: cannot listen there ({reason})") from None
