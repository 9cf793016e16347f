"""Consent from the click to the kept grant, over the real stores."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from service.access.member import Member, Role
from service.access.session import Session, Standing
from service.connections.connection import Connection, ConnectionStatus
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.identity import Identity
from service.connections.ports import Mailbox
from service.connections.way import Way, WayKind
from service.consent.consent import LIFETIME_S, Consent
from service.consent.links import ConnectLinks
from service.consent.ports import ConnectLink, GivenConsent
from service.consent.scopes import EMAIL, METADATA, OPENID, SENDING
from service.errors import (
    ConsentDeniedError,
    ConsentStateError,
    IdentityError,
    InvalidRequestError,
    LinkError,
    NotFoundError,
    ScopeMissingError,
    StorageUnavailableError,
    TokenEndpointUnavailableError,
    WrongAccountError,
)
from service.identifiers import new_id
from service.storage import effects
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.grants import FakeAuthorizationServer
from tests.fakes.outbox import add_tenant

SESSION = "ses_1"


@dataclass
class World:
    """One tenant with its consents."""

    tenant_id: str
    stores: Stores
    server: FakeAuthorizationServer
    clock: FakeClock
    consent: Consent
    links: ConnectLinks
    secrets: dict[str, str] = field(default_factory=dict)

    def begin(self, **changes: object) -> str:
        """Begin, and answer the state that Google would send back."""
        arguments = {"tenant_id": self.tenant_id, "session_id": SESSION} | changes
        url = self.consent.begin(**arguments)  # type: ignore[arg-type]  # as the tests give them
        return parse_qs(urlsplit(url).query)["state"][0]

    def complete(self, state: str | None, session_id: str = SESSION) -> Connection | GivenConsent:
        """Come back from Google with a code."""
        return self.consent.complete(session_id=session_id, state=state, code="4/code", error=None)

    def connect(self, **terms: object) -> Connection:
        """The whole way, by the owner."""
        connection = self.complete(self.begin(**terms))
        assert isinstance(connection, Connection)
        return connection

    def give(self, **terms: object) -> tuple[ConnectLink, GivenConsent]:
        """The way of a connect link, up to the confirm page."""
        arguments = {"tenant_id": self.tenant_id, "purpose": "Rechnungen der Muster-App"} | terms
        link, url = self.links.make(**arguments)  # type: ignore[arg-type]  # as the tests give them
        self.secrets[link.id] = url.rpartition("/")[2]
        given = self.complete(self.begin(tenant_id="ten_other", link=link))
        assert isinstance(given, GivenConsent)
        return link, given

    def add_password(self, connection: Connection) -> list[Way]:
        """One way more, by an app password; answers the route."""
        server = MailServer("smtp.muster.example", 465, Encryption.TLS)
        login = MailLogin(new_id("log"), self.tenant_id, connection.id, server, "muster", SecretStr("geheim"))
        box = Mailbox(connection.address, None, connection.account_kind, connection.id)
        store = self.stores.connections
        store.add_login(self.tenant_id, box, WayKind.APP_PASSWORD, login, self.clock.now())
        return [state.way for state in store.route(self.tenant_id, connection.id)]

    def is_open(self, link: ConnectLink) -> bool:
        """Whether the link was not used up."""
        try:
            return self.links.find(self.secrets[link.id]) == link
        except LinkError:
            return False

    def nothing_is_kept(self) -> bool:
        """Whether no connection came about."""
        return not self.stores.connections.of_tenant(self.tenant_id)


@pytest.fixture
def world(stores: Stores, clock: FakeClock) -> World:
    server = FakeAuthorizationServer(clock)
    tenant_id = add_tenant(stores, clock.now())
    consent = Consent(
        server=server,
        consents=stores.consents,
        connections=stores.connections,
        grants=stores.grants,
        clock=clock,
    )
    links = ConnectLinks(
        links=stores.connect_links,
        connections=stores.connections,
        public_url="https://mail.muster.example",
        clock=clock,
    )
    for session_id in (SESSION, "ses_2"):
        session = Session(
            session_id, Standing(Role.ADMIN, tenant_id), clock.now(), clock.advance(0).replace(year=2030)
        )
        stores.sessions.add(session, f"hash of {session_id}")
    return World(tenant_id, stores, server, clock, consent, links)


def test_a_consent_becomes_a_connection(world: World) -> None:
    """The mailbox is connected, its grant can be read, and belongs to the operator's client."""
    connection = world.connect()

    assert (connection.address, connection.subject_id) == ("rechnung@muster.example", "sub-1")
    assert connection.status is ConnectionStatus.CONNECTED
    assert connection.scopes == SENDING
    grant = world.stores.grants.get_grant(connection.credential_id or "")
    assert (grant.client_id, grant.refresh_token) == ("client", SecretStr("refresh-0"))
    assert grant.access is not None
    assert grant.access.value == SecretStr("access-0")


