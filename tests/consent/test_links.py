"""Connect links: what may stand in them, and who finds them."""

from datetime import timedelta
from typing import Any

import pytest

from service.consent.links import MAX_LIFETIME_S, ConnectLinks
from service.errors import InvalidRequestError, LinkError, NotFoundError
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, connect

PREFIX = "https://mail.muster.example/connect/"


@pytest.fixture
def links(stores: Stores, clock: FakeClock) -> ConnectLinks:
    return ConnectLinks(
        links=stores.connect_links,
        connections=stores.connections,
        public_url="https://mail.muster.example",
        clock=clock,
    )


@pytest.fixture
def tenant_id(stores: Stores, clock: FakeClock) -> str:
    return add_tenant(stores, clock.now())


def without_stores() -> ConnectLinks:
    """Links that cannot be kept: whoever tries breaks the test."""
    nothing: Any = None
    return ConnectLinks(links=nothing, connections=nothing, public_url="", clock=FakeClock())


def test_a_link_is_found_by_the_secret_in_its_address(links: ConnectLinks, tenant_id: str) -> None:
    """The secret has 256 bits, and looking does not use the link up."""
    link, url = links.make(tenant_id=tenant_id, purpose="Rechnungen", locale="de")
    secret = url.removeprefix(PREFIX)

    assert len(secret) >= 43
    assert links.find(secret) == links.find(secret) == link


def test_a_link_lives_as_long_as_was_said(links: ConnectLinks, tenant_id: str, clock: FakeClock) -> None:
    """72 hours unless told otherwise; then it is as unknown as any other."""
    link, url = links.make(tenant_id=tenant_id, purpose="Rechnungen")
    assert link.expires_at == clock.now() + timedelta(seconds=MAX_LIFETIME_S)
    clock.advance(MAX_LIFETIME_S)

    with pytest.raises(LinkError):
        links.find(url.removeprefix(PREFIX))
    with pytest.raises(LinkError):
        links.find("unknown")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Rechnung@Muster.Example", "Rechnung@muster.example"),
        ("<rechnung@muster.example>", "rechnung@muster.example"),
        ("rechnung@müller.example", "rechnung@xn--mller-kva.example"),
    ],
)
def test_the_expected_address_is_kept_as_google_spells_it(
    links: ConnectLinks, tenant_id: str, given: str, kept: str
) -> None:
    """Else nobody could ever use the link: each account would be another one than the expected."""
    link, url = links.make(tenant_id=tenant_id, purpose="Rechnungen", expected_address=given)

    assert link.expected_address == kept
    assert links.find(url.removeprefix(PREFIX)).expected_address == kept


def test_a_link_for_a_reconnect_shows_the_address(
    links: ConnectLinks, tenant_id: str, stores: Stores, clock: FakeClock
) -> None:
    """It is pinned to the connection's mailbox; another tenant's connection is not there."""
    connection = connect(stores, tenant_id, clock.now())

    link, _ = links.make(tenant_id=tenant_id, purpose="Neu verbinden", connection_id=connection.id)

    assert (link.connection_id, link.expected_address) == (connection.id, connection.address)
    with pytest.raises(NotFoundError):
        links.make(tenant_id=add_tenant(stores, clock.now()), purpose="x", connection_id=connection.id)


@pytest.mark.parametrize(
    ("terms", "pointer", "code"),
    [
        ({"purpose": ""}, "/purpose", "invalid-length"),
        ({"purpose": "   "}, "/purpose", "invalid-length"),
        ({"purpose": "x" * 201}, "/purpose", "invalid-length"),
        ({"purpose": "a\nb"}, "/purpose", "invalid-characters"),
        ({"purpose": "a\u202eb"}, "/purpose", "invalid-characters"),
        ({"expected_address": "nobody"}, "/expected_address", "invalid-address"),
        ({"expected_address": "Muster <a@muster.example>"}, "/expected_address", "invalid-address"),
        ({"return_url": "javascript:alert(1)"}, "/return_url", "invalid-url"),
        ({"return_url": "http://app.example/"}, "/return_url", "invalid-url"),
        ({"return_url": "https://user:pw@app.example/"}, "/return_url", "invalid-url"),
        ({"return_url": "https://app.example\\@evil.example/"}, "/return_url", "invalid-url"),
        ({"return_url": "//app.example/"}, "/return_url", "invalid-url"),
        ({"return_url": "https://"}, "/return_url", "invalid-url"),
        ({"return_url": "https://[x/"}, "/return_url", "invalid-url"),
        ({"return_url": "https://app.example:x/"}, "/return_url", "invalid-url"),
        ({"return_url": "https://app.example/\r\nX: y"}, "/return_url", "invalid-url"),
        ({"return_url": "https://app.example/" + "x" * 2000}, "/return_url", "invalid-url"),
        ({"locale": "fr"}, "/locale", "invalid-choice"),
        ({"lifetime_s": 59}, "/expires_in", "out-of-range"),
        ({"lifetime_s": MAX_LIFETIME_S + 1}, "/expires_in", "out-of-range"),
    ],
)
def test_bad_terms_are_refused(terms: dict[str, object], pointer: str, code: str) -> None:
    """Each fault is named by its place and code, and nothing is stored."""
    arguments = {"tenant_id": "ten_1", "purpose": "Rechnungen"} | terms
    with pytest.raises(InvalidRequestError) as raised:
        without_stores().make(**arguments)  # type: ignore[arg-type]  # bad on purpose

    assert [(problem.pointer, problem.code) for problem in raised.value.problems] == [(pointer, code)]


def test_all_bad_terms_are_named_at_once() -> None:
    """The caller mends the request once."""
    with pytest.raises(InvalidRequestError) as raised:
        without_stores().make(
            tenant_id="ten_1", purpose="", expected_address="x", return_url="x", locale="x", lifetime_s=0
        )

    assert len(raised.value.problems) == 5


@pytest.mark.parametrize(
    "url", ["https://app.example/done?id=1#x", "https://app.example:8443/", "http://localhost:3000/done"]
)
def test_good_return_addresses_pass(links: ConnectLinks, tenant_id: str, url: str) -> None:
    """Https anywhere, http on this machine itself."""
    assert links.make(tenant_id=tenant_id, purpose="Rechnungen", return_url=url)[0].return_url == url
