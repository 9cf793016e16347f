"""What can be done with messages and connections after the post."""

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.access.api_key import public_part
from service.catalogue import CATALOGUE
from service.errors import LinkError
from service.mail.address import Address
from service.outbox.entry import State
from service.outbox.verdict import Hold, Verdict
from tests.api.conftest import Api, attachment
from tests.fakes.outbox import claim, make_attempt, send


def key_id(api: Api) -> str:
    """The id of the tenant's own key."""
    key = api.stores.api_keys.find(public_part(api.key["Authorization"].removeprefix("Bearer ")) or "")
    assert key is not None
    return key.id


def _send(api: Api) -> None:
    for claimed in claim(api.stores, api.clock.now()):
        assert send(api.stores, claimed, api.clock.now())


def _lose_answer(api: Api) -> None:
    for claimed in claim(api.stores, api.clock.now()):
        api.stores.outbox.hand_over(claimed, api.clock.now(), 30)
        attempt = make_attempt(claimed, api.clock.now(), State.UNCERTAIN, "answer-lost")
        api.stores.outbox.record(claimed, attempt, Verdict(State.UNCERTAIN))


def test_a_message_shows_its_timeline(api: Api) -> None:
    """Recipients, files, events and tries, as far as they came."""
    message_id = api.accept(bcc="archiv@muster.example", metadata={"kunde": "17"}, reference="RE-1")
    _send(api)

    message = api.client.get(f"/v1/messages/{message_id}", headers=api.key).json

    assert message is not None
    assert (message["status"], message["receipt"]) == ("sent", "18c2f0a9")
    assert message["to"] == ["Kundin Beispiel <kunde@example.com>"]
    assert message["bcc"] == ["archiv@muster.example"]
    assert message["metadata"] == {"kunde": "17"}
    assert message["events"][0]["type"] == "message.queued"
    public = public_part(api.key["Authorization"].removeprefix("Bearer "))
    assert message["events"][0]["details"] == {"actor": f"api-key:{public} (test)"}
    assert message["events"][-1]["type"] == "message.sent"
    assert [(attempt["number"], attempt["outcome"]) for attempt in message["attempts"]] == [(1, "sent")]


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_message_says_what_its_codes_mean(api: Api, language: str) -> None:
    """Title, sentence and next step of the catalogue, in the caller's language, each code once."""
    message_id = api.accept()
    _lose_answer(api)
    headers = {**api.key, "Accept-Language": language}

    message = api.client.get(f"/v1/messages/{message_id}", headers=headers).json
    listed = api.client.get("/v1/messages", headers=headers).json

    told = CATALOGUE["answer-lost"]
    assert message is not None
    assert listed is not None
    assert message["problems"] == listed["data"][0]["problems"]
    assert message["problems"] == [
        {
            "code": "answer-lost",
            "title": told.title.in_language(language),
            "detail": told.sentence.in_language(language),
            "next_step": told.next_step.in_language(language),
        }
    ]


def test_a_message_without_trouble_has_no_problems(api: Api) -> None:
    """Nor has its connection."""
    message_id = api.accept()
    _send(api)

    message = api.client.get(f"/v1/messages/{message_id}", headers=api.key).json
    connections = api.client.get("/v1/connections", headers=api.key).json

    assert message is not None
    assert connections is not None
    assert message["problems"] == []
    assert [connection["problems"] for connection in connections["data"]] == [[]]


def test_a_held_connection_says_why(api: Api) -> None:
    """The limit's words stand beside its code."""
    api.accept()
    until = api.clock.now() + timedelta(hours=1)
    for claimed in claim(api.stores, api.clock.now()):
        attempt = make_attempt(claimed, api.clock.now(), State.WAITING, "quota-reached")
        held = Verdict(State.DEFERRED, until, counts=False, connection=Hold(until, "quota-reached"))
        api.stores.outbox.record(claimed, attempt, held)

    connections = api.client.get("/v1/connections", headers=api.key).json

    assert connections is not None
    [connection] = connections["data"]
    assert connection["held_code"] == "quota-reached"
    assert [problem["code"] for problem in connection["problems"]] == ["quota-reached"]


