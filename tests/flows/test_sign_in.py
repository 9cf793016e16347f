"""*Sign in with Google* against the sandbox: its page, token endpoint and keys, by real sockets."""

from urllib.parse import urlencode, urlsplit

import pytest

from service.access.member import Role
from service.access.tenant import Tenant
from service.app import create_app
from service.connections.connection import Connection
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services, build
from tests.flows.conftest import ADDRESS
from tests.harness import ShiftedClock, add_tenant, give_consent, send_due, state_of, submit
from tests.web.office import Browser

ANNA = "anna@muster.example"


@pytest.fixture
def tenant(services: Services) -> Tenant:
    """A company that has added Anna."""
    tenant = add_tenant(services)
    services.administration.members.add(tenant.id, ANNA, Role.ADMIN)
    return tenant


def sign_in(services: Services, address: str, browser: Browser | None = None) -> tuple[Browser, int]:
    """Press the button, choose the account at the sandbox's page, come back; the last answer's status."""
    browser = browser or Browser(create_app(services).test_client())
    begun = browser.press("/sign-in")
    answer = give_consent(begun.location, address)
    return browser, browser.get(f"/consent/callback?{urlencode(answer)}").status_code


def test_an_added_person_signs_in_with_their_google_account(services: Services, tenant: Tenant) -> None:
    """Google's name of the account is kept; the second time nobody else with the address gets in."""
    browser, status = sign_in(services, ANNA)

    assert status == 303
    assert "Muster GmbH" in browser.get("/").text
    [member] = services.ground.stores.members.of_tenant(tenant.id)
    assert member.subject_id is not None
    assert member.last_seen_at is not None


def test_the_sandbox_is_asked_for_the_address_alone(services: Services, tenant: Tenant) -> None:
    """No right to send, no refresh token; PKCE and nonce go along."""
    browser = Browser(create_app(services).test_client())

    query = urlsplit(browser.press("/sign-in").location).query

    for part in ("scope=openid+email&", "access_type=online", "code_challenge_method=S256", "nonce="):
        assert part in query
    assert "access_type=offline" not in query
    assert urlencode({"redirect_uri": services.ground.settings.redirect_uri}) in query


def test_a_stranger_is_not_let_in(services: Services, tenant: Tenant) -> None:
    """Google says who it is, and that is all."""
    browser, status = sign_in(services, "fremd@gmail.com")

    assert status == 403
    assert browser.get("/account").status_code == 403


def test_signing_in_leaves_the_mailbox_connected(
    services: Services, mailbox: Connection, clock: ShiftedClock
) -> None:
    """The same Google account has given the right to send: nothing of it is revoked or replaced."""
    services.administration.members.add(mailbox.tenant_id, ADDRESS, Role.MEMBER)
    _, status = sign_in(services, ADDRESS)
    clock.advance(7200)  # the access token has run out: the grant itself is needed

    entry = submit(services, mailbox)
    send_due(services)

    assert status == 303
    assert state_of(services, entry) is State.SENT


def test_an_answer_of_another_browser_signs_nobody_in(services: Services, tenant: Tenant) -> None:
    """A code that an attacker got for their own account cannot be put into the victim's browser."""
    attacker, victim = (Browser(create_app(services).test_client()) for _ in range(2))
    services.administration.members.add(tenant.id, "mallory@muster.example", Role.MEMBER)
    answer = give_consent(attacker.press("/sign-in").location, "mallory@muster.example")
    victim.press("/sign-in")

    assert victim.get(f"/consent/callback?{urlencode(answer)}").status_code == 400
    assert victim.get("/account").status_code == 403


def test_people_of_a_listed_domain_come_in(services: Services, sandbox: Sandbox, clock: ShiftedClock) -> None:
    """By the domain that the ID token names, without being added."""
    tenant = add_tenant(services, "Haus GmbH")
    settings = services.ground.settings.model_copy(update={"sign_in_domains": f"haus.example={tenant.id}"})
    sandbox.google.add_account("ben@haus.example")

    with build(settings, clock) as listed:
        _, status = sign_in(listed, "ben@haus.example")

    assert status == 303
    [member] = services.ground.stores.members.of_tenant(tenant.id)
    assert (member.address, member.role) == ("ben@haus.example", Role.MEMBER)
