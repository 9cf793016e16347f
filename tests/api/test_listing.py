"""GET /v1/messages: pages and filters."""

from typing import Any

import pytest

from service.outbox.entry import State
from service.outbox.verdict import Verdict
from tests.api.conftest import Api
from tests.fakes.outbox import make_attempt


def _list(api: Api, query: str = "", **headers: str) -> dict[str, Any]:
    answer = api.client.get(f"/v1/messages{query}", headers=api.key | headers)
    assert answer.status_code == 200, answer.json
    assert answer.json is not None
    return dict(answer.json)


def test_pages_show_each_message_once_newest_first(api: Api) -> None:
    """Following next walks through all of them and ends."""
    ids = [api.accept(subject=str(number)) for number in range(5)]

    pages: list[list[str]] = []
    after = ""
    while True:
        answer = _list(api, f"?limit=2{after}")
        pages.append([message["id"] for message in answer["data"]])
        if not answer["has_more"]:
            break
        after = f"&after={answer['next']}"

    assert answer["next"] is None
    assert [len(one) for one in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == sorted(ids, reverse=True)


def test_filters_narrow_the_list(api: Api) -> None:
    """Each filter alone finds the one message that it is for."""
    wanted = api.accept(
        reference="RE-7", subject="Äpfel und Birnen", to="Zoë <zoe@kunde.example>", give_up_s=300
    )
    api.clock.advance(60)
    later = api.accept(reference="RE-8")
    api.clock.advance(60)
    api.ports.outbox.cancel(api.tenant_id, later, api.clock.now(), "test")

    for query in (
        "status=queued",
        "reference=RE-7",
        "q=%C3%84pfel",
        "q=zoe@kunde",
        "until=2026-11-23T09:00:30Z",
        "until=2026-11-23T10:00:30%2B01:00",
    ):
        assert [message["id"] for message in _list(api, f"?{query}")["data"]] == [wanted], query
    for query in ("status=cancelled", "since=2026-11-23T09:00:30Z", "reference=RE-8"):
        assert [message["id"] for message in _list(api, f"?{query}")["data"]] == [later], query
    assert _list(api, "?connection=con_unknown")["data"] == []


def test_errors_can_be_asked_for_alone(api: Api) -> None:
    """What failed is listed, what still waits is not."""
    failed, _ = api.accept(), api.accept()
    [claimed, *_] = api.ports.outbox.claim("test", api.clock.now(), limit=1, per_mailbox=1, lease_s=30)
    attempt = make_attempt(claimed, api.clock.now(), State.FAILED, "message-refused")
    api.ports.outbox.record(claimed, attempt, Verdict(State.FAILED))

    assert [message["id"] for message in _list(api, "?errors_only=true")["data"]] == [failed]
    assert len(_list(api, "?errors_only=false")["data"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1000000000",
        "limit=101",
        "limit=%D9%A1",
        "limit=",
        "status=lost",
        "errors_only=yes",
        "since=yesterday",
        "until=2026-11-23T09:00:00",
        "q=%00",
        f"q={'a' * 201}",
        "reference=%0A",
        "conection=con_1",
        "limit=1&limit=2",
    ],
)
def test_a_bad_parameter_is_named(api: Api, query: str) -> None:
    """A mistyped filter must not quietly list everything."""
    answer = api.client.get(f"/v1/messages?{query}", headers=api.key)

    assert answer.json is not None
    assert answer.status_code == 400
    assert [fault["parameter"] for fault in answer.json["errors"]] == [query.partition("=")[0]]


def test_all_bad_parameters_are_named_at_once(api: Api) -> None:
    """As with fields."""
    answer = api.client.get("/v1/messages?limit=x&status=y&since=z", headers=api.key)

    assert answer.json is not None
    assert answer.json["code"] == "validation"
    assert {fault["parameter"] for fault in answer.json["errors"]} == {"limit", "status", "since"}


@pytest.mark.parametrize("cursor", ["x", "msg_" + "0" * 26, "msg_%00", ""])
def test_a_forged_cursor_is_refused(api: Api, cursor: str) -> None:
    """Only what a page gave leads to the next one."""
    answer = api.client.get(f"/v1/messages?after={cursor}", headers=api.key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-cursor")


def test_a_key_for_some_mailboxes_pages_through_theirs_alone(api: Api) -> None:
    """The pages are as full as anybody's."""
    ids = [api.accept() for _ in range(3)]
    key = api.add_key(api.tenant_id, connection_ids=frozenset({api.mailbox.id, "con_" + "0" * 26}))

    page = _list(api, "?limit=2", **key)
    rest = _list(api, f"?limit=2&after={page['next']}", **key)

    assert page["has_more"]
    assert {one["id"] for one in page["data"] + rest["data"]} == set(ids)