def test_cancel_withdraws_what_has_not_left(api: Api) -> None:
    """Once it left, it is too late."""
    waiting, gone = api.accept(scheduled_at="2026-11-24T09:00:00Z"), api.accept()
    _send(api)

    first = api.client.post(f"/v1/messages/{waiting}/cancel", headers=api.key)
    second = api.client.post(f"/v1/messages/{gone}/cancel", headers=api.key, json={})

    assert first.json is not None
    assert second.json is not None
    assert (first.status_code, first.json["status"]) == (200, "cancelled")
    assert (second.status_code, second.json["code"]) == (409, "too-late")


def test_resend_needs_force_for_what_was_sent(api: Api) -> None:
    """A second copy goes out only when it is asked for by name."""
    message_id = api.accept()
    _send(api)
    url = f"/v1/messages/{message_id}/resend"

    plain, forced = (api.client.post(url, headers=api.key, json=body) for body in ({}, {"force": True}))

    assert plain.json is not None
    assert forced.json is not None
    assert (plain.status_code, plain.json["code"]) == (409, "already-sent")
    assert (forced.status_code, forced.json["status"]) == (200, "queued")


def test_what_was_kept_for_its_time_is_not_sent_again(api: Api) -> None:
    """Neither with force; the message says since when its content is gone, and the problem has a page."""
    message_id = api.accept()
    _send(api)
    before = api.client.get(f"/v1/messages/{message_id}", headers=api.key).json
    later = api.clock.now() + timedelta(days=30)
    api.stores.forgetting.forget_content(api.tenant_id, later, later, 10)

    after = api.client.get(f"/v1/messages/{message_id}", headers=api.key).json
    refused = api.client.post(f"/v1/messages/{message_id}/resend", headers=api.key, json={"force": True})

    assert before is not None
    assert after is not None
    assert refused.json is not None
    assert before["content_deleted_at"] is None
    assert after["content_deleted_at"] == "2026-12-23T09:00:00.000Z"
    assert after["status"] == "sent"
    assert (refused.status_code, refused.json["code"]) == (409, "content-deleted")
    assert refused.json["type"].endswith("/problems/content-deleted")


def _correct(api: Api, message_id: str, body: dict[str, Any], key: str | None = "k") -> TestResponse:
    headers = api.key | ({"Idempotency-Key": key} if key else {})
    return api.client.post(f"/v1/messages/{message_id}/correct", headers=headers, json=body)


def test_a_correction_is_a_new_message_with_the_same_content(api: Api) -> None:
    """Accepted as a post is, once for each key; the timelines name the other message."""
    message_id = api.accept(to="kunde@falsch.example", reference="RE-1", attachments=[attachment()])
    api.stores.outbox.cancel(api.tenant_id, message_id, api.clock.now(), "test")
    body = {"to": ["Kundin <kunde@example.com>", "kunde@example.com"], "bcc": "archiv@muster.example"}

    first, again = (_correct(api, message_id, body) for _ in range(2))

    assert first.json is not None
    assert again.json is not None
    assert (first.status_code, first.json["status"], first.json["reference"]) == (202, "queued", "RE-1")
    assert first.headers["Location"] == f"/v1/messages/{first.json['id']}"
    assert [warning["code"] for warning in first.json["warnings"]] == ["recipient-merged"]
    assert (again.json["id"], again.headers["Idempotent-Replayed"]) == (first.json["id"], "true")
    fresh = api.client.get(first.headers["Location"], headers=api.key).json
    earlier = api.client.get(f"/v1/messages/{message_id}", headers=api.key).json
    assert fresh is not None
    assert earlier is not None
    assert (fresh["to"], fresh["bcc"]) == (["Kundin <kunde@example.com>"], ["archiv@muster.example"])
    assert fresh["attachments"] == earlier["attachments"]
    assert fresh["events"][0]["details"]["corrects"] == message_id
    assert earlier["events"][-1]["details"]["corrected_by"] == fresh["id"]
    wire = b"".join(api.stores.outbox.content(api.tenant_id, fresh["id"]))
    assert b"falsch" not in wire
    assert b"archiv" not in wire


