"""``postausgang tenants`` and ``api-keys``: for whom mail is sent, and which programs may ask."""

from datetime import timedelta

import click

from service import settings
from service.access.api_key import Right
from service.access.keys import MAX_NAME, ApiKeys, NewKey
from service.access.tenant import UncertainRule, new_tenant
from service.identifiers import new_id
from service.mail.rules import RuleError, check_line
from service.wiring import open_ground

MOST_DAYS = 36_500  # a calendar ends somewhere


def _name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A key's name stands in lists and timelines."""
    try:
        name = check_line(value.strip(), MAX_NAME, "The name")
    except RuleError as error:
        raise click.BadParameter(error.args[0]) from None
    if not name:
        raise click.BadParameter("The name is empty.")
    return name


@click.group()
def tenants() -> None:
    """The companies that this service sends for."""


@tenants.command()
@click.argument("name")
def add(name: str) -> None:
    """Add a tenant and print its id."""
    with open_ground(settings.load()) as ground:
        tenant = new_tenant(name, ground.clock.now())
        ground.stores.tenants.add(tenant)
    click.echo(tenant.id)


@tenants.command("list")
def list_tenants() -> None:
    """Name all tenants."""
    with open_ground(settings.load()) as ground:
        for tenant in ground.stores.tenants.all():
            rule = "  (unclear mail is sent again)" if tenant.uncertain_rule is UncertainRule.RESEND else ""
            click.echo(f"{tenant.id}  {tenant.name}{rule}")


@tenants.command("uncertain")
@click.argument("tenant_id")
@click.argument("rule", type=click.Choice([rule.value for rule in UncertainRule]))
def set_uncertain_rule(tenant_id: str, rule: str) -> None:
    """Hold mail whose fate is unclear (hold), or send it again after a while (resend).

    With ``resend`` a recipient may get a mail twice.
    """
    with open_ground(settings.load()) as ground:
        tenant = ground.stores.tenants.choose(tenant_id, uncertain_rule=UncertainRule(rule))
    click.echo(f"{tenant.id}  {tenant.uncertain_rule}")


@click.group("api-keys")
def api_keys() -> None:
    """The keys with which invoicing programs post mail."""


@api_keys.command()
@click.option("--tenant", "tenant_id", required=True, help="Id of the tenant.")
@click.option(
    "--name", required=True, callback=_name, help="What the key is for, such as the program's name."
)
@click.option(
    "--right",
    "rights",
    type=click.Choice([right.value for right in Right]),
    multiple=True,
    help="What it may do; repeat the option. Default: all.",
)
@click.option("--connection", "connection_ids", multiple=True, help="The only connections it may use.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Days until it expires; default: never.")
def create(
    tenant_id: str, name: str, rights: tuple[str, ...], connection_ids: tuple[str, ...], days: int | None
) -> None:
    """Make a key and print it, this one time."""
    with open_ground(settings.load()) as ground:
        ground.stores.tenants.get(tenant_id)
        for connection_id in connection_ids:
            ground.stores.connections.get(tenant_id, connection_id)  # a slip would make a key for nothing
        new = NewKey(
            new_id("key"),
            tenant_id,
            name,
            frozenset(Right(right) for right in rights) or frozenset(Right),
            frozenset(connection_ids) or None,
            timedelta(days=days) if days else None,
        )
        _, secret = ApiKeys(ground.stores.api_keys, ground.clock).create(new)
    click.echo(secret.get_secret_value())


@api_keys.command("list")
@click.option("--tenant", "tenant_id", required=True, help="Id of the tenant.")
def list_api_keys(tenant_id: str) -> None:
    """List a tenant's keys, without their secrets."""
    with open_ground(settings.load()) as ground:
        ground.stores.tenants.get(tenant_id)
        now = ground.clock.now()
        for key in ground.stores.api_keys.of_tenant(tenant_id):
            state = "valid" if key.is_valid(now) else "ended"
            click.echo(f"{key.id}  {key.shown_as}  {state}  {','.join(sorted(key.rights))}  {key.name}")


@api_keys.command()
@click.option("--tenant", "tenant_id", required=True, help="Id of the tenant.")
@click.argument("key_id")
def revoke(tenant_id: str, key_id: str) -> None:
    """End a key at once."""
    with open_ground(settings.load()) as ground:
        ground.stores.api_keys.revoke(tenant_id, key_id, ground.clock.now())
    click.echo(f"Key {key_id} is revoked.")
