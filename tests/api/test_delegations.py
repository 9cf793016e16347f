"""Domain-wide delegation by API: set up, verified, its senders changed, removed."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.access.api_key import Right
from service.api.replies import rfc3339
from service.errors import DelegationError
from tests.api.conftest import Api
from tests.fakes.delegations import ACCOUNT, ALICE, BOB, CLIENT_ID, SEND, make_key_file, pem

URL = "/v1/delegations"
# On secp112r1, which nobody uses and no library of ours knows.
OTHER_CURVE = """-----BEGIN PRIVATE KEY-----
ME4CAQAwEAYHKoZIzj0CAQYFK4EEAAYENzA1AgEBBA7X/uFW/maWJMr66FXip6Eg
Ax4ABCIkRe7bq6Y3hjD4oj7kyMPZTEeWRaIp4UEoFDA=
-----END PRIVATE KEY-----
"""


def _call(api: Api, method: str, path: str = "", body: Any = None, **headers: str) -> TestResponse:
    return api.client.open(URL + path, method=method, json=body, headers=api.key | headers)


def _body(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    assert answer.json is not None
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def _add(api: Api, *senders: str, **more: Any) -> dict[str, Any]:
    return _body(_call(api, "POST", body={"key": make_key_file(), "senders": senders} | more), 201)


def test_a_key_file_sets_up_a_delegation_and_connects_its_senders(api: Api) -> None:
    """The answer says what the admin pastes, and where; and Google was not asked yet."""
    made = _add(api, "Alice@Muster.example", BOB)

    assert (made["account"], made["client_id"], made["keyless"]) == (ACCOUNT, CLIENT_ID, False)
    assert made["senders"] == [ALICE, BOB]
    assert (made["domains"], made["scopes"]) == (["muster.example"], [SEND])
    assert made["scopes_to_paste"] == SEND
    assert made["admin_console_path"].startswith("Admin console › Security › Access and data control")
    assert [one["address"] for one in made["made"]] == [ALICE, BOB]
    assert api.google.wishes == []
    connection = made["made"][0]["connection"]
    assert api.accept(connection=connection)
    shown = api.client.get(f"/v1/connections/{connection}", headers=api.key).json
    assert shown is not None
    assert [way["kind"] for way in shown["ways"]] == ["delegation"]


def test_no_answer_holds_the_key(api: Api) -> None:
    """Neither the one that takes it nor any later one, nor a problem about it."""
    whole = make_key_file()
    made = _call(api, "POST", body={"key": whole, "senders": [ALICE]})
    name = _body(made, 201)["id"]
    answers = [
        made,
        _call(api, "GET"),
        _call(api, "GET", f"/{name}"),
        _call(api, "POST", f"/{name}/verify"),
        _call(api, "POST", body={"key": whole | {"type": "external_account"}}),
        _call(api, "DELETE", f"/{name}"),
    ]

    lines = [line for line in str(whole["private_key"]).splitlines() if len(line) > 20]
    for answer in answers:
        assert "PRIVATE" not in answer.text
        assert not any(line in answer.text for line in lines)


def test_delegations_are_listed_and_shown(api: Api) -> None:
    """In German the path is the German console's."""
    made = _add(api, ALICE)

    listed = _body(_call(api, "GET", **{"Accept-Language": "de"}))
    shown = _body(_call(api, "GET", f"/{made['id']}"))

    assert [one["id"] for one in listed["data"]] == [made["id"]]
    assert "Domainweite Delegierung" in listed["data"][0]["admin_console_path"]
    assert shown == {name: value for name, value in made.items() if name not in {"made", "removed"}}