def test_a_correction_of_what_was_sent_needs_force(api: Api) -> None:
    """A second copy goes out only when it is asked for by name."""
    message_id = api.accept()
    _send(api)
    body = {"to": "kunde@example.com"}

    plain = _correct(api, message_id, body)
    forced = _correct(api, message_id, {**body, "force": True})

    assert plain.json is not None
    assert (plain.status_code, plain.json["code"]) == (409, "already-sent")
    assert forced.status_code == 202


@pytest.mark.parametrize(
    ("body", "key", "status", "code"),
    [
        ({"to": "kunde@example.com"}, None, 400, "idempotency-key-missing"),
        ({"to": "kunde@example.com"}, "a,b", 400, "idempotency-key-invalid"),
        ({}, "k", 422, "validation"),
        ({"to": "kunde(at)example.com"}, "k", 422, "invalid-address"),
        ({"to": [f"k{number}@example.com" for number in range(6)]}, "k", 422, "validation"),
        ({"to": "kunde@example.com", "subject": "x"}, "k", 422, "validation"),
        ({"to": "kunde@example.com"}, "k", 409, "too-late"),
    ],
)
def test_a_correction_that_cannot_be_is_a_problem(
    api: Api, body: dict[str, Any], key: str | None, status: int, code: str
) -> None:
    """Without key, without or with bad recipients, with other fields, of a message that is still open."""
    answer = _correct(api, api.accept(), body, key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize(("decision", "status"), [("sent", "sent"), ("send_again", "queued")])
def test_a_decision_settles_an_unclear_outcome(api: Api, decision: str, status: str) -> None:
    """The owner looked into Sent and says what became of it; a second decision has nothing to settle."""
    message_id = api.accept()
    _lose_answer(api)
    url = f"/v1/messages/{message_id}/decision"

    first, second = (api.client.post(url, headers=api.key, json={"decision": decision}) for _ in range(2))

    assert first.json is not None
    assert second.json is not None
    assert (first.status_code, first.json["status"]) == (200, status)
    assert (second.status_code, second.json["code"]) == (409, "not-uncertain")


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("decision", {}, "/decision"),
        ("decision", {"decision": "maybe"}, "/decision"),
        ("resend", {"force": "yes"}, "/force"),
        ("cancel", {"why": "x"}, "/why"),
    ],
)
def test_bodies_of_actions_are_checked_too(
    api: Api, path: str, body: dict[str, object], pointer: str
) -> None:
    """The same strictness as for a post."""
    answer = api.client.post(f"/v1/messages/{api.accept()}/{path}", headers=api.key, json=body)

    assert answer.json is not None
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_a_connection_shows_what_it_has_sent(api: Api) -> None:
    """Of its limit; ``null`` where it has none, as in this API's tests."""
    url = f"/v1/connections/{api.mailbox.id}"

    shown = api.client.get(url, headers=api.key).json
    listed = api.client.get("/v1/connections", headers=api.key).json

    assert shown is not None
    assert listed is not None
    assert (shown["sent_24h"], shown["limit_24h"]) == (0, None)
    assert listed["data"] == [shown]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"display_name": "Müller & Söhne"}, "Müller & Söhne"),
        ({"display_name": " Müller "}, "Müller"),
        ({"display_name": None}, None),
        ({"display_name": " "}, None),
        ({}, "Muster GmbH"),
    ],
)
def test_the_name_beside_an_address_is_changed(api: Api, change: dict[str, Any], name: str | None) -> None:
    """For the mail that is posted from then on; what is left out stays as it is."""
    url = f"/v1/connections/{api.mailbox.id}"
    api.client.patch(url, json={"display_name": "Muster GmbH"}, headers=api.key)

    answer = api.client.patch(url, json=change, headers=api.key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["display_name"]) == (200, name)
    assert answer.json == api.client.get(url, headers=api.key).json
    sender = api.stores.outbox.get(api.tenant_id, api.accept()).sender
    assert (sender.spec, sender.name) == (api.mailbox.address, name or "")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"display_name": "x" * 101}, "invalid-length"),
        ({"display_name": "Muster\r\nBcc: a@b.example"}, "invalid-characters"),
        ({"display_name": "Muster \u202eHbmG"}, "invalid-characters"),
        ({"display_name": "Muster\u200b GmbH"}, "invalid-characters"),
        ({"display_name": 7}, "wrong-type"),
        ({"address": "andere@muster.example"}, "unknown-field"),
        ({"paused": True}, "unknown-field"),
    ],
)
def test_nothing_else_of_a_connection_is_changed(api: Api, change: dict[str, Any], code: str) -> None:
    """A name is one line, and the sender's address never changes."""
    answer = api.client.patch(f"/v1/connections/{api.mailbox.id}", json=change, headers=api.key)

    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json["errors"]] == [code]  # type: ignore[index]  # an object
    assert api.ports.connections.get(api.tenant_id, api.mailbox.id) == api.mailbox


