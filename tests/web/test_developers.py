"""API keys on the pages: made, shown once, replaced, revoked; and samples that can be copied."""

import ast
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from service.access.api_key import ApiKey, Right, hash_key, public_part
from service.access.tenant import Tenant
from service.api.schemas import NewMessage
from service.identifiers import new_id
from tests.web.office import Browser, Office

SECRET = re.compile(r'<pre class="pa-command" id="secret" tabindex="0">(pa_live_\w+)</pre>')
FRESH_ID = re.compile(r'name="key_id" value="(key_[0-9a-z]{26})"')
POLYGLOT = "</scRipt/--!><sVg/oNloAd=alert(1)//>"


def _create(browser: Browser, **fields: str) -> str:
    answer = browser.press(
        "/developers/keys", **{"name": "ERP", "rights": "send", "lifetime": "90", **fields}
    )
    assert answer.status_code == 200, answer.text
    found = SECRET.search(answer.text)
    assert found is not None
    return found[1]


def _only_key(office: Office, tenant: Tenant) -> ApiKey:
    (key,) = office.stores.api_keys.of_tenant(tenant.id)
    return key


def test_a_key_is_made_as_chosen(office: Office, tenant: Tenant, browser: Browser) -> None:
    """Its secret proves the kept hash; rights, end and connections are those that were ticked."""
    connection = office.connection(tenant)
    office.connection(tenant, "zweite@muster.de")

    secret = _create(browser, rights="read", connection=connection.id)
    key = _only_key(office, tenant)

    assert (public_part(secret), hash_key(secret)) == (key.public, key.secret_hash)
    assert key.rights == {Right.SEND, Right.READ}
    assert key.connection_ids == frozenset({connection.id})
    assert key.expires_at == office.clock.now() + timedelta(days=90)


@pytest.mark.parametrize(("lifetime", "days"), [("365", 365), ("never", None)])
def test_a_key_for_all_connections_may_live_long(
    office: Office, tenant: Tenant, browser: Browser, lifetime: str, days: int | None
) -> None:
    """Nothing ticked is all; later ones too."""
    _create(browser, rights="full", lifetime=lifetime)
    key = _only_key(office, tenant)

    assert key.connection_ids is None
    assert key.rights == set(Right)
    assert key.expires_at == (office.clock.now() + timedelta(days=days) if days else None)


def test_the_secret_is_shown_this_one_time(office: Office, tenant: Tenant, browser: Browser) -> None:
    """With ready samples, never kept by browsers, and on no other page."""
    answer = browser.press("/developers/keys", name="ERP", rights="send", lifetime="90")
    secret = SECRET.findall(answer.text)[0]
    key = _only_key(office, tenant)

    assert answer.text.count(secret) == 4
    assert answer.headers["Cache-Control"] == "no-store"
    for path in ("/developers", "/developers/keys", f"/developers/keys/{key.id}"):
        page = browser.get(path).text
        assert secret not in page
        assert secret.rpartition("_")[2] not in page


def test_a_form_that_is_sent_twice_makes_one_key(office: Office, tenant: Tenant, browser: Browser) -> None:
    """Whoever loads the page of the secret again is told what to do; there is no second key."""
    (fresh_id,) = FRESH_ID.findall(browser.get("/developers/keys/new").text)
    _create(browser, key_id=fresh_id)

    again = browser.press("/developers/keys", name="ERP", rights="send", lifetime="90", key_id=fresh_id)

    assert again.status_code == 409
    assert "key-exists" in again.text
    assert _only_key(office, tenant).id == fresh_id


def test_an_id_of_another_shape_is_not_taken(office: Office, tenant: Tenant, browser: Browser) -> None:
    """The form may be changed by hand."""
    _create(browser, key_id="key_1' OR 1=1")

    assert re.fullmatch(r"key_[0-9a-z]{26}", _only_key(office, tenant).id)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "invalid-length"),
        ({"name": "a\rb"}, "invalid-characters"),
        ({"rights": "everything"}, "invalid-choice"),
        ({"lifetime": "1"}, "invalid-choice"),
        ({"connection": "con_of_somebody_else"}, "invalid-choice"),
    ],
)
def test_a_wrong_choice_makes_no_key(
    office: Office, tenant: Tenant, browser: Browser, fields: dict[str, str], code: str
) -> None:
    """The form comes back with what was typed and what is wrong."""
    typed = {"name": "ERP", "rights": "send", "lifetime": "90"} | fields

    answer = browser.press("/developers/keys", **typed)

    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.text
    assert office.stores.api_keys.of_tenant(tenant.id) == []


def test_the_list_says_what_each_key_may_and_when_it_was_used(
    office: Office, tenant: Tenant, browser: Browser
) -> None:
    """Name, beginning, rights, connections, last use and end; one that is valid comes first."""
    connection = office.connection(tenant)
    _create(browser, name="alt")
    browser.press(f"/developers/keys/{_only_key(office, tenant).id}/revoke")
    _create(browser, name=f"neu {POLYGLOT}", rights="read", connection=connection.id)
    key = office.stores.api_keys.of_tenant(tenant.id)[1]
    office.stores.api_keys.touch(key.id, office.clock.now() + timedelta(minutes=5))

    page = browser.get("/developers/keys").text

    assert POLYGLOT not in page
    assert page.index("neu") < page.index(">alt<")
    for text in (key.shown_as, "Send and read", "rechnung@muster.de", "9:05:00", "Revoked"):
        assert text in page


