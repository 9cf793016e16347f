"""The contract of ``MemberStore`` on both engines."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from service.access.member import Member, Role
from service.access.session import Session, Standing
from service.errors import LastAdminError, MemberExistsError, NotFoundError
from service.identifiers import new_id
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant

HOUR = timedelta(hours=1)
ADDRESS = "anna@muster.example"


def keep(
    stores: Stores, tenant_id: str | None, address: str, clock: FakeClock, role: Role = Role.MEMBER
) -> Member:
    """A new account."""
    member = Member(new_id("mem"), tenant_id, address, role, clock.now())
    stores.members.add(member)
    return member


def open_session(stores: Stores, member: Member, clock: FakeClock) -> str:
    """A session of the account; answers the hash of its cookie."""
    standing = Standing(member.role, member.tenant_id, member.id)
    session = Session(new_id("ses"), standing, clock.now(), clock.now() + HOUR)
    stores.sessions.add(session, f"cookie of {session.id}")
    return f"cookie of {session.id}"


@pytest.fixture
def admin(stores: Stores, tenant_id: str, clock: FakeClock) -> Member:
    """The only admin."""
    return keep(stores, tenant_id, "chefin@muster.example", clock, Role.ADMIN)


def test_accounts_come_back_as_they_were_kept_by_address(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """Another tenant's people are not seen."""
    first = keep(stores, admin.tenant_id, ADDRESS, clock)
    keep(stores, add_tenant(stores, clock.now()), ADDRESS, clock)

    assert stores.members.of_tenant(str(admin.tenant_id)) == [first, admin]


