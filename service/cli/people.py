"""``postausgang members``, ``operators`` and ``login-link``: which people may sign in."""

import click

from service import settings
from service.access.member import Member, Role
from service.access.members import GIVEN_ROLES, Members
from service.access.session import Standing
from service.ground import Ground
from service.wiring import open_ground
from service.wiring.desks import session_links

_ROLE = click.option(
    "--role",
    type=click.Choice([role.value for role in GIVEN_ROLES]),
    help="What the person may do; an admin also sets the tenant up. Default: member.",
)


@click.group()
def members() -> None:
    """The people who sign in with a Google account."""


@members.command()
@click.option("--tenant", "tenant_id", required=True, help="Id of the tenant.")
@click.argument("address")
@_ROLE
def add(tenant_id: str, address: str, role: str | None) -> None:
    """Let the person of this address sign in, and print the account's id."""
    with open_ground(settings.load()) as ground:
        ground.stores.tenants.get(tenant_id)
        member = _desk(ground).add(tenant_id, address, role or Role.MEMBER)
    click.echo(member.id)


@members.command("list")
@click.option("--tenant", "tenant_id", required=True, help="Id of the tenant.")
def list_members(tenant_id: str) -> None:
    """List a tenant's people."""
    with open_ground(settings.load()) as ground:
        ground.stores.tenants.get(tenant_id)
        for member in _desk(ground).all(tenant_id):
            click.echo(f"{member.id}  {member.role}  {member.address}  {_seen(member)}")


@members.command()
@click.option("--tenant", "tenant_id", required=True, help="Id of the tenant.")
@click.argument("member_id")
def remove(tenant_id: str, member_id: str) -> None:
    """Remove an account and end its sessions at once."""
    with open_ground(settings.load()) as ground:
        _desk(ground).remove(tenant_id, member_id)
    click.echo(f"Member {member_id} is removed.")


@click.group()
def operators() -> None:
    """The people who see every tenant: POSTAUSGANG_OPERATORS names them."""


@operators.command("list")
def list_operators() -> None:
    """List the operators who have signed in with a Google account."""
    loaded = settings.load()
    with open_ground(loaded) as ground:
        for member in ground.stores.members.operators():
            is_one = member.address in loaded.operator_addresses
            click.echo(f"{member.address}  {_seen(member)}{'' if is_one else '  no longer in the settings'}")


@operators.command()
@click.argument("address")
def forget(address: str) -> None:
    """Forget an operator's Google account and end its sessions.

    The next account of this address that signs in takes its place, while the settings name the address.
    """
    with open_ground(settings.load()) as ground:
        ground.stores.members.remove_operator(address.lower())
    click.echo(f"The Google account of {address.lower()} is forgotten.")


@click.command("login-link")
@click.option("--tenant", "tenant_id", help="Id of the tenant.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in GIVEN_ROLES]),
    help="What the person may do in the tenant. Default: admin.",
)
@click.option("--operator", "is_operator", is_flag=True, help="See every tenant; instead of --tenant.")
def login_link(tenant_id: str | None, role: str | None, *, is_operator: bool) -> None:
    """Print a link that signs a browser in once, within half an hour."""
    if is_operator == (tenant_id is not None) or (is_operator and role):
        raise click.UsageError("Give --tenant, with --role if you like, or --operator alone.")
    with open_ground(settings.load()) as ground:
        if tenant_id is not None:
            ground.stores.tenants.get(tenant_id)
        standing = Standing(Role.OPERATOR if is_operator else Role(role or Role.ADMIN), tenant_id)
        click.echo(session_links(ground).login(standing))


def _seen(member: Member) -> str:
    return member.last_seen_at.strftime("%Y-%m-%d") if member.last_seen_at else "never signed in"


def _desk(ground: Ground) -> Members:
    return Members(members=ground.stores.members, clock=ground.clock)
