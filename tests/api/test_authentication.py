"""Keys: who gets in, what they may do, and how fast a revoked one is worthless."""

from datetime import timedelta

import pytest

from service.access.api_key import Right, generate
from service.api.authentication import Authentication, Caller
from service.errors import StorageUnavailableError
from tests.api.conftest import Api, Headers


def _without_id(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "request_id"}


def _bad_keys(api: Api) -> dict[str, Headers]:
    now = api.clock.now()
    return {
        "none": {},
        "no bearer": {"Authorization": "Basic YTpi"},
        "empty": {"Authorization": "Bearer "},
        "malformed": {"Authorization": "Bearer pa_live_x"},
        "not ASCII": {"Authorization": "Bearer pä_live"},
        "one character more": {"Authorization": api.key["Authorization"] + "x"},
        "unknown": {"Authorization": f"Bearer {generate()[1].get_secret_value()}"},
        "revoked": api.add_key(api.tenant_id, revoked_at=now),
        "expired": api.add_key(api.tenant_id, expires_at=now),
    }


def test_every_bad_key_gets_the_same_answer(api: Api) -> None:
    """Nobody learns whether a key was unknown, revoked or misspelt."""
    answers = [api.client.get("/v1/messages", headers=headers) for headers in _bad_keys(api).values()] + [
        api.client.get(f"/v1/messages?api_key={api.key['Authorization'][7:]}", headers=api.key)
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="postausgang"'}
    bodies = [_without_id(dict(answer.json or {})) for answer in answers]
    assert all(body == bodies[0] for body in bodies)


def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    """RFC 9110 §11.1: schemes are case-insensitive."""
    headers = {"Authorization": api.key["Authorization"].replace("Bearer", "bearer")}

    assert api.client.get("/v1/messages", headers=headers).status_code == 200


def test_a_revoked_key_is_worthless_within_a_second(api: Api) -> None:
    """A key is believed for less than a second after it was looked up."""
    assert api.client.get("/v1/messages", headers=api.key).status_code == 200
    (key,) = api.stores.api_keys.of_tenant(api.tenant_id)
    api.stores.api_keys.revoke(api.tenant_id, key.id, api.clock.now())

    api.clock.advance(1)

    assert api.client.get("/v1/messages", headers=api.key).status_code == 401


def test_a_known_key_expires_to_the_moment(api: Api) -> None:
    """The short memory does not lengthen a key's life."""
    key = api.add_key(api.tenant_id, expires_at=api.clock.now() + timedelta(seconds=0.5))
    assert api.client.get("/v1/messages", headers=key).status_code == 200

    api.clock.advance(0.5)

    assert api.client.get("/v1/messages", headers=key).status_code == 401


def test_the_last_use_is_noted_once_a_minute(api: Api) -> None:
    """The operator sees which keys are in use, at the cost of one write a minute."""
    first = api.clock.now()
    for seconds in (0, 30, 29.9):
        api.clock.advance(seconds)
        api.client.get("/v1/messages", headers=api.key, buffered=True)
    (key,) = api.stores.api_keys.of_tenant(api.tenant_id)
    assert key.last_used_at == first

    api.clock.advance(0.2)
    api.client.get("/v1/messages", headers=api.key, buffered=True)

    (key,) = api.stores.api_keys.of_tenant(api.tenant_id)
    assert key.last_used_at == api.clock.now()


@pytest.mark.parametrize(
    ("right", "method", "path", "allowed"),
    [
        (Right.SEND, "POST", "/v1/messages", True),
        (Right.READ, "POST", "/v1/messages", False),
        (Right.SEND, "GET", "/v1/messages", False),
        (Right.READ, "GET", "/v1/messages", True),
        (Right.SEND, "GET", "/v1/connections", False),
        (Right.READ, "GET", "/v1/connections", True),
        (Right.CONNECTIONS, "GET", "/v1/connections", True),
        (Right.READ, "POST", "/v1/connect-links", False),
        (Right.CONNECTIONS, "POST", "/v1/connect-links", True),
    ],
)
def test_a_key_does_what_its_rights_say(
    api: Api, right: Right, method: str, path: str, *, allowed: bool
) -> None:
    """Without the right it is a 403, before the body is looked at."""
    key = api.add_key(api.tenant_id, frozenset({right}))

    answer = api.client.open(path, method=method, headers=key)

    assert (answer.status_code != 403) is allowed


def test_a_key_for_one_mailbox_sees_no_other(api: Api) -> None:
    """Other mailboxes are forbidden, their messages not there, and new ones not invited."""
    theirs = api.accept()
    key = api.add_key(api.tenant_id, connection_ids=frozenset({api.other_mailbox.id}))
    box = f"/v1/connections/{api.mailbox.id}"

    answers = {
        "post": api.post(api.message(), headers=key),
        "get": api.client.get(f"/v1/messages/{theirs}", headers=key),
        "cancel": api.client.post(f"/v1/messages/{theirs}/cancel", headers=key),
        "filter": api.client.get(f"/v1/messages?connection={api.mailbox.id}", headers=key),
        "cursor": api.client.get(f"/v1/messages?after={theirs}", headers=key),
        "box": api.client.get(box, headers=key),
        "pause": api.client.post(f"{box}/pause", headers=key),
        "name": api.client.patch(box, json={"display_name": "Fremd"}, headers=key),
        "link": api.client.post("/v1/connect-links", json={"purpose": "x"}, headers=key),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "post": 403,
        "get": 404,
        "cancel": 404,
        "filter": 403,
        "cursor": 400,
        "box": 403,
        "pause": 403,
        "name": 403,
        "link": 403,
    }
    for path in ("/v1/messages", "/v1/connections"):
        listed = api.client.get(path, headers=key).json
        assert listed is not None
        assert listed["data"] == []


def test_a_failing_note_of_the_last_use_fails_no_request(api: Api) -> None:
    """The answer has left already; the log tells of it."""

    class Keys:
        def __init__(self) -> None:
            self.tried = 0

        def touch(self, _key_id: str, _at: object) -> None:
            self.tried += 1
            raise StorageUnavailableError

    keys = Keys()
    authentication = Authentication(keys, api.clock)  # type: ignore[arg-type]  # only touch is used
    (key,) = api.stores.api_keys.of_tenant(api.tenant_id)

    authentication.touch(Caller(key))

    assert keys.tried == 1