def test_an_address_is_added_once_a_tenant(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """The second account is refused; an operator's too, who belongs to no tenant."""
    keep(stores, None, ADDRESS, clock, Role.OPERATOR)

    for tenant_id, address in ((admin.tenant_id, admin.address), (None, ADDRESS)):
        with pytest.raises(MemberExistsError):
            keep(stores, tenant_id, address, clock)


def test_another_tenants_account_is_as_unknown_as_one_that_there_is_not(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """It can be neither changed nor removed."""
    stranger = add_tenant(stores, clock.now())

    for member_id in (admin.id, "mem_unknown"):
        with pytest.raises(NotFoundError):
            stores.members.change_role(stranger, member_id, Role.MEMBER)
        with pytest.raises(NotFoundError):
            stores.members.remove(stranger, member_id)
    assert stores.members.of_tenant(str(admin.tenant_id)) == [admin]


def test_a_person_is_found_by_google_account_and_by_address(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """In all tenants, oldest first; whoever has neither is not among them."""
    moved = keep(stores, admin.tenant_id, "alt@muster.example", clock)
    stores.members.note_sign_in(moved.id, "sub-1", clock.advance(1))
    invited = keep(stores, add_tenant(stores, clock.now()), ADDRESS, clock)

    found = stores.members.of_person("sub-1", ADDRESS)

    assert found == [replace(moved, subject_id="sub-1", last_seen_at=clock.now()), invited]


def test_a_sign_in_keeps_the_first_google_account(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """Another one is refused, and an account that is gone too; the time moves on."""
    assert stores.members.note_sign_in(admin.id, "sub-1", clock.now())
    later = clock.advance(60)
    assert stores.members.note_sign_in(admin.id, "sub-1", later)
    assert not stores.members.note_sign_in(admin.id, "sub-2", clock.advance(60))
    assert not stores.members.note_sign_in("mem_unknown", "sub-1", later)

    [kept] = stores.members.of_tenant(str(admin.tenant_id))
    assert (kept.subject_id, kept.last_seen_at) == ("sub-1", later)


def test_the_accounts_of_one_person_are_told_together(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """By the Google account; who has never signed in is alone."""
    clock.advance(1)
    other = keep(stores, add_tenant(stores, clock.now()), admin.address, clock)
    assert stores.members.of_same_person(admin.id) == [admin]

    for member in (admin, other):
        stores.members.note_sign_in(member.id, "sub-1", clock.now())

    assert [each.id for each in stores.members.of_same_person(other.id)] == [admin.id, other.id]


def test_a_changed_role_holds_in_open_sessions(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """Nobody has to sign in again for it."""
    member = keep(stores, admin.tenant_id, ADDRESS, clock)
    cookie = open_session(stores, member, clock)

    changed = stores.members.change_role(str(admin.tenant_id), member.id, Role.ADMIN)

    assert changed == replace(member, role=Role.ADMIN)
    session = stores.sessions.find(cookie, clock.now())
    assert session is not None
    assert session.standing == Standing(Role.ADMIN, admin.tenant_id, member.id)


def test_removing_ends_the_sessions_at_once(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """Those of others stay."""
    member = keep(stores, admin.tenant_id, ADDRESS, clock)
    own, others = open_session(stores, member, clock), open_session(stores, admin, clock)

    stores.members.remove(str(admin.tenant_id), member.id)

    assert stores.sessions.find(own, clock.now()) is None
    assert stores.sessions.find(others, clock.now()) is not None
    assert stores.members.of_tenant(str(admin.tenant_id)) == [admin]


def test_a_session_that_was_opened_too_late_finds_the_account_as_it_is(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """Who signs in while the role changes has the new one; who signs in while being removed is not in."""
    changed, removed = (
        keep(stores, admin.tenant_id, address, clock, Role.ADMIN) for address in (ADDRESS, "b@muster.example")
    )
    stores.members.change_role(str(admin.tenant_id), changed.id, Role.MEMBER)
    stores.members.remove(str(admin.tenant_id), removed.id)

    late = [open_session(stores, member, clock) for member in (changed, removed)]

    found, gone = (stores.sessions.find(cookie, clock.now()) for cookie in late)
    assert found is not None
    assert found.standing == Standing(Role.MEMBER, admin.tenant_id, changed.id)
    assert gone is None


def test_a_session_tells_the_address_of_its_account(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """As it was invited: the settings are asked about it at each request."""
    session = stores.sessions.find(open_session(stores, admin, clock), clock.now())

    assert session is not None
    assert session.address == admin.address


def test_an_operator_is_forgotten_by_address(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """Their sessions end; a member of the same address is nobody's operator and stays."""
    keep(stores, admin.tenant_id, ADDRESS, clock)
    operator, other = (
        keep(stores, None, address, clock, Role.OPERATOR) for address in (ADDRESS, "z@x.example")
    )
    cookies = [open_session(stores, each, clock) for each in (operator, other)]
    assert stores.members.operators() == [operator, other]

    stores.members.remove_operator(ADDRESS)

    assert stores.members.operators() == [other]
    gone, stays = (stores.sessions.find(cookie, clock.now()) for cookie in cookies)
    assert (gone is None, stays is None) == (True, False)
    assert len(stores.members.of_tenant(str(admin.tenant_id))) == 2
    with pytest.raises(NotFoundError):
        stores.members.remove_operator(ADDRESS)


def test_the_last_admin_stays_one(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """Neither removed nor made a member, until there is another one."""
    tenant_id = str(admin.tenant_id)
    with pytest.raises(LastAdminError):
        stores.members.remove(tenant_id, admin.id)
    with pytest.raises(LastAdminError):
        stores.members.change_role(tenant_id, admin.id, Role.MEMBER)
    assert stores.members.change_role(tenant_id, admin.id, Role.ADMIN) == admin

    keep(stores, tenant_id, ADDRESS, clock, Role.ADMIN)
    stores.members.remove(tenant_id, admin.id)

    assert [each.address for each in stores.members.of_tenant(tenant_id)] == [ADDRESS]


def test_two_admins_who_remove_each_other_leave_one(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """At the same moment, on either engine."""
    admins = [keep(stores, tenant_id, f"{n}@muster.example", clock, Role.ADMIN) for n in range(6)]

    def remove(member: Member) -> bool:
        try:
            stores.members.remove(tenant_id, member.id)
        except LastAdminError:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        removed = list(threads.map(remove, admins))

    assert sorted(removed) == [False, True, True, True, True, True]
    assert len(stores.members.of_tenant(tenant_id)) == 1


def test_the_language_is_kept_with_the_account(stores: Stores, admin: Member, clock: FakeClock) -> None:
    """The next session of the account knows it; a session without an account keeps its own."""
    cookie = open_session(stores, admin, clock)
    session = stores.sessions.find(cookie, clock.now())
    assert session is not None

    stores.sessions.set_locale(session.id, "de")

    assert [one.locale for one in stores.members.of_tenant(str(admin.tenant_id))] == ["de"]
    assert stores.sessions.find(cookie, clock.now()) == replace(session, locale="de")


def test_signing_out_everywhere_ends_every_session_of_the_person(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """In every tenant; other people stay signed in."""
    other = keep(stores, add_tenant(stores, clock.now()), admin.address, clock)
    for member in (admin, other):
        stores.members.note_sign_in(member.id, "sub-1", clock.now())
    colleague = keep(stores, admin.tenant_id, ADDRESS, clock)
    own = [open_session(stores, member, clock) for member in (admin, admin, other)]
    theirs = open_session(stores, colleague, clock)

    stores.sessions.end_all(admin.id)

    assert [stores.sessions.find(cookie, clock.now()) for cookie in own] == [None, None, None]
    assert stores.sessions.find(theirs, clock.now()) is not None


def test_signing_out_everywhere_works_for_who_was_never_at_google(
    stores: Stores, admin: Member, clock: FakeClock
) -> None:
    """An account without a Google account has sessions of its own only."""
    own = open_session(stores, admin, clock)
    theirs = open_session(stores, keep(stores, admin.tenant_id, ADDRESS, clock), clock)

    stores.sessions.end_all(admin.id)

    assert stores.sessions.find(own, clock.now()) is None
    assert stores.sessions.find(theirs, clock.now()) is not None
