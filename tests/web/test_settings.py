"""What a company chooses for itself, and what it sees of the operator's choice."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from service.access.tenant import Tenant, UncertainRule
from service.outbox.entry import State
from tests.web.office import Browser, Office

POLYGLOT = "</scRipt/--!><sVg/oNloAd=alert(1)//>"


def _save(browser: Browser, **fields: str) -> int:
    typed = {"name": "Muster GmbH", "uncertain_rule": "hold", "content_days": "", "log_days": ""}
    return browser.press("/settings", **typed | {"version": _version(browser)} | fields).status_code


def _version(browser: Browser) -> str:
    found = re.search(r'name="version" value="([0-9a-f]{16})"', browser.get("/settings").text)
    assert found is not None
    return found[1]


def test_a_choice_is_kept_and_said_once(office: Office, tenant: Tenant, browser: Browser) -> None:
    """Name, rule and both times; the next page says that it is saved, and the one after does not."""
    status = _save(browser, name="Größe & Söhne", uncertain_rule="resend", content_days="14", log_days="90")
    first, second = browser.get("/settings").text, browser.get("/settings").text

    assert status == 303
    assert office.stores.tenants.get(tenant.id) == replace(
        tenant,
        name="Größe & Söhne",
        uncertain_rule=UncertainRule.RESEND,
        content_days=14,
        log_days=90,
    )
    assert "Saved." in first
    assert "Saved." not in second
    assert "Content is deleted after 14 days, the log after 90." in second


def test_an_empty_field_is_the_servers_choice(office: Office, tenant: Tenant, browser: Browser) -> None:
    """It is also how a choice is taken back."""
    office.stores.tenants.change(replace(tenant, content_days=14, log_days=90), tenant)

    assert _save(browser) == 303
    assert office.stores.tenants.get(tenant.id) == tenant
    assert "Content is deleted after 30 days, the log after 180." in browser.get("/settings").text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "invalid-length"),
        ({"name": "Muster\u200bGmbH"}, "invalid-characters"),
        ({"name": "Muster\u202e GmbH"}, "invalid-characters"),
        ({"uncertain_rule": "forget"}, "invalid-choice"),
        ({"content_days": "0"}, "out-of-range"),
        ({"content_days": "366"}, "out-of-range"),
        ({"content_days": "-1"}, "out-of-range"),
        ({"content_days": "1.5"}, "out-of-range"),
        ({"content_days": "١٤"}, "out-of-range"),
        ({"log_days": "3651"}, "out-of-range"),
        ({"log_days": "9" * 300}, "out-of-range"),
    ],
)
def test_a_wrong_choice_changes_nothing(
    office: Office, tenant: Tenant, browser: Browser, fields: dict[str, str], code: str
) -> None:
    """The form comes back with what was typed and what is wrong."""
    typed = {"name": "Muster GmbH", "uncertain_rule": "hold", "content_days": "7", "log_days": ""}

    answer = browser.press("/settings", version=_version(browser), **typed | fields)

    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.text
    assert office.stores.tenants.get(tenant.id) == tenant


@pytest.mark.parametrize("version", ["", "0123456789abcdef"])
def test_what_somebody_else_saved_meanwhile_is_not_overwritten(
    office: Office, tenant: Tenant, browser: Browser, version: str
) -> None:
    """The form comes back with what is kept now, says so, and can be saved then."""
    version = version or _version(browser)
    office.stores.tenants.change(replace(tenant, name="Muster AG", content_days=14), tenant)
    typed = {"name": "Muster KG", "uncertain_rule": "resend", "content_days": "", "log_days": ""}

    answer = browser.press("/settings", version=version, **typed)

    assert answer.status_code == 409
    assert answer.text.count("your change was not saved") == 1
    assert "<code>precondition-failed</code>" in answer.text
    assert 'value="Muster AG"' in answer.text
    assert "Muster KG" not in answer.text
    assert office.stores.tenants.get(tenant.id) == replace(tenant, name="Muster AG", content_days=14)
    assert f'value="{_version(browser)}"' in answer.text
    assert _save(browser, **typed) == 303


def test_a_form_that_is_sent_twice_is_saved(office: Office, tenant: Tenant, browser: Browser) -> None:
    """By a second press, or after Back: what is kept is what it asks for."""
    version = _version(browser)

    assert [_save(browser, name="Muster AG", version=version) for _ in range(2)] == [303, 303]
    assert office.stores.tenants.get(tenant.id) == replace(tenant, name="Muster AG")


def test_a_name_is_shown_escaped(browser: Browser) -> None:
    """In the form and in the head of every page."""
    assert _save(browser, name=POLYGLOT) == 303
    page = browser.get("/settings").text

    assert POLYGLOT not in page
    assert page.count("&lt;/scRipt/--!&gt;") == 2


def test_each_rule_says_what_follows(browser: Browser) -> None:
    """In German too."""
    english, german = browser.get("/settings").text, browser.get("/settings", "de").text

    assert "Nobody gets a mail twice" in english
    assert "a customer may get one twice" in english
    assert "Niemand bekommt eine Mail doppelt" in german
    assert "ein Kunde kann eine doppelt bekommen" in german


def test_the_limits_are_those_of_each_kind_with_todays_use(
    office: Office, tenant: Tenant, browser: Browser
) -> None:
    """One mail of 500 is sent by a gmail.com mailbox; a server of one's own has no limit."""
    office.tried(office.entry(office.connection(tenant)), State.SENT, receipt="r")

    page = " ".join(re.sub(r"<[^>]+>", " ", browser.get("/settings/limits").text).split())

    assert "rechnung@muster.de Gmail account 1 500" in page
    assert "Google Workspace 2,000 10,000 3,000" in page
    assert "Other SMTP server no limit no limit no limit" in page
    assert "Given up after 5 days" in page
    assert page.count("Set by the server (read only).") == 2


def test_a_message_says_since_when_its_content_is_gone(
    office: Office, tenant: Tenant, browser: Browser
) -> None:
    """It offers no resend; one that was asked for before is refused in words."""
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.SENT, receipt="r")
    before = browser.get(f"/messages/{entry.id}").text
    later = office.clock.now() + timedelta(days=30)
    office.stores.forgetting.forget_content(tenant.id, later, later, 10)

    after = browser.get(f"/messages/{entry.id}").text
    refused = browser.press(f"/messages/{entry.id}/resend", force="yes")

    assert "Send again …" in before
    assert "Send again …" not in after
    assert "Content deleted on:" in after
    assert later.isoformat() in after
    assert refused.status_code == 409
    assert "The content of this message was deleted" in refused.text
    assert office.stores.outbox.get(tenant.id, entry.id).state is State.SENT


@pytest.mark.parametrize(
    "path", ["/settings", "/settings/limits", "/setup", "/developers", "/developers/keys"]
)
def test_strangers_see_no_page(office: Office, path: str) -> None:
    """The way to a login link instead."""
    answer = office.browser().get(path)

    assert answer.status_code == 403
    assert "not-signed-in" in answer.text
