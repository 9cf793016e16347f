"""What is wrong with a request before its meaning is looked at: form, size, method, header fields."""

import io
import json
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from service.api import body as body_module
from service.api.body import Body
from service.api.faults import BodyIncompleteError, BodyTimeoutError, BodyTooLargeError
from service.connections.connection import Connection
from service.identifiers import new_id
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from tests.api.conftest import Api, attachment
from tests.fakes.outbox import connect


@pytest.mark.parametrize("key", ["", None])
def test_a_message_needs_an_idempotency_key(api: Api, key: str | None) -> None:
    """Without a key nothing is kept."""
    headers = api.key | ({} if key is None else {"Idempotency-Key": key})

    answer = api.client.post("/v1/messages", json=api.message(), headers=headers)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency-key-missing")


@pytest.mark.parametrize("key", ["k" * 256, "a\tb", "a b", "ü", "first,second", "a\x7f"])
def test_a_bad_idempotency_key_is_refused(api: Api, key: str) -> None:
    """Too long, control, blank or other characters, or two of them as servers join them."""
    answer = api.post(api.message(), key=key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency-key-invalid")


@pytest.mark.parametrize(
    "more",
    [
        {"content_type": "text/plain"},
        {"content_type": ""},
        {"content_type": "application/json; charset=utf-16"},
        {"headers": {"Content-Encoding": "gzip"}},
    ],
)
def test_only_plain_utf8_json_is_read(api: Api, more: dict[str, Any]) -> None:
    """Other media types, other charsets and compressed bodies are a 415."""
    answer = api.post(api.message(), **more)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported-media-type")


def test_json_with_its_charset_is_read(api: Api) -> None:
    """Many clients add charset=utf-8."""
    answer = api.post(api.message(), content_type='application/json; charset="UTF-8"')

    assert answer.status_code == 202


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*"])
def test_who_takes_no_json_gets_none(api: Api, accept: str) -> None:
    """A 406 comes before anything is kept."""
    answer = api.post(api.message(), headers={"Accept": accept})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (406, "not-acceptable")
    assert api.ports.outbox.search(api.tenant_id, MessageFilter(), 1) == []


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, application/json;q=0.1", ""])
def test_who_takes_json_gets_it(api: Api, accept: str) -> None:
    """Browsers' and clients' usual wishes are met."""
    assert api.post(api.message(), headers={"Accept": accept}).status_code == 202


def test_a_wrong_method_names_the_right_ones(api: Api) -> None:
    """A 405 is a problem too and brings Allow."""
    answer = api.client.put("/v1/messages", headers=api.key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_body_that_announces_too_much_is_not_read(api: Api) -> None:
    """A 413 names the limit and ends the connection, whose rest nobody reads."""
    answer = api.post(b"{}", environ_overrides={"CONTENT_LENGTH": "400001"})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")
    assert answer.json["limit_bytes"] == 400_000
    assert answer.headers["Connection"] == "close"


def test_a_chunked_body_is_counted_as_it_comes() -> None:
    """Without a length the limit holds too, and at most one piece more is read."""
    stream = io.BytesIO(b"x" * 1_000_000)
    body = Body(
        {"wsgi.input": stream, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}, 100_000
    )

    with pytest.raises(BodyTooLargeError):
        body.read()

    assert stream.tell() <= 100_000 + body_module.PIECE_BYTES


def test_a_chunked_message_is_taken(api: Api) -> None:
    """A client need not know the length."""
    builder = EnvironBuilder(
        "/v1/messages",
        method="POST",
        headers=[*api.key.items(), ("Idempotency-Key", "chunked"), ("Transfer-Encoding", "chunked")],
        content_type="application/json",
        input_stream=io.BytesIO(json.dumps(api.message()).encode()),
    )
    environ = builder.get_environ() | {"wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)

    _, status, _ = run_wsgi_app(api.app, environ)

    assert status == "202 ACCEPTED"


def test_a_body_cut_short_is_no_message(api: Api) -> None:
    """What ends before its announced end is a 400, even where its beginning is good JSON."""
    whole = json.dumps(api.message()).encode()

    answer = api.post(whole, environ_overrides={"CONTENT_LENGTH": str(len(whole) + 1)})

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "body-incomplete")


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 30])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    """Servers check it too; this is the second net."""
    with pytest.raises((BodyIncompleteError, BodyTooLargeError)):
        Body({"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": length}, 1000)


