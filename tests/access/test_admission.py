"""Whom a Google account is let in as."""

import pytest

from service.access.admission import Admission
from service.access.member import Member, Role
from service.access.members import Members
from service.access.tenant import Tenant
from service.errors import NotAdmittedError, OtherAccountError
from service.identifiers import new_id
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock

ANNA = "anna@muster.example"
BOSS = "betrieb@rechenzentrum.example"


class Door:
    """An admission over real stores of each engine, with one operator and one domain."""

    def __init__(self, stores: Stores, clock: FakeClock) -> None:
        self.stores = stores
        self.clock = clock
        self.tenants = [Tenant(new_id("ten"), name, clock.now()) for name in ("Muster GmbH", "Andere AG")]
        for tenant in self.tenants:
            stores.tenants.add(tenant)
        self.desk = Members(members=stores.members, clock=clock)
        self.domains = {"muster.example": self.tenants[0].id}

    def knock(
        self, address: str = ANNA, subject_id: str = "sub-1", domain: str | None = None, operator: str = BOSS
    ) -> Member:
        """Somebody has signed in at Google."""
        return Admission(
            members=self.stores.members,
            tenants=self.stores.tenants,
            operators=frozenset({operator}),
            domains=self.domains,
            clock=self.clock,
        ).admit(subject_id=subject_id, address=address, hosted_domain=domain)


@pytest.fixture
def door(stores: Stores, clock: FakeClock) -> Door:
    """The door of the house."""
    return Door(stores, clock)


def test_an_invited_address_comes_in_with_its_role(door: Door) -> None:
    """However it is written; from then on the account is known by Google's name of it."""
    invited = door.desk.add(door.tenants[1].id, ANNA, "admin")

    member = door.knock("Anna@Muster.example")

    assert (member.id, member.role, member.subject_id) == (invited.id, Role.ADMIN, "sub-1")
    assert door.stores.members.of_same_person(invited.id) == [member]


def test_a_known_account_comes_in_whatever_its_address_is_now(door: Door) -> None:
    """Google's address of an account may change."""
    invited = door.desk.add(door.tenants[1].id, ANNA, "member")
    door.knock()

    assert door.knock("anna.neu@muster.example").id == invited.id


def test_another_account_with_a_known_address_is_refused(door: Door) -> None:
    """An address can be given to somebody else; the error names it."""
    door.desk.add(door.tenants[1].id, ANNA, "admin")
    door.knock()

    with pytest.raises(OtherAccountError) as refused:
        door.knock(subject_id="sub-2")

    assert refused.value.address == ANNA
    assert door.knock().subject_id == "sub-1"


def test_a_stranger_is_refused(door: Door) -> None:
    """Neither account nor address nor domain is known; nothing is kept of the visit."""
    with pytest.raises(NotAdmittedError) as refused:
        door.knock("fremd@gmail.com")

    assert refused.value.address == "fremd@gmail.com"
    assert door.stores.members.of_person("sub-1", "fremd@gmail.com") == []


def test_people_of_a_listed_domain_become_members(door: Door) -> None:
    """Once; afterwards it is the same account."""
    first = door.knock(domain="muster.example")
    door.clock.advance(60)

    assert (first.tenant_id, first.role, first.address) == (door.tenants[0].id, Role.MEMBER, ANNA)
    assert door.knock(domain="muster.example").id == first.id
    assert len(door.stores.members.of_tenant(door.tenants[0].id)) == 1


@pytest.mark.parametrize("domain", [None, "andere.example", "", "muster.example.evil.example"])
def test_an_address_alone_makes_nobody_a_member(door: Door, domain: str | None) -> None:
    """The domain must be the one that Google says, not what stands behind the at sign."""
    with pytest.raises(NotAdmittedError):
        door.knock(domain=domain)


def test_a_listed_domain_does_not_let_a_known_address_change_hands(door: Door) -> None:
    """A new colleague who got an old address is no newcomer of the domain."""
    door.knock(domain="muster.example")

    with pytest.raises(OtherAccountError):
        door.knock(subject_id="sub-2", domain="muster.example")


def test_a_domain_of_no_tenant_lets_nobody_in(door: Door) -> None:
    """The setting may name a tenant that there is not."""
    door.domains["muster.example"] = "ten_00000000000000000000000000"

    with pytest.raises(NotAdmittedError):
        door.knock(domain="muster.example")


def test_an_operator_comes_in_above_all_tenants(door: Door) -> None:
    """Also when the same person is a member of one."""
    door.desk.add(door.tenants[0].id, BOSS, "member")

    operator = door.knock(BOSS)

    assert (operator.tenant_id, operator.role) == (None, Role.OPERATOR)
    assert door.knock(BOSS).id == operator.id


def test_who_was_taken_from_the_settings_is_no_operator_any_more(door: Door) -> None:
    """The account that was kept opens nothing by itself."""
    door.knock(BOSS)

    with pytest.raises(NotAdmittedError):
        door.knock(BOSS, operator="andere@rechenzentrum.example")


def test_another_account_with_an_operators_address_is_refused(door: Door) -> None:
    """Operators are known by their Google account too."""
    door.knock(BOSS)

    with pytest.raises(OtherAccountError):
        door.knock(BOSS, subject_id="sub-2")


@pytest.mark.parametrize("address", [ANNA, BOSS])
def test_an_address_that_google_does_not_vouch_for_is_the_first_accounts(door: Door, address: str) -> None:
    """Without ``hd``: only where it is listed itself, and no other account ever takes the place."""
    door.desk.add(door.tenants[0].id, ANNA, "member")
    first = door.knock(address, "sub-first")

    with pytest.raises(OtherAccountError):
        door.knock(address, "sub-second")

    assert door.knock(address, "sub-first").id == first.id


def test_who_is_forgotten_makes_room_for_the_next_account(door: Door) -> None:
    """An operator's address was given to another person, and who runs the server says so."""
    door.knock(BOSS)

    door.stores.members.remove_operator(BOSS)

    assert door.knock(BOSS, "sub-2").subject_id == "sub-2"


def test_a_person_of_two_tenants_comes_back_to_the_one_last_used(door: Door) -> None:
    """Every invitation is claimed at the first sign-in, so that nobody else can take it."""
    for tenant in door.tenants:
        door.desk.add(tenant.id, ANNA, "member")
    first = door.knock()
    other = next(one for one in door.stores.members.of_person("sub-1", ANNA) if one.id != first.id)
    assert other.subject_id == "sub-1"

    door.stores.members.note_sign_in(other.id, "sub-1", door.clock.advance(60))

    assert door.knock().id == other.id


def test_a_second_invitation_in_the_same_tenant_changes_nothing(door: Door) -> None:
    """Who is known there by another address keeps that account."""
    first = door.desk.add(door.tenants[0].id, ANNA, "member")
    door.knock()
    second = door.desk.add(door.tenants[0].id, "anna.neu@muster.example", "admin")

    assert door.knock("anna.neu@muster.example").id == first.id
    assert [one.subject_id for one in door.stores.members.of_same_person(second.id)] == [None]