def test_connections_are_shown_paused_resumed_and_disconnected(api: Api) -> None:
    """Each answer is the connection as it now stands; what is disconnected cannot be paused."""
    url = f"/v1/connections/{api.mailbox.id}"
    steps = [("GET", url), ("POST", f"{url}/pause"), ("POST", f"{url}/resume"), ("DELETE", url)]

    answers = [api.client.open(path, method=method, headers=api.key) for method, path in steps]
    listed = api.client.get("/v1/connections", headers=api.key).json
    late = api.client.post(f"{url}/pause", headers=api.key)

    statuses = [answer.json["status"] for answer in answers if answer.json]
    assert statuses == ["connected", "paused", "connected", "disconnected"]
    assert answers[0].json is not None
    assert answers[0].json["scopes"] == ["gmail.send"]
    assert listed is not None
    assert listed["data"] == []
    assert late.json is not None
    assert (late.status_code, late.json["code"]) == (409, "connection-disconnected")


def test_a_test_mail_goes_to_the_mailbox_or_to_whom_is_named(api: Api) -> None:
    """It is a message like any other, in the caller's language."""
    url = f"/v1/connections/{api.mailbox.id}/test"

    own = api.client.post(url, headers=api.key | {"Accept-Language": "de"})
    other = api.client.post(url, headers=api.key, json={"to": "chef@muster.example"})
    bad = api.client.post(url, headers=api.key, json={"to": "Chef <chef@muster.example>"})

    assert own.json is not None
    assert other.json is not None
    assert (own.status_code, other.status_code, bad.status_code) == (202, 202, 422)
    entries = [
        api.ports.outbox.get(api.tenant_id, answer.json["id"]) for answer in (own, other) if answer.json
    ]
    assert [entry.recipients[0].address for entry in entries] == [
        Address(api.mailbox.address),
        Address("chef@muster.example"),
    ]
    assert entries[0].subject == "Testmail von Postausgang"


def test_a_connect_link_is_shown_once(api: Api) -> None:
    """The answer holds the address with its secret, and until when it works."""
    body = {"purpose": "Rechnungen von Muster", "locale": "de", "expires_in": 3600}

    answer = api.client.post("/v1/connect-links", headers=api.key, json=body)

    assert answer.json is not None
    assert answer.status_code == 201
    assert answer.json["url"].startswith("http://localhost:8025/connect/")
    assert answer.json["expires_at"] == "2026-11-23T10:00:00.000Z"
    link = api.ports.links.find(answer.json["url"].rpartition("/")[2])
    assert (link.tenant_id, link.key_id) == (api.tenant_id, key_id(api))


def test_a_connect_link_is_dead_once_its_key_is_revoked(api: Api) -> None:
    """Whoever was sent it finds a link that is no longer valid."""
    answer = api.client.post("/v1/connect-links", headers=api.key, json={"purpose": "Rechnungen"})
    assert answer.json is not None

    api.stores.api_keys.revoke(api.tenant_id, key_id(api), api.clock.now())

    with pytest.raises(LinkError):
        api.ports.links.find(answer.json["url"].rpartition("/")[2])


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"purpose": ""}, "/purpose"),
        ({"return_url": "http://evil.example/"}, "/return_url"),
        ({"expected_address": "x"}, "/expected_address"),
        ({"locale": "fr"}, "/locale"),
        ({"expires_in": 59}, "/expires_in"),
        ({"expires_in": 259_201}, "/expires_in"),
    ],
)
def test_a_connect_links_fields_are_checked(api: Api, fields: dict[str, object], pointer: str) -> None:
    """Each fault is named where it is."""
    answer = api.client.post("/v1/connect-links", headers=api.key, json={"purpose": "x"} | fields)

    assert answer.json is not None
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]
