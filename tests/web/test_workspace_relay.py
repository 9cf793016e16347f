"""The Workspace relay in the browser: what the admin enters, checked with a sender."""

import pytest
from werkzeug.test import TestResponse

from service.access.tenant import Tenant
from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind
from service.errors import ConfigurationError
from service.settings import load
from tests.web.office import Browser, Office, as_read

SENDER = "rechnung@muster.example"
REPLY = "550-5.7.1 Invalid credentials for relay [{ip}]. The IP address you've registered in your"


def allowed(office: Office) -> Tenant:
    """A tenant whose domain may use the relay without a password."""
    tenant = office.tenant()
    office.relay_domains["muster.example"] = tenant.id
    return tenant


def add(browser: Browser, **fields: str) -> TestResponse:
    """Press *Check and save*."""
    return browser.press("/workspace/relay", **({"address": SENDER} | fields))


def test_the_page_says_what_the_admin_enters(office: Office) -> None:
    """Path, link and choices, in German as the console has them."""
    page = office.signed_in(office.tenant()).get("/workspace/relay", "de").text

    for text in (
        "Routing › SMTP-Relay-Dienst",
        "https://admin.google.com/ac/apps/gmail/routing",
        "TLS verlangen",
    ):
        assert text in page
    assert "kennt sein Betreiber" in page


def test_the_operators_addresses_are_there_to_copy(relaying_office: Office) -> None:
    """As the settings name them."""
    page = relaying_office.signed_in(relaying_office.tenant()).get("/workspace/relay").text

    assert ">192.0.2.7</pre>" in page
    assert ">2001:db8::7</pre>" in page
    assert 'data-copy="address-2"' in page


def test_a_relay_that_knows_us_connects_the_sender(office: Office) -> None:
    """Without a password; the same page tells the steps once and leads on to the domain's records."""
    tenant = allowed(office)
    browser = office.signed_in(tenant)

    answer = add(browser)

    assert (answer.status_code, answer.location) == (303, "/workspace/relay")
    [(login, kind, sender)] = office.probe.seen
    assert (login.password, kind, sender) == (None, WayKind.RELAY, SENDER)
    first, second = (as_read(browser.get("/workspace/relay").text) for _ in range(2))
    assert f"Connected as {SENDER}." in first
    assert first.split('class="pa-checks"')[1].split("</ol>")[0].count("pa-good") == len(ProbeName)
    assert 'href="/workspace/domains?domain=muster.example"' in first
    assert f"Connected as {SENDER}." not in second
    assert SENDER in as_read(browser.get("/workspace").text)


def test_an_app_password_serves_where_the_address_is_not_listed(office: Office) -> None:
    """Any domain, because the password proves who it is; it is not shown again."""
    tenant = office.tenant()

    answer = add(office.signed_in(tenant), password="abcd efgh ijkl mnop")

    assert answer.status_code == 303
    [(login, _, _)] = office.probe.seen
    assert login.password is not None
    assert login.password.get_secret_value() == "abcdefghijklmnop"


@pytest.mark.parametrize("ip", ["203.0.113.9", "2001:db8::9"])
def test_a_refusal_tells_which_address_google_has_seen(office: Office, ip: str) -> None:
    """The relay names it: there it is to copy; the steps before it went well, nothing is kept."""
    tenant = allowed(office)
    office.probe.failing = ProbeStep(ProbeName.SENDER, "relay-denied", REPLY.format(ip=ip))

    answer = add(office.signed_in(tenant))

    assert answer.status_code == 422
    assert f"This IP address is not on the list yet: {ip}." in answer.text
    assert f">{ip}</pre>" in answer.text
    assert 'href="/problems#relay-denied"' in answer.text
    steps = answer.text.split('class="pa-checks"')[1].split("</ol>")[0]
    assert (steps.count("pa-good"), steps.count("pa-bad")) == (4, 1)
    assert office.stores.connections.of_tenant(tenant.id) == []


def test_a_refusal_that_may_mean_the_domain_says_so(office: Office) -> None:
    """Google's other words name the address too, but it may be the sender's domain that it does not know."""
    reply = "550 5.7.0 Mail relay denied [203.0.113.9]. Invalid credentials for relay for one of the domains"
    office.probe.failing = ProbeStep(ProbeName.SENDER, "relay-denied", reply)

    page = add(office.signed_in(allowed(office))).text

    assert "Google has seen this IP address: 203.0.113.9." in page
    assert "not on the list yet" not in page
    assert ">203.0.113.9</pre>" in page


@pytest.mark.parametrize(
    "reply", ["550 5.7.1 relay [999.1.1.1]", "550 relay []", "550 no", "550 relay [::::]"]
)
def test_a_refusal_without_an_address_shows_none(office: Office, reply: str) -> None:
    """What is no address is not offered for copying."""
    office.probe.failing = ProbeStep(ProbeName.SENDER, "relay-denied", reply)

    answer = add(office.signed_in(allowed(office)))

    assert answer.status_code == 422
    assert "not on the list yet" not in answer.text
    assert "data-copy" not in answer.text


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"address": "chef@andere.example"}, "password", "relay-not-allowed"),
        ({"address": ""}, "address", "required"),
        ({"address": "Muster <a@muster.example>"}, "address", "invalid-address"),
        ({"display_name": "M\r\nBcc: x@y.example"}, "display_name", "invalid-characters"),
        ({"password": "Sommer2026!"}, "password", "app-password-form"),
    ],
)
def test_what_cannot_be_a_sender_is_refused_before_any_call(
    office: Office, fields: dict[str, str], field: str, code: str
) -> None:
    """At its field, with the words of its code; what was typed stays, but for the password."""
    answer = add(office.signed_in(allowed(office)), **fields)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'href="/problems#{code}"' in answer.text
    assert office.probe.seen == []
    assert "Sommer2026" not in answer.text


def test_another_tenants_mailbox_is_not_found(office: Office) -> None:
    """Neither shown nor given a way more."""
    other = office.connection(office.tenant("Andere AG"))
    browser = office.signed_in(allowed(office))

    shown = browser.get(f"/workspace/relay?connection={other.id}")
    added = add(browser, connection_id=other.id)

    assert (shown.status_code, added.status_code) == (404, 404)
    assert other.address not in shown.text + added.text
    assert office.probe.seen == []


@pytest.mark.parametrize("value", ["mail.example.com", "192.0.2", "192.0.2.1;192.0.2.2"])
def test_what_is_no_address_does_not_start_the_service(value: str) -> None:
    """An admin would copy it into the console."""
    with pytest.raises(ConfigurationError, match="POSTAUSGANG_OUTGOING_IPS"):
        load(outgoing_ips=value)


def test_while_another_check_runs_the_relay_is_not_asked(office: Office) -> None:
    """The page asks to try again; what was typed is still there."""
    tenant = allowed(office)
    browser = office.signed_in(tenant)

    with office.turns.of(tenant.id):
        answer = add(browser)

    assert (answer.status_code, 'href="/problems#checks-busy"' in answer.text) == (429, True)
    assert f'value="{SENDER}"' in answer.text
    assert office.probe.seen == []
    assert add(browser).status_code == 303