def test_what_is_sent_to_google_is_fresh_and_long_each_time(world: World) -> None:
    """State, nonce and verifier have 256 bits, differ, and the verifier is the one that is used."""
    states = {world.begin() for _ in range(3)}

    secrets = [str(asked[name]) for asked in world.server.asked for name in ("state", "nonce", "verifier")]
    assert len(set(secrets)) == 9
    assert min(map(len, secrets)) >= 43
    assert states == {asked["state"] for asked in world.server.asked}
    world.complete(str(world.server.asked[1]["state"]))
    assert world.server.exchanged == [("4/code", world.server.asked[1]["verifier"])]
    assert world.server.identified == [("id-token", world.server.asked[1]["nonce"])]


@pytest.mark.parametrize("state", [None, "", "x", "x" * 5000, "ä\x00"])
def test_an_unknown_state_exchanges_nothing(world: World, state: str | None) -> None:
    """A call-back that nobody began ends at once."""
    with pytest.raises(ConsentStateError):
        world.complete(state)

    assert not world.server.exchanged


def test_another_browser_cannot_finish(world: World) -> None:
    """A begins, B comes back: nothing is exchanged; A itself still can."""
    state = world.begin()

    with pytest.raises(ConsentStateError):
        world.complete(state, session_id="ses_2")

    assert not world.server.exchanged
    assert isinstance(world.complete(state), Connection)


def test_an_answer_of_another_issuer_is_none(world: World) -> None:
    """RFC 9207: whoever else names itself gets no code exchanged, and Google's own answer still counts."""
    state = world.begin()
    finish = partial(world.consent.complete, session_id=SESSION, state=state, code="4/code", error=None)

    for issuer in ("https://evil.example", "https://accounts.google.com.evil.example", ""):
        with pytest.raises(ConsentStateError):
            finish(issuer=issuer)

    assert not world.server.exchanged
    assert isinstance(finish(issuer="https://accounts.google.com"), Connection)


def test_a_state_works_once(world: World) -> None:
    """A replayed call-back changes nothing."""
    state = world.begin()
    world.complete(state)

    with pytest.raises(ConsentStateError):
        world.complete(state)

    assert len(world.server.exchanged) == 1


def test_a_state_dies_after_ten_minutes(world: World) -> None:
    """A page that was left open for too long begins anew."""
    state = world.begin()
    world.clock.advance(LIFETIME_S)

    with pytest.raises(ConsentStateError):
        world.complete(state)

    assert not world.server.exchanged


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "access_denied"), ("<script>", "an error"), ("a" * 65, "an error")],
)
def test_a_denied_consent_is_said_and_used_up(world: World, error: str, reason: str) -> None:
    """Google's word is repeated only where it looks like one."""
    state = world.begin()

    with pytest.raises(ConsentDeniedError) as raised:
        world.consent.complete(session_id=SESSION, state=state, code=None, error=error)

    assert raised.value.reason == reason
    with pytest.raises(ConsentStateError):
        world.complete(state)


def test_a_denial_needs_a_state_too(world: World) -> None:
    """A forged error page of another site ends nobody's consent."""
    with pytest.raises(ConsentStateError):
        world.consent.complete(session_id=SESSION, state="forged", code=None, error="access_denied")


def test_a_call_back_without_code_is_none(world: World) -> None:
    """State alone is not enough."""
    with pytest.raises(ConsentStateError):
        world.consent.complete(session_id=SESSION, state=world.begin(), code=None, error=None)


def test_an_unticked_box_is_not_kept(world: World) -> None:
    """Without the right to send there is no connection, and the useless grant is revoked."""
    world.server.answer = replace(world.server.answer, scopes=frozenset({OPENID, EMAIL}))

    with pytest.raises(ScopeMissingError) as raised:
        world.connect()

    assert raised.value.address == "rechnung@muster.example"
    assert world.nothing_is_kept()
    assert world.server.revoked == ["refresh-0"]


