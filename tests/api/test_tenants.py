"""Tenant separation, over every route that the application has: a foreign id is an unknown id."""

import re
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.fakes.delegations import add_delegation

KEY = {"Idempotency-Key": "k"}  # for the routes that need one
BODIES: dict[str, dict[str, Any]] = {
    "correct_message": {"to": "kunde@example.com"},
    "decide_message": {"decision": "sent"},
    "resend_message": {"force": True},
    "reroute": {"ways": ["gmail_api"]},
    "set_senders": {"senders": []},
    "change_connection": {"display_name": "Fremd"},
}
UNKNOWN = {
    "message_id": "msg_" + "0" * 26,
    "connection_id": "con_" + "0" * 26,
    "delegation_id": "dlg_" + "0" * 26,
    "domain": "unbekannt.example",
}
NOT_IDS = ["x", "msg_", "%00", "msg_" + "0" * 25 + "%0A", "con_" + "A" * 26, "a" * 5000]


def _routes(api: Api) -> list[tuple[str, str, str]]:
    """Endpoint, method and path of every rule with an id in it."""
    return [
        (rule.endpoint.removeprefix("api."), next(iter(rule.methods - {"HEAD", "OPTIONS"})), rule.rule)
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and rule.arguments and rule.methods
    ]


def test_a_foreign_id_is_answered_as_an_unknown_one(api: Api) -> None:
    """Same status, same body but for the request's own id, on each route; and nothing is changed."""
    delegation = add_delegation(api.stores, api.tenant_id, api.clock.now(), "chef@fremd.example")
    foreign = {
        "message_id": api.accept(),
        "connection_id": api.mailbox.id,
        "delegation_id": delegation.id,
        "domain": "fremd.example",
    }
    routes = _routes(api)
    assert len(routes) >= 9

    for endpoint, method, path in routes:
        bodies = []
        for ids in (foreign, UNKNOWN):
            url = path
            for name, one in ids.items():
                url = url.replace(f"<{name}>", one)
            headers, body = api.other_key | KEY, BODIES.get(endpoint, {})
            answer = api.client.open(url, method=method, headers=headers, json=body)
            assert answer.json is not None
            assert answer.status_code == 404, endpoint
            bodies.append({name: value for name, value in answer.json.items() if name != "request_id"})
        assert bodies[0] == bodies[1], endpoint

    assert api.ports.connections.get(api.tenant_id, api.mailbox.id) == api.mailbox
    assert api.ports.delegations.all(api.tenant_id) == [delegation]
    assert api.google.wishes == []
    assert api.names.asked == []
    assert len(api.ports.outbox.timeline(api.tenant_id, foreign["message_id"])[0]) == 1


@pytest.mark.parametrize("text", NOT_IDS)
def test_what_is_no_id_is_not_even_looked_for(api: Api, text: str) -> None:
    """NUL bytes and other oddities never reach a database."""
    for endpoint, method, path in _routes(api):
        url = re.sub(r"<\w+>", text, path)
        headers, body = api.key | KEY, BODIES.get(endpoint, {})
        answer = api.client.open(url, method=method, headers=headers, json=body)

        assert answer.status_code == 404, endpoint


def test_nothing_is_posted_from_a_foreign_mailbox(api: Api) -> None:
    """The connection of another tenant is not found, nor is it by its address."""
    by_id = api.post(api.message(connection=api.other_mailbox.id))
    unknown = api.post(api.message(connection=UNKNOWN["connection_id"]))

    assert (by_id.status_code, unknown.status_code) == (404, 404)


def test_a_list_shows_no_foreign_messages(api: Api) -> None:
    """Neither without filters nor by a foreign connection; a foreign cursor is a bad one."""
    foreign = api.accept()

    every, filtered, cursor = (
        api.client.get(f"/v1/messages{query}", headers=api.other_key)
        for query in ("", f"?connection={api.mailbox.id}", f"?after={foreign}")
    )

    assert every.json is not None
    assert filtered.json is not None
    assert every.json["data"] == filtered.json["data"] == []
    assert cursor.json is not None
    assert (cursor.status_code, cursor.json["code"]) == (400, "invalid-cursor")


def test_a_link_for_a_foreign_mailbox_is_not_made(api: Api) -> None:
    """Reconnecting needs one's own connection."""
    answer = api.client.post(
        "/v1/connect-links", json={"purpose": "x", "connection": api.mailbox.id}, headers=api.other_key
    )

    assert answer.status_code == 404