def test_all_three_scopes_can_be_asked_for(api: Api) -> None:
    """Comma-separated, as the console wants them."""
    scopes = ["gmail.send", "gmail.metadata", "https://mail.google.com/"]

    made = _add(api, ALICE, scopes=scopes)

    assert made["scopes_to_paste"] == ",".join(made["scopes"])
    assert len(made["scopes"]) == 3


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "external_account", "token_url": "http://169.254.169.254/"}, "/key/type"),
        ({"type": "authorized_user"}, "/key/type"),
        ({"type": None}, "/key/type"),
        ({"token_uri": "https://attacker.example/token"}, "/key/token_uri"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "/key/token_uri"),
        ({"token_uri": ["https://oauth2.googleapis.com/token"]}, "/key/token_uri"),
        ({"universe_domain": "attacker.example"}, "/key/universe_domain"),
        ({"client_email": "mailer@muster.example"}, "/key/client_email"),
        ({"client_email": None}, "/key/client_email"),
        ({"client_id": "mailer"}, "/key/client_id"),
        ({"private_key_id": ""}, "/key/private_key_id"),
        ({"private_key": "no key"}, "/key/private_key"),
        ({"private_key": 7}, "/key/private_key"),
        ({"private_key": pem(1024)}, "/key/private_key"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\n" + "A" * 50_000}, "/key/private_key"),
        ({"private_key": OTHER_CURVE}, "/key/private_key"),
    ],
)
def test_a_file_that_is_no_service_accounts_key_is_refused(
    api: Api, changes: dict[str, object], pointer: str
) -> None:
    """Another type could name addresses that we would call; another endpoint could collect signatures."""
    answer = _call(api, "POST", body={"key": make_key_file(**changes), "senders": [ALICE]})

    problem = _body(answer, 422)
    assert problem["code"] == "key-file-invalid"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert api.ports.delegations.all(api.tenant_id) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "key-needed"),
        ({"account": ACCOUNT}, "key-needed"),
        ({"key": {}, "account": ACCOUNT, "client_id": CLIENT_ID}, "key-needed"),
        ({"account": ACCOUNT, "client_id": CLIENT_ID}, "delegation-keyless-denied"),
        ({"account": "x@muster.example", "client_id": CLIENT_ID}, "key-file-invalid"),
        ({"key": make_key_file(), "scopes": []}, "invalid-choice"),
        ({"key": make_key_file(), "scopes": ["gmail.metadata"]}, "invalid-choice"),
        ({"key": make_key_file(), "scopes": ["gmail.modify"]}, "invalid-choice"),
        ({"key": make_key_file(), "senders": ["Alice <alice@muster.example>"]}, "invalid-address"),
        ({"key": make_key_file(), "senders": ["@muster.example"]}, "invalid-address"),
        ({"key": make_key_file(), "senders": [f"u{n}@muster.example" for n in range(501)]}, "too-many"),
        ({"key": "{}"}, "wrong-type"),
    ],
)
def test_what_is_no_set_up_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    """With a code for each fault, and nothing kept."""
    problem = _body(_call(api, "POST", body=body), 422)

    assert {error["code"] for error in problem["errors"]} == {code}
    assert api.ports.delegations.all(api.tenant_id) == []


def test_a_verification_tells_each_step_with_its_next_step(api: Api) -> None:
    """In the caller's language, and what was found is kept."""
    made = _add(api, ALICE)
    api.google.failures["*"] = DelegationError("delegation-denied")

    report = _body(
        _call(api, "POST", f"/{made['id']}/verify", {"sender": ALICE}, **{"Accept-Language": "de"})
    )

    assert (report["sender"], report["ready"], report["code"]) == (ALICE, False, "delegation-denied")
    steps = {step["name"]: step for step in report["steps"]}
    assert steps["key_readable"]["result"] == steps["clock"]["result"] == "ok"
    assert steps["client_known"]["result"] == "failed"
    assert steps["user_exists"]["result"] == steps["scope_granted"]["result"] == "unknown"
    assert "Google-Administrator" in steps["client_known"]["next_step"]
    assert _body(_call(api, "GET", f"/{made['id']}"))["code"] == "delegation-denied"


def test_a_good_delegation_is_ready_but_the_mailbox_was_not_looked_at(api: Api) -> None:
    """``gmail.send`` cannot read a profile, and the answer says so."""
    made = _add(api, ALICE)

    report = _body(_call(api, "POST", f"/{made['id']}/verify"))

    assert (report["ready"], report["code"]) == (True, None)
    [mailbox] = [step for step in report["steps"] if step["name"] == "mailbox_exists"]
    assert (mailbox["result"], mailbox["code"]) == ("unknown", "mailbox-not-checked")


def test_each_senders_last_verification_is_shown(api: Api) -> None:
    """Each with its own end and time, in the caller's language; who was not verified is not there."""
    made = _add(api, ALICE, BOB)
    verify = f"/{made['id']}/verify"
    api.google.failures["*"] = DelegationError("delegation-denied")
    _call(api, "POST", verify, {"sender": ALICE})
    first = api.clock.now()
    api.google.failures.clear()
    api.clock.advance(60)

    report = _body(_call(api, "POST", verify, {"sender": BOB}, **{"Accept-Language": "de"}))
    shown = _body(_call(api, "GET", f"/{made['id']}"))
    [listed] = _body(_call(api, "GET"))["data"]
    changed = _body(_call(api, "PUT", f"/{made['id']}/senders", {"senders": [BOB]}))

    assert made["checks"] == []
    assert shown == listed
    assert [(one["sender"], one["ready"], one["code"]) for one in shown["checks"]] == [
        (ALICE, False, "delegation-denied"),
        (BOB, True, None),
    ]
    assert shown["checks"][0]["checked_at"] == rfc3339(first)
    assert shown["checks"][1]["checked_at"] == shown["checked_at"]
    assert "Google-Administrator" in report["checks"][0]["next_step"]
    assert changed["checks"] == shown["checks"][1:]


