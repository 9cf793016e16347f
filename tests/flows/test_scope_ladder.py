"""More rights, one step at a time: each box at Google is the owner's own choice, sending never suffers."""

from urllib.parse import urlsplit

import pytest

from service.app import create_app
from service.connections.connection import Connection
from service.connections.way import WayKind
from service.consent.ladder import Access, scopes_of
from service.errors import InvalidRequestError
from service.mail.address import Address
from service.outbox.entry import State
from service.sandbox.post import INBOX
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.flows.conftest import ADDRESS
from tests.flows.visitors import signed_in
from tests.harness import (
    ShiftedClock,
    add_key,
    add_tenant,
    connect,
    give_consent,
    send_due,
    state_of,
    submit,
)
from tests.web.office import Browser

ALIAS = "faktura@muster.example"
CUSTOMER = "kunde@example.com"


@pytest.fixture
def climbed(services: Services, sandbox: Sandbox, mailbox: Connection) -> Connection:
    """The mailbox, whose owner has since allowed to read the aliases."""
    sandbox.google.add_account(ADDRESS, "Muster GmbH", frozenset({ALIAS}))
    return _climb(services, mailbox, Access.READ_ALIASES)


def test_a_verified_alias_becomes_a_sender(services: Services, sandbox: Sandbox, climbed: Connection) -> None:
    """At once after the consent; Google does not rewrite it."""
    entry = submit(services, climbed, sender=Address(ALIAS, "Faktura"))
    send_due(services)

    assert climbed.aliases == frozenset({ALIAS})
    assert state_of(services, entry) is State.SENT
    [mail] = sandbox.google.post.box(CUSTOMER, INBOX)
    assert ALIAS in mail.letter.field("from")


def test_another_address_is_still_refused(services: Services, climbed: Connection) -> None:
    """Only what Google has verified: the sender must never change."""
    with pytest.raises(InvalidRequestError) as refused:
        submit(services, climbed, sender=Address("chef@muster.example"))

    assert refused.value.problems[0].code == "sender-not-allowed"


def test_an_alias_that_google_no_longer_knows_is_gone_a_day_later(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, climbed: Connection
) -> None:
    """The daily check reads them anew; a day on which Google does not answer changes nothing."""
    sandbox.google.add_account(ADDRESS, "Muster GmbH")
    clock.advance(86_460)
    sandbox.google.arm("backendError_503", account=ADDRESS, where="sendAs", times=1)
    services.upkeep.checkup.run_once()
    kept = _known(services, climbed).aliases

    clock.advance(86_460)
    services.upkeep.checkup.run_once()

    assert kept == frozenset({ALIAS})
    assert _known(services, climbed).aliases == frozenset()


def test_an_unticked_step_leaves_the_right_to_send(
    services: Services, sandbox: Sandbox, mailbox: Connection
) -> None:
    """The page says what was not given; the mailbox sends as before."""
    browser = signed_in(services, mailbox.tenant_id)
    away = browser.press("/connect", connection_id=mailbox.id, access="look_into_sent")
    answer = give_consent(away.headers["Location"], ADDRESS, untick="gmail.metadata")
    back = browser.client.get("/consent/callback", query_string=answer)
    page = browser.get(back.location).text
    entry = submit(services, _known(services, mailbox))
    send_due(services)

    assert "Not given: Look into “Sent”. Sending works all the same." in page
    assert state_of(services, entry) is State.SENT


def test_each_step_is_offered_until_it_is_given(services: Services, mailbox: Connection) -> None:
    """With what it gives, what we could do then, and what Google wants for it."""
    browser = signed_in(services, mailbox.tenant_id)
    before = browser.get(f"/connections/{mailbox.id}").text

    _climb(services, mailbox, Access.LOOK_INTO_SENT)
    after = browser.get(f"/connections/{mailbox.id}").text

    assert 'name="access" value="look_into_sent"' in before
    assert "CASA" in before
    assert 'name="access" value="look_into_sent"' not in after
    assert 'name="access" value="read_aliases"' in after
    assert "In „Gesendet“ nachsehen" in browser.get(f"/connections/{mailbox.id}", "de").text


def test_the_step_of_smtp_opens_a_second_way(services: Services, mailbox: Connection) -> None:
    """The Gmail API stays the first."""
    climbed = _climb(services, mailbox, Access.SMTP)

    route = services.ground.stores.connections.route(climbed.tenant_id, climbed.id)
    assert [state.way.kind for state in route] == [WayKind.GMAIL_API, WayKind.XOAUTH2]


def test_a_reconnect_keeps_the_steps_and_a_disconnect_takes_them_back(
    services: Services, climbed: Connection
) -> None:
    """The way down is to disconnect and to connect again."""
    again = connect(services, climbed.tenant_id, ADDRESS, connection_id=climbed.id)
    services.consent.disconnect(climbed.tenant_id, climbed.id)
    fresh = connect(services, climbed.tenant_id, ADDRESS, connection_id=climbed.id)

    assert again.aliases == frozenset({ALIAS})
    assert fresh.id == climbed.id
    assert fresh.aliases == frozenset()
    assert not any("settings" in scope for scope in fresh.scopes)


def test_a_connect_link_asks_for_steps_and_the_api_shows_them(services: Services, sandbox: Sandbox) -> None:
    """The visitor reads what is asked for; the answer for the connection names access and senders."""
    sandbox.google.add_account(ADDRESS, "Muster GmbH", frozenset({ALIAS}))
    tenant_id = add_tenant(services).id
    key = {"Authorization": f"Bearer {add_key(services, tenant_id)}"}
    browser = Browser(create_app(services).test_client())
    asked = {"purpose": "Rechnungen", "access": ["read_aliases", "look_into_sent"]}
    made = browser.client.post("/v1/connect-links", json=asked, headers=key).json
    assert made is not None
    path = urlsplit(made["url"]).path
    page = browser.get(path).text

    away = browser.press(path)
    answer = give_consent(away.headers["Location"], ADDRESS, untick="gmail.metadata")
    back = browser.client.get("/consent/callback", query_string=answer)
    confirm = urlsplit(back.headers["Location"]).path
    question = browser.get(confirm).text
    browser.press(confirm, decision="confirm")

    assert made["access"] == ["read_aliases", "look_into_sent"]
    assert "We cannot:" not in page
    assert "Send from other addresses" in page
    assert "Not given: Look into “Sent”." in question
    [shown] = browser.client.get("/v1/connections", headers=key).json["data"]  # type: ignore[index]  # an object
    assert shown["access"] == ["send", "read_aliases"]
    assert shown["senders"] == [ADDRESS, ALIAS]


def test_an_unknown_step_is_refused(services: Services) -> None:
    """By the API with a pointer, and by whoever else makes links."""
    tenant_id = add_tenant(services).id
    key = {"Authorization": f"Bearer {add_key(services, tenant_id)}"}
    client = create_app(services).test_client()

    answer = client.post("/v1/connect-links", json={"purpose": "x", "access": ["everything"]}, headers=key)
    with pytest.raises(InvalidRequestError) as refused:
        services.links.make(tenant_id=tenant_id, purpose="x", access=["everything"])

    assert answer.status_code == 422
    assert refused.value.problems[0].pointer == "/access/0"


def _climb(services: Services, mailbox: Connection, *access: Access) -> Connection:
    return connect(services, mailbox.tenant_id, ADDRESS, connection_id=mailbox.id, scopes=scopes_of(access))


def _known(services: Services, mailbox: Connection) -> Connection:
    return services.ground.stores.connections.get(mailbox.tenant_id, mailbox.id)