def test_a_key_names_its_mailbox_also_after_that_was_disconnected(
    office: Office, tenant: Tenant, browser: Browser
) -> None:
    """By its address; nobody knows it by its id."""
    connection = office.connection(tenant, "alt@muster.de")
    _create(browser, connection=connection.id)
    office.stores.connections.disconnect(tenant.id, connection.id, office.clock.now())

    for path in ("/developers/keys", f"/developers/keys/{_only_key(office, tenant).id}"):
        page = browser.get(path).text
        assert ("alt@muster.de" in page, connection.id in page) == (True, False)


def test_a_replaced_key_stays_valid_for_the_chosen_time(
    office: Office, tenant: Tenant, browser: Browser
) -> None:
    """The new one is shown once; the old one ends after 24 hours."""
    _create(browser)
    old = _only_key(office, tenant)

    answer = browser.press(f"/developers/keys/{old.id}/roll", overlap="24")
    secret = SECRET.findall(answer.text)[0]
    old, new = sorted(office.stores.api_keys.of_tenant(tenant.id), key=lambda key: key.id != old.id)

    assert new.secret_hash == hash_key(secret)
    assert (new.name, new.rights) == (old.name, old.rights)
    assert old.expires_at == office.clock.now() + timedelta(hours=24)


@pytest.mark.parametrize("overlap", ["", "2", "-1", "1000"])
def test_other_times_than_offered_are_refused(
    office: Office, tenant: Tenant, browser: Browser, overlap: str
) -> None:
    """No key is made."""
    _create(browser)
    old = _only_key(office, tenant)

    assert browser.press(f"/developers/keys/{old.id}/roll", overlap=overlap).status_code == 400
    assert _only_key(office, tenant) == old


def test_a_key_is_revoked_after_a_question(office: Office, tenant: Tenant, browser: Browser) -> None:
    """The question changes nothing; the answer ends the key, which can then not be replaced."""
    _create(browser)
    key = _only_key(office, tenant)

    asked = browser.get(f"/developers/keys/{key.id}/revoke")
    assert "Requests with this key fail at once." in asked.text
    assert "Whoever came in by one of its session links is signed out." in asked.text
    assert _only_key(office, tenant).revoked_at is None
    assert browser.press(f"/developers/keys/{key.id}/revoke").location == "/developers/keys"
    assert _only_key(office, tenant).revoked_at == office.clock.now()
    assert browser.press(f"/developers/keys/{key.id}/roll", overlap="24").status_code == 409
    assert "Replace key" not in browser.get(f"/developers/keys/{key.id}").text


def test_a_key_of_another_tenant_is_as_unknown_as_none(office: Office, browser: Browser) -> None:
    """Page for page the same answer, and nothing ends."""
    other = office.tenant("Andere AG")
    _create(office.signed_in(other))
    theirs = _only_key(office, other)

    for path in ("", "/revoke"):
        answers = [browser.get(f"/developers/keys/{key}{path}") for key in (theirs.id, new_id("key"))]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert _same(*(answer.text for answer in answers))
    for path in ("/revoke", "/roll"):
        assert browser.press(f"/developers/keys/{theirs.id}{path}", overlap="0").status_code == 404
    assert _only_key(office, other) == theirs


def _same(one: str, other: str) -> bool:
    return re.sub(r"key_\w+", "key", one) == re.sub(r"key_\w+", "key", other)


def test_the_samples_can_be_copied_as_they_are(office: Office, tenant: Tenant, browser: Browser) -> None:
    """Each names address and connection; curl's JSON and Python's fields are what the API takes."""
    connection = office.connection(tenant)
    page = browser.get("/developers").text
    curl, php, python = (
        unescape(found) for found in re.findall(r'id="sample-\w+" tabindex="0">(.*?)</pre>', page, re.DOTALL)
    )

    (document,) = re.findall(r"'message=(\{.*?\});type=application/json'", curl, re.DOTALL)
    assert NewMessage.model_validate_json(document).connection == connection.id
    sent: dict[str, Any] = {
        keyword.arg or "": keyword.value
        for call in ast.walk(ast.parse(python))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
    }
    fields = {str(key.value) for key in sent["json"].keys}
    assert fields == {"connection", "to", "subject", "text", "attachments"}
    assert php.startswith("<?php\n$request = curl_init('http://localhost:8025/v1/messages');")
    for field in fields:
        assert f"'{field}' =>" in php


def test_the_pages_ask_a_constant_number_of_questions(
    office: Office, tenant: Tenant, browser: Browser
) -> None:
    """With thirty keys and mailboxes as many as with one."""
    counts = []
    for number in (1, 29):
        office.clock.advance(60)  # what was seen of the server is looked at anew
        for each in range(number):
            office.connection(tenant, f"post-{number}-{each}@muster.de")
            _create(browser)
        counts.append(
            [
                office.queries(lambda path=path: browser.get(path))  # type: ignore[misc]  # mypy's limit
                for path in ("/", "/developers/keys", "/developers/keys/new", "/settings/limits", "/setup")
            ]
        )

    assert counts[0] == counts[1]
    assert min(counts[0]) >= 2  # session and tenant at least: something was counted
    assert max(counts[0]) <= 9