def test_an_unticked_box_at_a_reconnect_spares_the_working_grant(world: World) -> None:
    """Revoking one grant would end all of the account's, so nothing is revoked."""
    connection = world.connect()
    world.server.answer = replace(world.server.answer, scopes=frozenset({OPENID, EMAIL}))

    with pytest.raises(ScopeMissingError):
        world.complete(world.begin(connection_id=connection.id))

    assert not world.server.revoked
    assert world.stores.connections.get(world.tenant_id, connection.id) == connection


def test_a_token_answer_without_scopes_grants_what_was_asked(world: World) -> None:
    """RFC 6749 §5.1: unchanged scopes may be left out."""
    world.server.answer = replace(world.server.answer, scopes=frozenset())

    assert world.connect().scopes == SENDING


def test_without_refresh_token_nothing_is_kept(world: World) -> None:
    """A grant that ends within the hour is no connection."""
    world.server.answer = replace(world.server.answer, refresh_token=None)

    with pytest.raises(ConsentDeniedError):
        world.connect()

    assert world.nothing_is_kept()


def test_without_id_token_nothing_is_kept(world: World) -> None:
    """Nobody knows whose grant it is."""
    world.server.answer = replace(world.server.answer, id_token=None)

    with pytest.raises(IdentityError):
        world.connect()

    assert world.nothing_is_kept()


def test_an_outage_at_the_exchange_is_passed_on(world: World) -> None:
    """The person is told that Google does not answer."""
    state = world.begin()
    world.server.failure = TokenEndpointUnavailableError("503")

    with pytest.raises(TokenEndpointUnavailableError):
        world.complete(state)


def test_a_reconnect_keeps_the_connection(world: World) -> None:
    """Same id, new grant; the address is hinted, and rights of earlier steps are asked for again."""
    world.server.answer = replace(world.server.answer, scopes=SENDING | METADATA)
    connection = world.connect()

    state = world.begin(connection_id=connection.id)

    assert world.server.asked[-1]["login_hint"] == "rechnung@muster.example"
    assert world.server.asked[-1]["scopes"] == SENDING | METADATA
    again = world.complete(state)
    assert isinstance(again, Connection)
    assert again.id == connection.id
    assert again.credential_id != connection.credential_id
    with pytest.raises(NotFoundError):
        world.stores.grants.get_grant(connection.credential_id or "")


def test_connecting_the_same_account_again_makes_no_second_connection(world: World) -> None:
    """The account is known by its subject, also when its address has changed."""
    connection = world.connect()
    world.server.identity = replace(world.server.identity, address="neu@muster.example")

    again = world.connect()

    assert again.id == connection.id
    assert again.address == "neu@muster.example"
    assert len(world.stores.connections.of_tenant(world.tenant_id)) == 1


def test_a_reconnect_with_another_account_is_refused(world: World) -> None:
    """The error names both; nothing is stored, and nobody's grant is revoked."""
    connection = world.connect()
    state = world.begin(connection_id=connection.id)
    world.server.identity = Identity("sub-2", "privat@gmail.example")

    with pytest.raises(WrongAccountError) as raised:
        world.complete(state)

    assert (raised.value.expected, raised.value.used) == ("rechnung@muster.example", "privat@gmail.example")
    assert world.stores.connections.of_tenant(world.tenant_id) == [connection]
    assert not world.server.revoked


def test_another_account_with_the_same_address_is_refused(world: World) -> None:
    """A recreated mailbox has the address of the old one, but is not the same account."""
    connection = world.connect()
    state = world.begin(connection_id=connection.id)
    world.server.identity = replace(world.server.identity, subject_id="sub-2")

    with pytest.raises(WrongAccountError):
        world.complete(state)


def test_a_connection_of_another_tenant_is_not_there(world: World) -> None:
    """Reconnecting what belongs to somebody else ends before Google."""
    connection = world.connect()
    other = add_tenant(world.stores, world.clock.now())

    with pytest.raises(NotFoundError):
        world.begin(tenant_id=other, connection_id=connection.id)


def test_the_language_of_who_connects_is_kept(world: World) -> None:
    """Of the page that Google leads back to, or of the confirm page of a link."""
    by_page = world.consent.complete(
        session_id=SESSION, state=world.begin(), code="4/code", error=None, locale="de"
    )
    _, given = world.give()
    by_link = world.consent.confirm(given.id, SESSION, "en")

    assert isinstance(by_page, Connection)
    assert (by_page.locale, by_link.locale) == ("de", "en")


