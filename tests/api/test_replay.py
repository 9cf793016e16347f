"""Idempotency: the same order twice is one message."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.outbox.listing import MessageFilter
from tests.api.conftest import Api, attachment
from tests.fakes.outbox import connect


def test_the_same_post_again_answers_the_same_message(api: Api) -> None:
    """The second answer brings the first id and says that it is a replay."""
    message = api.message(attachments=[attachment()])

    first, second = (api.post(message, key="RE-1/1") for _ in range(2))

    assert first.json is not None
    assert second.json is not None
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json["id"] == second.json["id"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


def test_another_message_under_the_same_key_is_refused(api: Api) -> None:
    """A reused key is a mistake of the caller and must not swallow a message."""
    api.post(api.message(), key="RE-1/1")

    answers = [
        api.post(api.message(**fields), key="RE-1/1")
        for fields in (
            {"subject": "Andere"},
            {"bcc": "a@example.com"},
            {"attachments": [attachment()]},
            {"metadata": {"a": "b"}},
        )
    ]

    assert [(a.status_code, a.json["code"]) for a in answers] == [(422, "idempotency-key-reused")] * 4  # type: ignore[index]


def test_another_tenants_key_is_another_key(api: Api) -> None:
    """Keys are each tenant's own."""
    api.post(api.message(), key="RE-1/1")

    answer = api.post(api.message(connection=api.other_mailbox.id), key="RE-1/1", headers=api.other_key)

    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer.headers


def test_fifty_threads_with_one_key_make_one_message(api: Api) -> None:
    """However many repeat it at once, there is one row and one id."""
    message = api.message(attachments=[attachment()])

    def post(_number: int) -> str:
        answer = api.app.test_client().post(
            "/v1/messages", json=message, headers=api.key | {"Idempotency-Key": "RE-1/1"}
        )
        assert answer.json is not None
        return str(answer.json["id"])

    with ThreadPoolExecutor(50) as pool:
        ids = set(pool.map(post, range(50)))

    assert len(ids) == 1
    assert len(api.ports.outbox.search(api.tenant_id, MessageFilter(), 100)) == 1


def test_what_was_accepted_is_answered_again_even_if_it_would_be_refused_now(api: Api) -> None:
    """A late repetition learns the id, though the mailbox is gone and the time long past."""
    message = api.message(scheduled_at="2026-11-23T10:00:00Z")
    first = api.post(message, key="RE-1/1")
    api.ports.connections.disconnect(api.tenant_id, api.mailbox.id, api.clock.now())
    api.clock.advance(3 * 86_400)

    second = api.post(message, key="RE-1/1")
    third = api.post(message, key="RE-1/2")

    assert (first.status_code, second.status_code, third.status_code) == (202, 202, 422)
    assert first.json is not None
    assert second.json is not None
    assert second.json["id"] == first.json["id"]


@pytest.mark.parametrize("is_sender_given", [True, False])
def test_a_repetition_that_finds_no_mailbox_any_more_is_answered_again(
    api: Api, *, is_sender_given: bool
) -> None:
    """It named none, and the one that was found for it is gone: it is no reason to send the invoice anew."""
    sender = {"from": api.mailbox.address} if is_sender_given else {}
    message = api.message(connection=None, **sender)
    first = api.post(message, key="RE-1/1")
    api.ports.connections.disconnect(api.tenant_id, api.mailbox.id, api.clock.now())

    again = api.post(message, key="RE-1/1")
    other = api.post(message | {"subject": "Andere"}, key="RE-1/1")
    new = api.post(message, key="RE-1/2")

    assert first.json is not None
    assert again.json is not None
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")  # type: ignore[index]
    assert new.status_code == 422


@pytest.mark.parametrize("key", ["dry-run", "RE-1/1"])
def test_a_dry_run_repeats_no_message(api: Api, key: str) -> None:
    """Whatever keys there are: without a mailbox it is told that there is none."""
    message = api.message(connection=None)
    api.post(message, key=key)
    api.ports.connections.disconnect(api.tenant_id, api.mailbox.id, api.clock.now())

    rehearsed = api.post(message, key=key, query_string={"dry_run": "true"})

    assert rehearsed.status_code == 422
    assert rehearsed.json["errors"] == api.post(message, key="RE-2/1").json["errors"]  # type: ignore[index]  # objects


def test_a_repetition_that_finds_another_mailbox_is_answered_again(api: Api) -> None:
    """The first mailbox is gone, and another one may send as the same address by now."""
    message = api.message(connection=None, **{"from": api.mailbox.address})
    first = api.post(message, key="RE-1/1")
    api.ports.connections.disconnect(api.tenant_id, api.mailbox.id, api.clock.now())
    other = connect(api.stores, api.tenant_id, api.clock.now())
    api.stores.connections.set_aliases(api.tenant_id, other.id, frozenset({api.mailbox.address}))

    again = api.post(message, key="RE-1/1")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json is not None
    assert again.json is not None
    assert again.json["id"] == first.json["id"]


def test_a_key_for_some_mailboxes_learns_nothing_of_others_by_a_repetition(api: Api) -> None:
    """The earlier message is another mailbox's, so the answer is that of a key which was never used."""
    message = api.message(connection=None)
    api.post(message, key="RE-1/1")
    own = connect(api.stores, api.tenant_id, api.clock.now())
    limited = api.add_key(api.tenant_id, connection_ids=frozenset({own.id}))

    used, new = (api.post(message, key=key, headers=limited) for key in ("RE-1/1", "RE-1/2"))

    assert (used.status_code, new.status_code) == (403, 403)
