"""``postausgang keys``: the operator's keys, with which everything secret is sealed."""

import click

from service import settings
from service.vault.keyring import Keyring
from service.wiring import open_ground


@click.group()
def keys() -> None:
    """Make, list and rotate the keys that seal tokens and mail."""


@keys.command()
def generate() -> None:
    """Add a new key to the keyring (and make the keyring if there is none)."""
    path = settings.load().keyring_path
    key_id = Keyring.add_key(path)
    click.echo(f"Key {key_id} is in {path}. Keep a copy in a safe place: without it nothing can be opened.")


@keys.command("list")
def list_keys() -> None:
    """Name the keys, oldest first; the last one seals, all of them open."""
    for key_id in Keyring.read(settings.load().keyring_path).key_ids:
        click.echo(key_id)


@keys.command()
def rotate() -> None:
    """Add a new key and seal every tenant's data key with it, while the service runs.

    Restart the web and worker processes first after a plain `keys generate`, so that they know the key.
    """
    loaded = settings.load()
    key_id = Keyring.add_key(loaded.keyring_path)
    with open_ground(loaded) as ground:
        count = ground.vault.rewrap_all()
    click.echo(f"Key {key_id} now seals the data keys of {count} tenants. Older keys may be removed later.")
