"""Mailboxes that are connected by a password or a relay, and the order of their ways."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind
from tests.api.conftest import Api

APP_PASSWORD = {
    "kind": "app_password",
    "address": "rechnung@gmail.com",
    "password": "abcd efgh ijkl mnop",
}
SERVER = {"host": "mail.muster.example", "port": 465, "encryption": "tls"}
OWN_SERVER = {
    "kind": "smtp_server",
    "address": "info@muster.example",
    "password": "geheim",
    "server": SERVER,
}


def _add(api: Api, body: dict[str, Any], **more: Any) -> TestResponse:
    return api.client.post("/v1/connections", json=body | more, headers=api.key)


def _body(answer: TestResponse) -> dict[str, Any]:
    assert answer.json is not None
    return dict(answer.json)


def test_an_app_password_connects_a_mailbox(api: Api) -> None:
    """Signed in first, then kept; every step is told, and the mailbox can send."""
    answer = _add(api, APP_PASSWORD, display_name="Muster GmbH")

    made = _body(answer)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/connections/{made['id']}"
    assert (made["status"], made["account_kind"]) == ("connected", "consumer")
    assert [way["kind"] for way in made["ways"]] == ["app_password"]
    assert [step["name"] for step in made["steps"]] == [name.value for name in ProbeName]
    [(login, kind, sender)] = api.probe.seen
    assert (login.server.host, login.server.port, login.user) == ("smtp.gmail.com", 465, sender)
    assert kind is WayKind.APP_PASSWORD
    api.accept(connection=made["id"])


def test_while_another_check_runs_the_server_is_not_asked(api: Api) -> None:
    """Nothing is kept; the answer says when to come back, and then it is taken."""
    with api.turns.of(api.tenant_id):
        answer = _add(api, APP_PASSWORD)

    assert (answer.status_code, _body(answer)["code"]) == (429, "checks-busy")
    assert answer.headers["Retry-After"] == "5"
    assert api.probe.seen == []
    assert _add(api, APP_PASSWORD).status_code == 201


def test_gmail_can_be_reached_by_its_other_port(api: Api) -> None:
    """Where a firewall closes 465."""
    _add(api, APP_PASSWORD, preset="gmail_starttls")

    [(login, _, _)] = api.probe.seen
    assert login.server.port == 587


def test_a_server_of_ones_own_is_taken_as_given(api: Api) -> None:
    """With a user that is not the address, and a password of any form."""
    made = _body(_add(api, OWN_SERVER, user="muster-1"))

    [(login, _, _)] = api.probe.seen
    assert (login.server.host, login.user) == ("mail.muster.example", "muster-1")
    assert made["account_kind"] == "other"


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        (ProbeName.RESOLVE, "/server"),
        (ProbeName.ENCRYPT, "/server"),
        (ProbeName.SIGN_IN, "/password"),
        (ProbeName.SENDER, "/address"),
    ],
)
def test_what_the_server_refuses_is_not_kept(api: Api, step: ProbeName, pointer: str) -> None:
    """The answer points at the field to correct, and no connection is made."""
    api.probe.failing = ProbeStep(
        step, "app-password-rejected", "535 5.7.8 Username and Password not accepted"
    )

    answer = _add(api, APP_PASSWORD)

    [error] = _body(answer)["errors"]
    assert (answer.status_code, error["pointer"]) == (422, pointer)
    addresses = {one.address for one in api.stores.connections.of_tenant(api.tenant_id)}
    assert "rechnung@gmail.com" not in addresses


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "abcd efgh"}, "app-password-length"),
        ({"password": "Sommer2026!"}, "app-password-form"),
        ({"password": None}, "password-needed"),
        ({"password": ""}, "invalid-length"),
        ({"password": "ab\0cd"}, "invalid-characters"),
        ({"display_name": "Muster \u202eHbmG"}, "invalid-characters"),
        ({"address": "Muster <rechnung@gmail.com>"}, "invalid-address"),
        ({"address": "juergen.klein@gmx.de"}, "address-not-google"),
        ({"kind": "pop3"}, "invalid-choice"),
        ({"server": SERVER}, "server-needed"),
        ({"passwort": "abcd"}, "unknown-field"),
    ],
)
def test_what_cannot_be_a_login_is_refused_before_any_call(
    api: Api, change: dict[str, Any], code: str
) -> None:
    """At the door, with a code of its own."""
    body = {name: value for name, value in (APP_PASSWORD | change).items() if value is not None}

    answer = api.client.post("/v1/connections", json=body, headers=api.key)

    assert answer.status_code == 422
    assert code in {error["code"] for error in _body(answer)["errors"]}
    assert api.probe.seen == []
    assert "Sommer2026" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"host": "mail.muster.example\r\nX"},
        {"host": "-mail.example"},
        {"host": ""},
        {"port": 0},
        {"port": 70_000},
        {"encryption": "none"},
    ],
)
def test_a_server_that_cannot_be_one_is_refused(api: Api, change: dict[str, Any]) -> None:
    """Clear text is no choice."""
    answer = _add(api, OWN_SERVER, server=SERVER | change)

    assert answer.status_code == 422
    assert api.probe.seen == []


def test_the_relay_without_a_password_is_for_whom_the_operator_named(api: Api) -> None:
    """It knows this machine, so any tenant could send as anybody of the domain."""
    answer = _add(api, {"kind": "relay", "address": "chef@muster.example"})

    [error] = _body(answer)["errors"]
    assert (answer.status_code, error["code"]) == (422, "relay-not-allowed")
    assert api.probe.seen == []


def test_a_way_more_for_a_known_connection(api: Api) -> None:
    """Behind the first one; the order can be turned round, and a way can be taken out."""
    mailbox = api.mailbox
    body = APP_PASSWORD | {"address": mailbox.address, "connection": mailbox.id}
    url = f"/v1/connections/{mailbox.id}/ways"

    added = _body(api.client.post("/v1/connections", json=body, headers=api.key))
    turned = _body(api.client.put(url, json={"ways": ["app_password", "gmail_api"]}, headers=api.key))
    alone = _body(api.client.put(url, json={"ways": ["app_password"]}, headers=api.key))

    assert [way["kind"] for way in added["ways"]] == ["gmail_api", "app_password"]
    assert [way["kind"] for way in turned["ways"]] == ["app_password", "gmail_api"]
    assert [way["kind"] for way in alone["ways"]] == ["app_password"]
    assert api.consent.left_out == [mailbox.id]


def test_ways_are_changed_only_as_they_were_seen_where_the_caller_wants_that(api: Api) -> None:
    """``If-Match`` with an earlier ``ETag`` is refused, and without the header the last one counts."""
    one = f"/v1/connections/{api.mailbox.id}"
    earlier = api.client.get(one, headers=api.key).headers["ETag"]
    _add(api, APP_PASSWORD, address=api.mailbox.address, connection=api.mailbox.id)
    now = api.client.get(one, headers=api.key).headers["ETag"]

    def put(kind: str, **headers: str) -> tuple[int, int]:
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        answer = api.client.put(f"{one}/ways", json={"ways": [kind]}, headers=api.key | given)
        return answer.status_code, len(api.stores.connections.route(api.tenant_id, api.mailbox.id))

    assert put("gmail_api", If_Match=earlier) == (412, 2)
    assert put("app_password", If_Match="nonsense") == (412, 2)
    assert put("relay", If_Match=f"W/{now}") == (412, 2)
    assert put("app_password", If_Match=f"{earlier}, {now}") == (200, 1)
    assert put("app_password", If_Match="*") == put("app_password") == (200, 1)


def test_an_answer_and_its_version_are_of_one_moment(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A way that comes right after the route was read is not covered by the answer's ``ETag``."""
    one = f"/v1/connections/{api.mailbox.id}"
    read = api.stores.connections.route

    def read_and_add(tenant_id: str, connection_id: str) -> Any:
        route = read(tenant_id, connection_id)
        monkeypatch.undo()
        _add(api, APP_PASSWORD, address=api.mailbox.address, connection=api.mailbox.id)
        return route

    monkeypatch.setattr(api.stores.connections, "route", read_and_add)
    seen = api.client.get(one, headers=api.key)
    named = {"If-Match": seen.headers["ETag"]}

    answer = api.client.put(f"{one}/ways", json={"ways": ["gmail_api"]}, headers=api.key | named)

    assert [way["kind"] for way in _body(seen)["ways"]] == ["gmail_api"]
    assert answer.status_code == 412


