"""``postausgang demo``: the whole thing on loopback, with nothing to configure."""

import signal
import sys

import click

BANNER = """
Postausgang runs on this machine, with a sandbox in Google's place.

  1  Sign in, once:       {login_url}
  2  Add connection › Continue with Google, and send yourself a test mail
  3  Look at the mail:    {sandbox_url}/

  Google's consoles (app passwords, service accounts, delegation, relay):
                          {sandbox_url}/workspace

  The API:                {public_url}/docs
  An API key:             {api_key}

Nothing leaves this machine, and all of it is gone after Ctrl-C.
"""


@click.command()
@click.option(
    "--once", is_flag=True, help="Connect a mailbox, send one invoice, show what happened, and end."
)
def demo(*, once: bool) -> None:
    """Try the service without a Google account: sandbox, web and worker on free ports."""
    from service.cli.journey import Journey  # noqa: PLC0415, the service itself never loads the demo
    from service.cli.stage import Stage  # noqa: PLC0415, as above

    # SIGTERM ends the demo as Ctrl-C does: its processes are stopped first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    click.echo("Postausgang starts; this takes some seconds …")
    with Stage() as stage:
        if once:
            if not Journey(stage, click.echo).run():
                sys.exit("postausgang: the demo did not end as it should; see above")
            return
        click.echo(
            BANNER.format(
                login_url=stage.login_url(),
                sandbox_url=stage.sandbox.url,
                public_url=stage.public_url,
                api_key=stage.api_key(),
            )
        )
        stage.wait()