@pytest.mark.parametrize(
    ("trouble", "error"), [(TimeoutError(), BodyTimeoutError), (OSError("gone"), BodyIncompleteError)]
)
def test_trouble_on_the_line_is_told_apart(trouble: OSError, error: type[Exception]) -> None:
    """A time-out of the server's socket is a 408, a lost client a 400 that nobody reads."""

    class Line(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise trouble

    with pytest.raises(error):
        Body({"wsgi.input": Line(), "CONTENT_LENGTH": "5"}, 1000).read()


def test_who_sends_too_slowly_is_let_go() -> None:
    """After the first seconds less than 1 kB/s is a 408, and nobody sends for more than two minutes."""
    with pytest.raises(BodyTimeoutError):
        body_module.check_pace(20, 19_000)
    with pytest.raises(BodyTimeoutError):
        body_module.check_pace(121, 10**9)
    body_module.check_pace(9, 1)
    body_module.check_pace(20, 20_000)


def test_attachments_over_the_limit_name_both_sizes(api: Api) -> None:
    """The 413 says how large they are together and what is allowed."""
    files = [attachment(bytes(100_001), "a.bin"), attachment(bytes(100_000), "b.bin")]

    answer = api.post(api.message(attachments=files))

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (413, "message-too-large")
    assert (answer.json["size_bytes"], answer.json["limit_bytes"]) == (200_001, 200_000)


def test_the_answer_shows_what_was_kept(api: Api) -> None:
    """202 brings the id, the place to look, when it leaves, and the files as they were taken."""
    two = [attachment(filename="rechnung.pdf"), attachment(filename="Rechnung.pdf")]

    answer = api.post(api.message(attachments=two, reference="RE-1"))

    assert answer.json is not None
    assert answer.headers["Location"] == f"/v1/messages/{answer.json['id']}"
    assert answer.json["status"] == State.QUEUED
    assert answer.json["expected_at"] == "2026-11-23T09:00:00.000Z"
    assert [file["filename"] for file in answer.json["attachments"]] == ["rechnung.pdf", "Rechnung (2).pdf"]
    assert answer.headers["X-Request-Id"].startswith("req_")


def test_a_mailbox_that_cannot_send_still_takes_mail(api: Api) -> None:
    """A dead connection is no reason to lose a message: 202, waiting, with a warning."""
    api.ports.connections.pause(api.tenant_id, api.mailbox.id, api.clock.now())

    answer = api.post(api.message())

    assert answer.json is not None
    assert (answer.status_code, answer.json["status"]) == (202, "waiting")
    assert [warning["code"] for warning in answer.json["warnings"]] == ["connection-waiting"]
    assert answer.json["expected_at"] is None


def test_a_disconnected_mailbox_takes_none(api: Api) -> None:
    """Who disconnected a mailbox does not want it used."""
    api.ports.connections.disconnect(api.tenant_id, api.mailbox.id, api.clock.now())

    answer = api.post(api.message())

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (409, "connection-disconnected")


def test_a_post_right_after_a_change_of_its_mailbox_meets_the_mailbox_as_it_is(api: Api) -> None:
    """Another process may have changed it, of which this one hears nothing."""
    connections, tenant_id, mailbox_id = api.stores.connections, api.tenant_id, api.mailbox.id
    from_alias = {"from": "info@muster.example"}
    api.accept()

    assert api.post(api.message(**from_alias)).status_code == 422
    connections.set_aliases(tenant_id, mailbox_id, frozenset({"info@muster.example"}))
    assert api.post(api.message(**from_alias)).status_code == 202
    connections.rename(tenant_id, mailbox_id, "Muster AG")
    renamed = api.accept()
    connections.pause(tenant_id, mailbox_id, api.clock.now())
    paused = api.post(api.message())
    connections.resume(tenant_id, mailbox_id, api.clock.now())
    resumed = api.post(api.message())
    connections.disconnect(tenant_id, mailbox_id, api.clock.now())
    disconnected = api.post(api.message(**from_alias))

    assert api.stores.outbox.get(tenant_id, renamed).sender.name == "Muster AG"
    assert [answer.json["status"] for answer in (paused, resumed)] == ["waiting", "queued"]  # type: ignore[index]
    assert disconnected.json is not None
    assert disconnected.json["code"] == "connection-disconnected"


@pytest.mark.parametrize("what", ["a post", "a test mail", "a correction"])
def test_a_mailbox_that_changes_while_mail_is_taken_is_looked_at_again(api: Api, what: str) -> None:
    """Until it stands still; one that never does costs the caller another try, and no wrong answer."""
    earlier = api.accept()
    api.client.post(f"/v1/messages/{earlier}/cancel", headers=api.key)
    look = api.stores.connections.get
    # A post begins with the mailbox as it was last seen, and that has changed as well.
    changes = iter([True, False] if what == "a post" else [True, True, False])

    def changing(tenant_id: str, connection_id: str) -> Connection:
        found = look(tenant_id, connection_id)
        if next(changes):
            api.stores.connections.rename(tenant_id, connection_id, new_id("name"))
        return found

    def send() -> TestResponse:
        if what == "a post":
            api.stores.connections.rename(api.tenant_id, api.mailbox.id, new_id("name"))
            return api.post(api.message())
        if what == "a test mail":
            return api.client.post(f"/v1/connections/{api.mailbox.id}/test", headers=api.key, json={})
        headers = api.key | {"Idempotency-Key": new_id("idem")}
        path = f"/v1/messages/{earlier}/correct"
        return api.client.post(path, headers=headers, json={"to": "kunde@richtig.example"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api.stores.connections, "get", changing)
        taken = send()
        assert list(changes) == []
        changes = iter([True] * 9)
        refused = send()

    assert taken.status_code == 202
    assert (refused.status_code, refused.json["code"]) == (503, "unavailable")  # type: ignore[index]


def test_the_sender_is_the_mailbox_by_default(api: Api) -> None:
    """Without from, the connection's address and name are used; without connection, from finds it."""
    by_connection = api.accept()
    by_sender = api.accept(**{"connection": None, "from": f"Buchhaltung <{api.mailbox.address.upper()}>"})

    senders = [api.ports.outbox.get(api.tenant_id, one).sender for one in (by_connection, by_sender)]
    assert [sender.name for sender in senders] == ["Muster GmbH", "Buchhaltung"]


def test_without_connection_and_sender_the_default_sends(api: Api) -> None:
    """A repetition is the same mail also when another mailbox became the default meanwhile."""
    other = connect(api.stores, api.tenant_id, api.clock.now())
    first = api.post(api.message(connection=None), key="RE-1")
    made = api.client.post(f"/v1/connections/{other.id}/default", headers=api.key)
    again = api.post(api.message(connection=None), key="RE-1")
    next_one = api.accept(connection=None)

    assert made.json is not None
    assert (first.status_code, made.status_code, made.json["is_default"]) == (202, 200, True)
    assert first.json is not None
    assert again.json is not None
    assert again.json["id"] == first.json["id"]
    entries = [api.ports.outbox.get(api.tenant_id, one) for one in (first.json["id"], next_one)]
    assert [entry.connection_id for entry in entries] == [api.mailbox.id, other.id]


def test_without_a_default_a_mailbox_must_be_named(api: Api) -> None:
    """The answer says which fields help."""
    api.ports.connections.disconnect(api.tenant_id, api.mailbox.id, api.clock.now())

    answer = api.post(api.message(connection=None))

    assert answer.json is not None
    assert answer.status_code == 422
    [fault] = answer.json["errors"]
    assert (fault["pointer"], fault["code"]) == ("/connection", "required")


def test_a_dry_run_keeps_nothing(api: Api) -> None:
    """The same checks and the same answer without an id, and no key needed."""
    answer = api.client.post("/v1/messages?dry_run=true", json=api.message(), headers=api.key)
    bad = api.client.post("/v1/messages?dry_run=true", json=api.message(subject="a\n"), headers=api.key)
    odd = api.client.post("/v1/messages?dry_run=1", json=api.message(), headers=api.key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["dry_run"], "id" in answer.json) == (200, True, False)
    assert (bad.status_code, odd.status_code) == (422, 400)
    assert api.ports.outbox.search(api.tenant_id, MessageFilter(), 1) == []
