"""SPF, DKIM and DMARC in the browser: looked up on a press, and only for the tenant's own domains."""

import pytest

from tests.fakes.delegations import ALICE, add_delegation
from tests.web.office import Browser, Office

DOMAIN = "muster.example"


@pytest.fixture
def browser(office: Office) -> Browser:
    """A tenant with a delegated sender of its domain and a private mailbox at Gmail."""
    tenant = office.tenant()
    add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    office.connection(tenant, "privat@gmail.com")
    return office.signed_in(tenant)


def test_looking_at_the_page_asks_nobody(office: Office, browser: Browser) -> None:
    """It offers the company's domain, and not Gmail's."""
    page = browser.get(f"/workspace/domains?domain={DOMAIN}").text

    assert f"<option selected>{DOMAIN}</option>" in page
    assert "gmail.com" not in page
    assert office.names.asked == []


def test_a_domain_in_order_is_said_to_be(office: Office, browser: Browser) -> None:
    """With each record as it was found."""
    zone = office.names.zone
    zone.text(DOMAIN, "v=spf1 include:_spf.google.com ~all")
    zone.text("_spf.google.com", "v=spf1 ip4:192.0.2.0/24 ~all")
    zone.text(f"google._domainkey.{DOMAIN}", "v=DKIM1; k=rsa; p=MIGf")
    zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject")

    page = browser.press("/workspace/domains", domain=DOMAIN).text

    for text in ("SPF includes Google.", "The DKIM key was found.", "There is a DMARC policy.", "p=reject"):
        assert text in page
    assert "data-copy" not in page


def test_a_missing_record_is_there_to_copy(office: Office, browser: Browser) -> None:
    """Its name, its kind and its text."""
    office.names.zone.text(DOMAIN, "v=spf1 ip4:192.0.2.1 -all")

    page = browser.press("/workspace/domains", domain=DOMAIN).text

    assert ">v=spf1 include:_spf.google.com ip4:192.0.2.1 -all</pre>" in page
    assert ">v=DMARC1; p=none</pre>" in page
    assert f"<code>_dmarc.{DOMAIN}</code>" in page
    for code in ("spf-without-google", "dkim-not-found", "dmarc-missing"):
        assert f'href="/problems#{code}"' in page


def test_a_silent_dns_is_not_known(office: Office, browser: Browser) -> None:
    """Nothing to copy: the record may be there."""
    office.names.zone.silent = {"*"}

    page = browser.press("/workspace/domains", domain=DOMAIN).text

    assert page.count('href="/problems#dns-unavailable"') == 3
    assert "data-copy" not in page


def test_a_selector_can_be_given(office: Office, browser: Browser) -> None:
    """And stays in its field."""
    office.names.zone.text(f"rg2026._domainkey.{DOMAIN}", "p=MIGf")

    page = browser.press("/workspace/domains", domain=DOMAIN, selector=" rg2026 ").text

    assert "The DKIM key was found." in page
    assert 'value="rg2026"' in page


def test_what_cannot_be_a_selector_is_told_at_its_field(office: Office, browser: Browser) -> None:
    """And nothing is looked up."""
    answer = browser.press("/workspace/domains", domain=DOMAIN, selector="a b")

    assert answer.status_code == 422
    assert 'id="selector-error"' in answer.text
    assert office.names.asked == []


@pytest.mark.parametrize("domain", ["", "gmail.com", "andere.example", "muster.example.evil", "x" * 300])
def test_other_domains_are_not_asked_for(office: Office, browser: Browser, domain: str) -> None:
    """This server is nobody's tool to look into the DNS."""
    other = office.tenant("Andere AG")
    add_delegation(office.stores, other.id, office.clock.now(), "chef@andere.example")

    answer = browser.press("/workspace/domains", domain=domain)

    assert answer.status_code == 404
    assert office.names.asked == []


def test_what_stands_in_the_dns_is_shown_escaped(office: Office, browser: Browser) -> None:
    """Whoever keeps the DNS writes no script into our page."""
    office.names.zone.text(DOMAIN, "v=spf1 include:_spf.google.com exp=<script>alert(1)</script>")
    office.names.zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=none; x=<img src=x>")

    page = browser.press("/workspace/domains", domain=DOMAIN).text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;" in page


def test_while_another_check_runs_the_page_asks_to_try_again(office: Office, browser: Browser) -> None:
    """Nothing is looked up; domain and selector are still there, and a press later it works."""
    with office.turns.of("ten_1"), office.turns.of("ten_2"):
        answer = browser.press("/workspace/domains", domain=DOMAIN, selector="rg2026")

    assert answer.status_code == 429
    assert 'href="/problems#checks-busy"' in answer.text
    assert 'value="rg2026"' in answer.text
    assert office.names.asked == []
    assert browser.press("/workspace/domains", domain=DOMAIN, selector="rg2026").status_code == 200