def test_a_link_waits_for_the_confirm_page(world: World) -> None:
    """Nothing is kept before the visitor has confirmed mailbox and tenant; then the link is used up."""
    link, given = world.give(return_url="https://app.example/done")

    assert given.tenant_id == world.tenant_id
    assert given.return_url == "https://app.example/done"
    assert world.nothing_is_kept()
    assert world.consent.awaiting(given.id, SESSION) == given
    connection = world.consent.confirm(given.id, SESSION)
    assert connection.tenant_id == world.tenant_id
    assert world.stores.grants.get_grant(connection.credential_id or "").refresh_token == SecretStr(
        "refresh-0"
    )
    assert not world.is_open(link)


@pytest.mark.parametrize(
    "call",
    [
        lambda world, given: world.consent.awaiting(given.id, "ses_2"),
        lambda world, given: world.consent.confirm(given.id, "ses_2"),
        lambda world, given: world.consent.decline(given.id, "ses_2"),
        lambda world, given: (world.clock.advance(LIFETIME_S), world.consent.confirm(given.id, SESSION)),
        lambda world, given: (
            world.consent.confirm(given.id, SESSION),
            world.consent.confirm(given.id, SESSION),
        ),
    ],
)
def test_only_the_same_browser_confirms_in_time_and_once(
    world: World, call: Callable[[World, GivenConsent], object]
) -> None:
    """Another session, too late, or twice: refused."""
    _, given = world.give()

    with pytest.raises(ConsentStateError):
        call(world, given)


def test_a_declined_link_revokes_and_keeps_nothing(world: World) -> None:
    """The visitor saw the names and said no."""
    link, given = world.give()

    world.consent.decline(given.id, SESSION)

    assert world.nothing_is_kept()
    assert world.server.revoked == ["refresh-0"]
    assert world.is_open(link)


def test_a_link_that_was_used_meanwhile_connects_nothing(world: World) -> None:
    """Two visitors with one link: the second one is told so, and the grant is revoked."""
    link, given = world.give()
    world.server.identity = Identity("sub-2", "buchhaltung@muster.example")
    second = world.complete(world.begin(link=link))
    assert isinstance(second, GivenConsent)
    connection = world.consent.confirm(given.id, SESSION)

    with pytest.raises(LinkError):
        world.consent.confirm(second.id, SESSION)

    assert world.stores.connections.of_tenant(world.tenant_id) == [connection]
    assert world.server.revoked == ["refresh-0"]
    with pytest.raises(ConsentStateError):
        world.consent.awaiting(second.id, SESSION)


