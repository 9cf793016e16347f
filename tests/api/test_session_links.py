"""``POST /v1/session-links``: what comes in, and which link or problem comes out."""

from typing import Any

import pytest

from service.access.api_key import Right
from service.access.member import Role
from service.access.session import Page, Standing, hash_secret
from tests.api.conftest import Api

PATH = "/v1/session-links"
GOOD: dict[str, Any] = {"role": "member"}


def test_a_link_is_shown_once(api: Api) -> None:
    """The answer holds the address with its secret, and until when it works; the link says all of it."""
    body = {
        "role": "member",
        "pages": ["messages", "connections"],
        "locale": "de",
        "return_url": "https://app.example/kunden/42",
        "expires_in": 60,
    }

    answer = api.client.post(PATH, headers=api.key, json=body)

    assert answer.status_code == 201
    assert answer.json is not None
    told = dict(answer.json)
    url = told.pop("url")
    assert told == {
        "object": "session_link",
        "role": "member",
        "pages": ["connections", "messages"],
        "locale": "de",
        "return_url": "https://app.example/kunden/42",
        "expires_at": "2026-11-23T09:01:00.000Z",
    }
    assert url.startswith("http://localhost:8025/login/")
    link = api.stores.sessions.use_link(hash_secret(url.rpartition("/")[2]), api.clock.now())
    assert link is not None
    [key] = api.stores.api_keys.of_tenant(api.tenant_id)
    assert link.standing == Standing(
        Role.MEMBER,
        api.tenant_id,
        None,
        frozenset({Page.CONNECTIONS, Page.MESSAGES}),
        "https://app.example/kunden/42",
        key.id,
    )
    assert link.locale == "de"


def test_what_is_left_out_has_a_default(api: Api) -> None:
    """All pages, ten minutes, the browser's language, no way back."""
    answer = api.client.post(PATH, headers=api.key, json={"role": "admin"})

    assert answer.json is not None
    assert {name: answer.json[name] for name in ("pages", "locale", "return_url", "expires_at")} == {
        "pages": None,
        "locale": None,
        "return_url": None,
        "expires_at": "2026-11-23T09:10:00.000Z",
    }


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"role": None}, "/role", "required"),
        ({"role": "operator"}, "/role", "invalid-choice"),
        ({"role": 1}, "/role", "invalid-choice"),
        ({"pages": []}, "/pages", "invalid-length"),
        ({"pages": "messages"}, "/pages", "wrong-type"),
        ({"pages": ["tenants"]}, "/pages/0", "invalid-choice"),
        ({"pages": ["connections", "settings"]}, "/pages/1", "invalid-choice"),
        ({"pages": ["developers"]}, "/pages/0", "invalid-choice"),
        ({"pages": ["workspace"]}, "/pages/0", "invalid-choice"),
        ({"locale": "fr"}, "/locale", "invalid-choice"),
        ({"return_url": "http://app.example/"}, "/return_url", "invalid-url"),
        ({"return_url": "javascript:alert(1)"}, "/return_url", "invalid-url"),
        ({"return_url": "https://a@b.example/"}, "/return_url", "invalid-url"),
        ({"return_url": "https://app.example/\n"}, "/return_url", "invalid-url"),
        ({"expires_in": 59}, "/expires_in", "out-of-range"),
        ({"expires_in": 601}, "/expires_in", "out-of-range"),
        ({"expires_in": "60"}, "/expires_in", "wrong-type"),
        ({"tenant": "ten_1"}, "/tenant", "unknown-field"),
    ],
)
def test_every_fault_is_named_where_it_is(api: Api, fields: dict[str, Any], pointer: str, code: str) -> None:
    """A 422 with one fault; no link is made."""
    body = {name: value for name, value in (GOOD | fields).items() if value is not None}

    answer = api.client.post(PATH, headers=api.key, json=body)

    assert answer.json is not None
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [(pointer, code)]


ALL = frozenset(Right)


@pytest.mark.parametrize(
    ("rights", "body", "allowed"),
    [
        (frozenset({Right.CONNECTIONS}), {"role": "member", "pages": ["connections"]}, True),
        (frozenset({Right.CONNECTIONS}), {"role": "member", "pages": ["messages"]}, False),
        (frozenset({Right.CONNECTIONS, Right.READ}), {"role": "member", "pages": ["messages"]}, False),
        (frozenset({Right.CONNECTIONS}), {"role": "member"}, False),
        (frozenset({Right.CONNECTIONS}), {"role": "admin", "pages": ["connections"]}, False),
        (frozenset({Right.SEND, Right.READ}), {"role": "member", "pages": ["connections"]}, False),
        (ALL, {"role": "member"}, True),
        (ALL, {"role": "admin"}, True),
        (ALL, {"role": "admin", "pages": ["settings", "developers"]}, True),
    ],
)
def test_a_session_does_no_more_than_its_key_could(
    api: Api, rights: frozenset[Right], body: dict[str, Any], *, allowed: bool
) -> None:
    """What the session's pages offer needs the rights of the key; otherwise it is a 403."""
    key = api.add_key(api.tenant_id, rights)

    answer = api.client.post(PATH, headers=key, json=body)

    assert answer.status_code == (201 if allowed else 403)


def test_a_key_for_some_mailboxes_lets_nobody_in(api: Api) -> None:
    """The pages show every mailbox of the tenant."""
    key = api.add_key(api.tenant_id, connection_ids=frozenset({api.mailbox.id}))

    assert api.client.post(PATH, headers=key, json=GOOD).status_code == 403


def test_the_link_is_for_the_keys_own_tenant(api: Api) -> None:
    """There is no field that could name another one."""
    answer = api.client.post(PATH, headers=api.other_key, json=GOOD)

    assert answer.json is not None
    secret = answer.json["url"].rpartition("/")[2]
    link = api.stores.sessions.find_link(hash_secret(secret), api.clock.now())
    assert link is not None
    assert link.standing.tenant_id == api.other_tenant_id
