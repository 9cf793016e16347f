"""The contract of one-time links in ``SessionStore``, and of ``SignInStore``, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.access.member import Member, Role
from service.access.session import Page, Session, SessionLink, Standing
from service.identifiers import new_id
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.keys import add_key

HOUR = timedelta(hours=1)
BACK = "https://app.example/kunden/42"


@pytest.fixture
def link(stores: Stores, tenant_id: str, clock: FakeClock) -> SessionLink:
    """A link with the secret hash ``link``, that says all that one can say."""
    pages = frozenset({Page.CONNECTIONS, Page.MESSAGES})
    link = SessionLink(Standing(Role.MEMBER, tenant_id, None, pages, BACK), clock.now() + HOUR, "de")
    stores.sessions.add_link(link, "link", clock.now())
    return link


def test_looking_at_a_link_does_not_use_it_up(stores: Stores, link: SessionLink, clock: FakeClock) -> None:
    """It comes back whole, however often."""
    assert [stores.sessions.find_link("link", clock.now()) for _ in range(2)] == [link, link]
    assert stores.sessions.use_link("link", clock.now()) == link
    assert stores.sessions.find_link("link", clock.now()) is None


def test_a_link_opens_once(stores: Stores, link: SessionLink, clock: FakeClock) -> None:
    """Of many browsers one gets in."""
    with ThreadPoolExecutor(20) as threads:
        used = list(threads.map(lambda _: stores.sessions.use_link("link", clock.now()), range(20)))

    assert [each for each in used if each] == [link]
    assert stores.sessions.use_link("unknown", clock.now()) is None


def test_a_link_expires(stores: Stores, link: SessionLink, clock: FakeClock) -> None:
    """At its time it opens nothing any more, nor is it shown."""
    assert stores.sessions.find_link("link", link.expires_at) is None
    assert stores.sessions.use_link("link", link.expires_at) is None


def test_a_link_ends_with_the_key_that_made_it(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """Revoked or expired: it is neither shown nor does it open; the links of other keys do."""
    revoked, expiring, other = (
        add_key(stores, tenant_id, clock.now(), expires_at=end) for end in (None, clock.now() + HOUR, None)
    )
    links = {
        key.id: SessionLink(Standing(Role.MEMBER, tenant_id, key_id=key.id), clock.now() + 2 * HOUR)
        for key in (revoked, expiring, other)
    }
    for key_id, link in links.items():
        stores.sessions.add_link(link, key_id, clock.now())
    assert all(stores.sessions.find_link(key_id, clock.now()) == link for key_id, link in links.items())

    stores.api_keys.revoke(tenant_id, revoked.id, clock.now())
    clock.advance(HOUR.total_seconds())

    for key in (revoked, expiring):
        assert stores.sessions.find_link(key.id, clock.now()) is None
        assert stores.sessions.use_link(key.id, clock.now()) is None
    assert stores.sessions.use_link(other.id, clock.now()) == links[other.id]


def test_a_session_ends_with_the_key_whose_link_opened_it(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """At once when it is revoked, and when it expires; the sessions of other keys go on."""
    revoked, expiring, other = (
        add_key(stores, tenant_id, clock.now(), expires_at=end) for end in (None, clock.now() + HOUR, None)
    )
    sessions = {
        key.id: Session(
            new_id("ses"),
            Standing(Role.ADMIN, tenant_id, key_id=key.id),
            clock.now(),
            clock.now() + 2 * HOUR,
        )
        for key in (revoked, expiring, other)
    }
    for key_id, session in sessions.items():
        stores.sessions.add(session, key_id)
    assert all(stores.sessions.find(key_id, clock.now()) == one for key_id, one in sessions.items())

    stores.api_keys.revoke(tenant_id, revoked.id, clock.now())

    assert stores.sessions.find(revoked.id, clock.now()) is None
    assert stores.sessions.find(expiring.id, clock.now()) == sessions[expiring.id]
    assert stores.sessions.find(expiring.id, clock.advance(HOUR.total_seconds())) is None
    assert stores.sessions.find(other.id, clock.now()) == sessions[other.id]


@pytest.fixture
def makers(stores: Stores, tenant_id: str, clock: FakeClock) -> list[Member]:
    """An operator, and two admins of the tenant, so that one may go."""
    people = (
        Member(new_id("mem"), None, "betrieb@rz.example", Role.OPERATOR, clock.now()),
        *(
            Member(new_id("mem"), tenant_id, f"{name}@muster.example", Role.ADMIN, clock.now())
            for name in ("anna", "berta")
        ),
    )
    for person in people:
        stores.members.add(person)
    return list(people)


def test_a_link_and_what_it_opened_name_the_operator_who_made_it(
    stores: Stores, tenant_id: str, makers: list[Member], clock: FakeClock
) -> None:
    """Only the settings know whether the address is an operator's still; an admin's link names nobody."""
    for maker, named in ((makers[0], makers[0].address), (makers[1], None)):
        standing = Standing(Role.ADMIN, tenant_id, maker_id=maker.id)
        link = SessionLink(standing, clock.now() + HOUR, None, named)
        session = Session(new_id("ses"), standing, clock.now(), clock.now() + HOUR, made_by_operator=named)
        stores.sessions.add_link(link, maker.id, clock.now())
        stores.sessions.add(session, maker.id)

        assert stores.sessions.find_link(maker.id, clock.now()) == link
        assert stores.sessions.use_link(maker.id, clock.now()) == link
        assert stores.sessions.find(maker.id, clock.now()) == session


def test_a_link_and_what_it_opened_end_with_whoever_made_it(
    stores: Stores, tenant_id: str, makers: list[Member], clock: FakeClock
) -> None:
    """An operator who is forgotten, an admin who is removed or made a member; at once, and for both."""
    operator, removed, demoted = makers
    kept = Member(new_id("mem"), tenant_id, "chefin@muster.example", Role.ADMIN, clock.now())
    stores.members.add(kept)
    for maker in (*makers, kept):
        standing = Standing(Role.ADMIN, tenant_id, maker_id=maker.id)
        stores.sessions.add_link(SessionLink(standing, clock.now() + HOUR), maker.id, clock.now())
        stores.sessions.add(Session(new_id("ses"), standing, clock.now(), clock.now() + HOUR), maker.id)

    stores.members.remove_operator(operator.address)
    stores.members.remove(tenant_id, removed.id)
    stores.members.change_role(tenant_id, demoted.id, Role.MEMBER)

    for maker in makers:
        assert stores.sessions.find_link(maker.id, clock.now()) is None
        assert stores.sessions.use_link(maker.id, clock.now()) is None
        assert stores.sessions.find(maker.id, clock.now()) is None
    assert stores.sessions.find(kept.id, clock.now()) is not None
    assert stores.sessions.use_link(kept.id, clock.now()) is not None


def test_an_operators_link_names_no_tenant(stores: Stores, clock: FakeClock) -> None:
    """Whoever runs the service chooses one afterwards."""
    link = SessionLink(Standing(Role.OPERATOR, None), clock.now() + HOUR)
    stores.sessions.add_link(link, "operator", clock.now())

    assert stores.sessions.use_link("operator", clock.now()) == link


def test_a_begun_sign_in_is_taken_once_by_its_own_session(stores: Stores, clock: FakeClock) -> None:
    """Of many answers one counts; another browser's is none."""
    stores.sign_ins.add_sign_in("state", "ses_1", clock.now() + HOUR, clock.now())
    assert not stores.sign_ins.take_sign_in("state", "ses_2", clock.now())

    with ThreadPoolExecutor(20) as threads:
        taken = list(
            threads.map(lambda _: stores.sign_ins.take_sign_in("state", "ses_1", clock.now()), range(20))
        )

    assert taken.count(True) == 1
    assert not stores.sign_ins.take_sign_in("unknown", "ses_1", clock.now())


def test_a_begun_sign_in_expires(stores: Stores, clock: FakeClock) -> None:
    """At its time it is worth nothing."""
    stores.sign_ins.add_sign_in("state", "ses_1", clock.now() + HOUR, clock.now())

    assert not stores.sign_ins.take_sign_in("state", "ses_1", clock.advance(3600))