def test_a_link_is_not_used_up_for_a_mailbox_that_could_not_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database breaks down on the way: the visitor presses the button again, and it is connected."""
    link, given = world.give()

    def breaks(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as broken:
        broken.setattr(effects, "mended", breaks)
        with pytest.raises(StorageUnavailableError):
            world.consent.confirm(given.id, SESSION)

    assert world.is_open(link)
    assert world.nothing_is_kept()
    connection = world.consent.confirm(given.id, SESSION)
    assert world.stores.connections.of_tenant(world.tenant_id) == [connection]
    assert not world.server.revoked


def test_a_link_of_who_is_no_operator_any_more_connects_nothing(world: World) -> None:
    """Also when its visitor was at Google already: the confirm page refuses, and the grant is revoked."""
    maker = Member(new_id("mem"), None, "betrieb@rz.example", Role.OPERATOR, world.clock.now())
    world.stores.members.add(maker)
    _, given = world.give(maker_id=maker.id)

    with pytest.raises(LinkError):
        world.consent.confirm(given.id, SESSION)

    assert world.nothing_is_kept()
    assert world.server.revoked == ["refresh-0"]


def test_a_mailbox_that_was_kept_is_connected_whatever_comes_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database breaks down when it is looked at again: an error would hide what has come about."""
    _, given = world.give()

    def breaks(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as broken:
        broken.setattr(world.stores.connections, "get", breaks)
        connection = world.consent.confirm(given.id, SESSION)

    assert world.stores.connections.of_tenant(world.tenant_id) == [connection]


def test_a_pinned_address_is_the_only_one(world: World) -> None:
    """Letter case does not matter, anything else does."""
    world.give(expected_address="Rechnung@Muster.example")
    assert world.server.asked[-1]["login_hint"] == "Rechnung@muster.example"

    with pytest.raises(WrongAccountError) as raised:
        world.give(expected_address="buchhaltung@muster.example")
    assert raised.value.expected == "buchhaltung@muster.example"


@pytest.mark.parametrize("domains", [("gmail.com", "googlemail.com"), ("googlemail.com", "gmail.com")])
def test_gmail_and_googlemail_are_one_account(world: World, domains: tuple[str, str]) -> None:
    """Whichever a link names and whichever Google does; the mailbox keeps the address that Google says."""
    expected, used = domains
    world.server.identity = Identity("sub-1", f"Rechnung.Muster@{used}")

    _, given = world.give(expected_address=f"rechnung.muster@{expected}")

    assert given.identity.address == f"Rechnung.Muster@{used}"
    assert world.consent.confirm(given.id, SESSION).address == f"Rechnung.Muster@{used}"


@pytest.mark.parametrize(
    ("expected", "used"),
    [
        ("muster@gmail.com", "muster@mail.googlemail.com"),
        ("muster@gmail.com", "muster@notgooglemail.com"),
        ("muster@gmail.com", "muster2@googlemail.com"),
        ("muster@gmail.com.muster.example", "muster@googlemail.com.muster.example"),
    ],
)
def test_no_other_domains_are_one(world: World, expected: str, used: str) -> None:
    """What only looks like Gmail's domains is another address."""
    world.server.identity = Identity("sub-1", used)

    with pytest.raises(WrongAccountError):
        world.give(expected_address=expected)


def test_a_link_for_a_reconnect_demands_the_same_account(world: World) -> None:
    """The link names the connection, so the subject counts."""
    connection = world.connect()
    world.server.identity = Identity("sub-2", "rechnung@muster.example")

    with pytest.raises(WrongAccountError):
        world.give(connection_id=connection.id)

    world.server.identity = Identity("sub-1", "neu@muster.example")
    _, given = world.give(connection_id=connection.id)
    assert world.consent.confirm(given.id, SESSION).id == connection.id


def test_a_disconnect_revokes_and_forgets(world: World) -> None:
    """The grant dies at Google first, then here; the connection keeps its history."""
    connection = world.connect()

    after = world.consent.disconnect(world.tenant_id, connection.id)

    assert world.server.revoked == ["refresh-0"]
    assert after.status is ConnectionStatus.DISCONNECTED
    with pytest.raises(NotFoundError):
        world.stores.grants.get_grant(connection.credential_id or "")


def test_a_failing_revocation_does_not_keep_the_grant(world: World) -> None:
    """Google may be down; the access ends here all the same."""
    connection = world.connect()
    world.server.failure = TokenEndpointUnavailableError("503")

    assert world.consent.disconnect(world.tenant_id, connection.id).status is ConnectionStatus.DISCONNECTED


def test_a_grant_that_is_left_out_of_the_route_is_revoked_and_forgotten(world: World) -> None:
    """As by a disconnect: whether Google answers or not."""
    for failure in (None, TokenEndpointUnavailableError("503")):
        connection = world.connect()
        order = world.add_password(connection)
        world.server.failure = failure

        after = world.consent.reroute(world.tenant_id, connection.id, order[1:])

        assert (after.status, after.credential_id) == (ConnectionStatus.CONNECTED, None)
        with pytest.raises(NotFoundError):
            world.stores.grants.get_grant(connection.credential_id or "")
        world.server.failure = None
    assert world.server.revoked == ["refresh-0"]


def test_a_grant_that_is_left_out_is_not_revoked_while_its_account_is_connected_elsewhere(
    world: World,
) -> None:
    """Google would end the other tenant's access with it, and nobody there has asked for that."""
    connection = world.connect()
    order = world.add_password(connection)
    world.connect(tenant_id=add_tenant(world.stores, world.clock.now()))

    after = world.consent.reroute(world.tenant_id, connection.id, order[1:])

    assert after.credential_id is None
    assert world.server.revoked == []


def test_another_order_and_one_that_is_refused_revoke_nothing(world: World) -> None:
    """The grant goes on."""
    connection = world.connect()
    order = world.add_password(connection)

    world.consent.reroute(world.tenant_id, connection.id, order[::-1])
    with pytest.raises(InvalidRequestError):
        world.consent.reroute(world.tenant_id, connection.id, [])

    assert world.server.revoked == []
    assert world.stores.grants.get_grant(connection.credential_id or "")


def test_disconnecting_twice_is_fine(world: World) -> None:
    """The second time there is nothing to revoke."""
    connection = world.connect()
    for _ in range(2):
        world.consent.disconnect(world.tenant_id, connection.id)

    assert world.server.revoked == ["refresh-0"]


def test_a_disconnected_account_comes_back_to_its_connection(world: World) -> None:
    """Connecting it again finds the old id and history."""
    connection = world.connect()
    world.consent.disconnect(world.tenant_id, connection.id)

    assert world.connect().id == connection.id