def test_a_foreign_sender_is_not_verified(api: Api) -> None:
    """Refused before any call to Google."""
    made = _add(api, ALICE)

    problem = _body(_call(api, "POST", f"/{made['id']}/verify", {"sender": BOB}), 422)

    assert problem["code"] == "sender-not-allowed"
    assert api.google.wishes == []


def test_while_another_check_runs_nothing_is_verified(api: Api) -> None:
    """The answer says when to come back; other tenants may take all the turns that there are."""
    made = _add(api, ALICE)

    with api.turns.of("ten_other"), api.turns.of("ten_third"):
        answer = _call(api, "POST", f"/{made['id']}/verify")

    assert _body(answer, 429)["code"] == "checks-busy"
    assert answer.headers["Retry-After"] == "5"
    assert api.google.wishes == []
    assert _body(_call(api, "POST", f"/{made['id']}/verify"))["ready"] is True


def test_senders_are_replaced(api: Api) -> None:
    """The answer names whose connection came and whose went."""
    made = _add(api, ALICE)

    changed = _body(_call(api, "PUT", f"/{made['id']}/senders", {"senders": [BOB]}))

    assert [one["address"] for one in changed["made"]] == [BOB]
    [gone] = changed["removed"]
    assert (gone["address"], gone["status"], gone["code"]) == (ALICE, "needs_reconnect", "sender-removed")
    answer = api.post(api.message(connection=gone["connection"]))
    assert answer.json is not None
    assert (answer.json["status"], answer.json["code"]) == ("waiting", "sender-removed")


def test_senders_are_replaced_only_as_they_were_seen_where_the_caller_wants_that(api: Api) -> None:
    """``If-Match`` with an earlier ``ETag`` is refused, and without the header the last one counts."""
    made = _add(api, ALICE)
    one, senders = f"/{made['id']}", f"/{made['id']}/senders"
    earlier = _call(api, "GET", one).headers["ETag"]
    _call(api, "PUT", senders, {"senders": [ALICE, BOB]})
    now = _call(api, "GET", one).headers["ETag"]

    refused = _call(api, "PUT", senders, {"senders": []}, **{"If-Match": earlier})
    kept = _body(_call(api, "GET", one))["senders"]
    taken = _call(api, "PUT", senders, {"senders": [BOB]}, **{"If-Match": now})
    last = _call(api, "PUT", senders, {"senders": [ALICE]})

    assert (_body(refused, 412)["code"], kept) == ("precondition-failed", [ALICE, BOB])
    assert (_body(taken)["senders"], _body(last)["senders"]) == ([BOB], [ALICE])


def test_a_delegation_is_removed(api: Api) -> None:
    """Its senders stop, and it is unknown afterwards."""
    made = _add(api, ALICE)

    removed = _body(_call(api, "DELETE", f"/{made['id']}"))

    assert [one["address"] for one in removed["removed"]] == [ALICE]
    assert _call(api, "GET", f"/{made['id']}").status_code == 404


@pytest.mark.parametrize("limited", ["right", "connections"])
def test_a_key_that_may_not_make_connections_may_not_use_delegations(api: Api, limited: str) -> None:
    """Neither one without the right, nor one that is for some connections only."""
    made = _add(api, ALICE)
    key = (
        api.add_key(api.tenant_id, frozenset({Right.SEND, Right.READ}))
        if limited == "right"
        else api.add_key(api.tenant_id, connection_ids=frozenset({api.mailbox.id}))
    )

    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", f"/{made['id']}"),
        ("POST", f"/{made['id']}/verify"),
        ("PUT", f"/{made['id']}/senders"),
        ("DELETE", f"/{made['id']}"),
    ):
        answer = api.client.open(URL + path, method=method, json={"senders": []}, headers=key)
        assert answer.status_code == 403, (method, path)


def test_who_did_it_is_written_down(api: Api) -> None:
    """The public part of the API key, in the events of the tenant."""
    made = _add(api, ALICE)
    database = api.stores.delegations._database  # type: ignore[attr-defined]  # the port shows no events

    [details] = database.read(
        lambda c: [row[0] for row in c.exec_driver_sql("SELECT details FROM events WHERE type LIKE 'deleg%'")]
    )

    assert dict(json.loads(details))["delegation"] == made["id"]
    assert dict(json.loads(details))["actor"].startswith("api-key:")
