"""Who belongs to a tenant: added by address, given a role, removed."""

from service.access.member import Member, Role
from service.access.ports import MemberStore
from service.clock import Clock
from service.errors import InvalidRequestError, Problem
from service.identifiers import new_id
from service.mail.address import AddressError, parse_address

GIVEN_ROLES = (Role.MEMBER, Role.ADMIN)  # operators are named by the settings


class Members:
    """The desk for a tenant's people."""

    def __init__(self, *, members: MemberStore, clock: Clock) -> None:
        self._members = members
        self._clock = clock

    def all(self, tenant_id: str) -> list[Member]:
        """The tenant's people, by address."""
        return self._members.of_tenant(tenant_id)

    def add(self, tenant_id: str, address: str, role: str) -> Member:
        """Let the person of this address sign in.

        Raises:
            InvalidRequestError: no plain address, or no role that can be given.
            MemberExistsError: there is one of this address.
        """
        member = Member(new_id("mem"), tenant_id, _read_address(address), _read_role(role), self._clock.now())
        self._members.add(member)
        return member

    def change_role(self, tenant_id: str, member_id: str, role: str) -> Member:
        """Give another role, at once.

        Raises:
            InvalidRequestError: no role that can be given.
            NotFoundError, LastAdminError: as the store says.
        """
        return self._members.change_role(tenant_id, member_id, _read_role(role))

    def remove(self, tenant_id: str, member_id: str) -> None:
        """Remove the account and end its sessions. Raises ``NotFoundError`` and ``LastAdminError``."""
        self._members.remove(tenant_id, member_id)


def _read_address(text: str) -> str:
    try:
        address = parse_address(text.strip())
    except AddressError as error:
        raise InvalidRequestError(Problem("/address", error.code, error.args[0])) from None
    if address.name:
        raise InvalidRequestError(Problem("/address", "invalid-address", "Give the address without a name."))
    return address.key


def _read_role(text: str) -> Role:
    if text not in GIVEN_ROLES:
        raise InvalidRequestError(Problem("/role", "invalid-choice", "The role is member or admin."))
    return Role(text)
