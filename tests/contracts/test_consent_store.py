"""The contract of ``ConsentStore`` and ``ConnectLinkStore`` on both engines."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from service.access.member import Member, Role
from service.connections.identity import Identity
from service.consent.ports import ConnectLink, GivenConsent, PendingConsent, TokenAnswer
from service.errors import ConsentStateError, LinkError, StorageUnavailableError
from service.identifiers import new_id
from service.storage import effects
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.keys import add_key
from tests.fakes.outbox import SEND, make_grant, make_identity

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def pending(stores: Stores, tenant_id: str, clock: FakeClock) -> PendingConsent:
    """A consent that was begun."""
    pending = PendingConsent(
        id=new_id("cns"),
        tenant_id=tenant_id,
        session_id="ses_1",
        state_hash="ab" * 32,
        nonce="canary-nonce",
        verifier=SecretStr("canary-verifier"),
        scopes=frozenset({SEND, "openid"}),
        expires_at=clock.now() + TEN_MINUTES,
        connection_id="con_1",
        expected_subject_id="1077",
        expected_address="rechnung@muster.example",
        link_id="lnk_1",
        return_url="https://muster.example/fertig",
    )
    stores.consents.add_pending(pending)
    return pending


@pytest.fixture
def given(stores: Stores, tenant_id: str, clock: FakeClock) -> GivenConsent:
    """A consent that came back from a link."""
    given = GivenConsent(
        id=new_id("cns"),
        tenant_id=tenant_id,
        session_id="ses_1",
        identity=Identity("1077", "rechnung@muster.example", None, "muster.example"),
        answer=TokenAnswer(
            access_token=SecretStr("canary-access"),
            expires_at=clock.now() + timedelta(hours=1),
            refresh_token=SecretStr("canary-refresh"),
            scopes=frozenset({SEND}),
            id_token="canary.id.token",
        ),
        expires_at=clock.now() + TEN_MINUTES,
        connection_id=None,
        link_id="lnk_1",
        return_url=None,
    )
    stores.consents.add_given(given)
    return given


@pytest.fixture
def link(stores: Stores, tenant_id: str, clock: FakeClock) -> ConnectLink:
    """A connect link with the secret hash ``link``."""
    link = ConnectLink(
        id=new_id("lnk"),
        tenant_id=tenant_id,
        purpose="Muster Rechnungen",
        expires_at=clock.now() + timedelta(hours=72),
        expected_address="rechnung@muster.example",
        connection_id="con_1",
        return_url="https://muster.example/fertig",
        locale="de",
    )
    stores.connect_links.add_connect_link(link, "link", clock.now())
    return link


def _given_by(stores: Stores, link: ConnectLink, clock: FakeClock) -> GivenConsent:
    """Of another account each time."""
    given = GivenConsent(
        id=new_id("cns"),
        tenant_id=link.tenant_id,
        session_id="ses_1",
        identity=make_identity(),
        answer=TokenAnswer(SecretStr("access"), clock.now(), SecretStr("refresh"), frozenset({SEND})),
        expires_at=clock.now() + TEN_MINUTES,
        connection_id=None,
        link_id=link.id,
        return_url=None,
    )
    stores.consents.add_given(given)
    return given


def _is_used(stores: Stores, link: ConnectLink, clock: FakeClock) -> bool:
    """Whether a mailbox comes of this link."""
    given = _given_by(stores, link, clock)
    try:
        stores.consents.keep_given(given, make_grant(link.tenant_id), clock.now())
    except LinkError:
        return False
    return True


def test_a_begun_consent_is_taken_once(stores: Stores, pending: PendingConsent, clock: FakeClock) -> None:
    """Whole, by the session that began it; then it is gone."""
    assert stores.consents.take_pending(pending.state_hash, "ses_1", clock.now()) == pending
    assert stores.consents.take_pending(pending.state_hash, "ses_1", clock.now()) is None


def test_a_begun_consent_is_not_for_others(stores: Stores, pending: PendingConsent, clock: FakeClock) -> None:
    """Another session or another state takes nothing, and leaves it where it is."""
    assert stores.consents.take_pending(pending.state_hash, "ses_2", clock.now()) is None
    assert stores.consents.take_pending("unknown", "ses_1", clock.now()) is None
    assert stores.consents.take_pending(pending.state_hash, "ses_1", clock.now()) == pending


def test_a_begun_consent_expires(stores: Stores, pending: PendingConsent, clock: FakeClock) -> None:
    """At its time it is too old, and the next visitor sweeps it out."""
    assert stores.consents.take_pending(pending.state_hash, "ses_1", clock.advance(600)) is None


def test_of_many_threads_one_takes_a_consent(
    stores: Stores, pending: PendingConsent, given: GivenConsent, clock: FakeClock
) -> None:
    """A replayed callback gets nothing."""
    with ThreadPoolExecutor(20) as threads:
        begun = list(
            threads.map(
                lambda _: stores.consents.take_pending(pending.state_hash, "ses_1", clock.now()), range(20)
            )
        )
        came = list(
            threads.map(lambda _: stores.consents.take_given(given.id, "ses_1", clock.now()), range(20))
        )

    assert [each for each in begun if each] == [pending]
    assert [each for each in came if each] == [given]


def test_a_given_consent_is_looked_at_and_taken_once(
    stores: Stores, given: GivenConsent, clock: FakeClock
) -> None:
    """Looking leaves it there, taking does not."""
    assert stores.consents.find_given(given.id, "ses_1", clock.now()) == given
    assert stores.consents.find_given(given.id, "ses_2", clock.now()) is None
    assert stores.consents.take_given(given.id, "ses_2", clock.now()) is None
    assert stores.consents.take_given(given.id, "ses_1", clock.now()) == given
    assert stores.consents.find_given(given.id, "ses_1", clock.now()) is None


def test_a_given_consent_expires(stores: Stores, given: GivenConsent, clock: FakeClock) -> None:
    """Tokens that nobody confirmed are not used."""
    clock.advance(600)

    assert stores.consents.find_given(given.id, "ses_1", clock.now()) is None
    assert stores.consents.take_given(given.id, "ses_1", clock.now()) is None


def test_expired_tokens_do_not_lie_about(
    stores: Stores, given: GivenConsent, clock: FakeClock, database: Database
) -> None:
    """Whoever comes next removes what is too old."""
    stores.consents.take_pending("unknown", "ses_1", clock.advance(600))

    assert database.read(lambda c: c.exec_driver_sql("SELECT * FROM consents").all()) == []


def test_what_expired_goes_when_something_is_begun(
    stores: Stores, given: GivenConsent, link: ConnectLink, clock: FakeClock, database: Database
) -> None:
    """Also where nobody ever comes back: consents and connect links alike."""
    clock.set(link.expires_at)
    later = replace(given, id=new_id("cns"), expires_at=clock.now() + TEN_MINUTES)
    newer = replace(link, id=new_id("lnk"), expires_at=clock.now() + TEN_MINUTES)

    stores.consents.add_given(later)
    stores.connect_links.add_connect_link(newer, "newer", clock.now())

    kept = "SELECT id FROM consents UNION ALL SELECT id FROM connect_links"
    assert database.read(lambda c: c.exec_driver_sql(kept).all()) == [(later.id,), (newer.id,)]


def test_a_begun_consent_is_no_given_one(stores: Stores, pending: PendingConsent, clock: FakeClock) -> None:
    """The confirm page cannot be reached with the id of a consent that did not come back."""
    assert stores.consents.find_given(pending.id, "ses_1", clock.now()) is None
    assert stores.consents.take_given(pending.id, "ses_1", clock.now()) is None


def test_a_consent_by_a_link_is_kept_once(stores: Stores, link: ConnectLink, clock: FakeClock) -> None:
    """The mailbox is connected, the consent taken and the link used up; a second time keeps nothing."""
    given, grant = _given_by(stores, link, clock), make_grant(link.tenant_id)

    made = stores.consents.keep_given(given, grant, clock.now(), "de")

    assert made == stores.connections.get(link.tenant_id, grant.connection_id)
    assert (made.address, made.credential_id, made.locale) == (given.identity.address, grant.id, "de")
    assert stores.grants.get_grant(grant.id).refresh_token == grant.refresh_token
    assert stores.consents.find_given(given.id, "ses_1", clock.now()) is None
    assert stores.connect_links.find_connect_link("link", clock.now()) is None
    with pytest.raises(ConsentStateError):
        stores.consents.keep_given(given, make_grant(link.tenant_id), clock.now())
    assert stores.connections.of_tenant(link.tenant_id) == [made]


def test_a_consent_that_cannot_be_kept_uses_nothing_up(
    stores: Stores, link: ConnectLink, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks after the link was used: both are as before, and the next press keeps the mailbox."""
    given = _given_by(stores, link, clock)

    def breaks(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as broken:
        broken.setattr(effects, "mended", breaks)
        with pytest.raises(StorageUnavailableError):
            stores.consents.keep_given(given, make_grant(link.tenant_id), clock.now())

    assert stores.connections.of_tenant(link.tenant_id) == []
    assert stores.consents.find_given(given.id, "ses_1", clock.now()) == given
    assert stores.connect_links.find_connect_link("link", clock.now()) == link
    made = stores.consents.keep_given(given, make_grant(link.tenant_id), clock.now())
    assert stores.connections.of_tenant(link.tenant_id) == [made]


def test_a_consent_by_a_used_link_keeps_nothing(stores: Stores, link: ConnectLink, clock: FakeClock) -> None:
    """The consent itself stays, to be thrown away by whoever gave it."""
    given = _given_by(stores, link, clock)
    assert _is_used(stores, link, clock)
    kept = stores.connections.of_tenant(link.tenant_id)

    with pytest.raises(LinkError):
        stores.consents.keep_given(given, make_grant(link.tenant_id), clock.now())

    assert stores.connections.of_tenant(link.tenant_id) == kept
    assert stores.consents.find_given(given.id, "ses_1", clock.now()) == given


def test_secrets_of_consents_are_sealed(
    stores: Stores, pending: PendingConsent, given: GivenConsent, database: Database
) -> None:
    """Neither verifier nor tokens are readable in a row."""
    rows = database.read(lambda c: [tuple(row) for row in c.exec_driver_sql("SELECT * FROM consents")])

    assert len(rows) == 2
    assert "canary" not in repr(rows)


def test_a_connect_link_is_found_until_it_is_used(
    stores: Stores, link: ConnectLink, clock: FakeClock
) -> None:
    """Looking does not use it up; using it does, once."""
    assert stores.connect_links.find_connect_link("link", clock.now()) == link
    assert stores.connect_links.find_connect_link("link", clock.now()) == link
    assert stores.connect_links.find_connect_link("unknown", clock.now()) is None

    with ThreadPoolExecutor(20) as threads:
        used = list(threads.map(lambda _: _is_used(stores, link, clock), range(20)))

    assert used.count(True) == 1
    assert stores.connect_links.find_connect_link("link", clock.now()) is None


def test_a_connect_link_ends_with_the_key_that_made_it(
    stores: Stores, tenant_id: str, link: ConnectLink, clock: FakeClock
) -> None:
    """Revoked or expired: it is neither found nor usable; the links of other keys and of none are."""
    revoked, expiring, other = (
        add_key(stores, tenant_id, clock.now(), expires_at=end)
        for end in (None, clock.now() + timedelta(hours=1), None)
    )
    links = {key.id: replace(link, id=new_id("lnk"), key_id=key.id) for key in (revoked, expiring, other)}
    for key_id, one in links.items():
        stores.connect_links.add_connect_link(one, key_id, clock.now())
    assert all(
        stores.connect_links.find_connect_link(key_id, clock.now()) == one for key_id, one in links.items()
    )

    stores.api_keys.revoke(tenant_id, revoked.id, clock.now())
    clock.advance(3600)

    for key in (revoked, expiring):
        assert stores.connect_links.find_connect_link(key.id, clock.now()) is None
        assert not _is_used(stores, links[key.id], clock)
    assert _is_used(stores, links[other.id], clock)
    assert _is_used(stores, link, clock)


def test_a_connect_link_ends_with_the_admin_who_made_it(
    stores: Stores, tenant_id: str, link: ConnectLink, clock: FakeClock
) -> None:
    """Removed, or a member only: it is neither found nor usable; the link of an admin who stays is."""
    makers = {
        name: Member(new_id("mem"), tenant_id, f"{name}@muster.example", Role.ADMIN, clock.now())
        for name in ("removed", "demoted", "kept")
    }
    links = {name: replace(link, id=new_id("lnk"), maker_id=maker.id) for name, maker in makers.items()}
    for name, maker in makers.items():
        stores.members.add(maker)
        stores.connect_links.add_connect_link(links[name], name, clock.now())
    assert all(stores.connect_links.find_connect_link(name, clock.now()) == links[name] for name in links)

    stores.members.remove(tenant_id, makers["removed"].id)
    stores.members.change_role(tenant_id, makers["demoted"].id, Role.MEMBER)

    for name in ("removed", "demoted"):
        assert stores.connect_links.find_connect_link(name, clock.now()) is None
        assert not _is_used(stores, links[name], clock)
    assert _is_used(stores, links["kept"], clock)


def test_a_connect_link_names_the_operator_who_made_it(
    stores: Stores, tenant_id: str, link: ConnectLink, clock: FakeClock
) -> None:
    """Only the settings know whether the address is an operator's still: without it nothing is kept."""
    maker = Member(new_id("mem"), None, "betrieb@rz.example", Role.OPERATOR, clock.now())
    stores.members.add(maker)
    theirs = replace(link, id=new_id("lnk"), maker_id=maker.id)
    stores.connect_links.add_connect_link(theirs, "theirs", clock.now())
    given, grant = _given_by(stores, theirs, clock), make_grant(tenant_id)

    found = stores.connect_links.find_connect_link("theirs", clock.now())
    with pytest.raises(LinkError):
        stores.consents.keep_given(given, grant, clock.now(), operators=frozenset({"andere@rz.example"}))
    made = stores.consents.keep_given(given, grant, clock.now(), operators=frozenset({maker.address}))

    assert found == replace(theirs, made_by_operator=maker.address)
    assert stores.connections.of_tenant(tenant_id) == [made]


def test_a_connect_link_expires(stores: Stores, link: ConnectLink, clock: FakeClock) -> None:
    """At its time it is neither found nor usable."""
    clock.set(link.expires_at)

    assert stores.connect_links.find_connect_link("link", clock.now()) is None
    assert not _is_used(stores, link, clock)