def test_a_refused_precondition_is_told(api: Api) -> None:
    """With its code, its sentence and what to do."""
    url = f"/v1/connections/{api.mailbox.id}/ways"

    told = _body(api.client.put(url, json={"ways": ["gmail_api"]}, headers=api.key | {"If-Match": '"x"'}))

    assert told["code"] == "precondition-failed"
    assert "your change was not saved" in told["detail"]


@pytest.mark.parametrize("ways", [[], ["relay"], ["gmail_api", "gmail_api"], ["pigeon"], "gmail_api"])
def test_a_route_that_cannot_be_is_refused(api: Api, ways: Any) -> None:
    """Empty, unknown, or twice the same."""
    url = f"/v1/connections/{api.mailbox.id}/ways"

    assert api.client.put(url, json={"ways": ways}, headers=api.key).status_code == 422


def test_another_addresss_login_does_not_join(api: Api) -> None:
    """The sender never changes, whichever way a mail takes."""
    answer = _add(api, APP_PASSWORD, connection=api.mailbox.id)

    assert answer.status_code in {409, 422}


def test_the_password_is_in_no_answer(api: Api) -> None:
    """Neither in the good one nor in the list."""
    texts = [_add(api, APP_PASSWORD).text, api.client.get("/v1/connections", headers=api.key).text]

    assert not any("abcd" in text for text in texts)


@pytest.mark.parametrize("own", [{}, {"kind": "smtp_server", "server": SERVER | {"host": "smtp.gmail.com"}}])
def test_another_accounts_login_at_gmail_is_refused(api: Api, own: dict[str, Any]) -> None:
    """Gmail would write that account's address over the sender's."""
    answer = _add(api, APP_PASSWORD | own, user="privat@gmail.com")

    [error] = _body(answer)["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/user", "sender-not-allowed")
    assert api.probe.seen == []


def test_an_unknown_connection_gets_no_way(api: Api) -> None:
    """It is not made by being named."""
    answer = _add(api, APP_PASSWORD, connection="con_" + "0" * 26)

    assert answer.status_code == 404
