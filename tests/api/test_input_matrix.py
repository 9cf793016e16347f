"""The input matrix of POST /v1/messages, row by row: what comes in, and which problem it is."""

from typing import Any

import pytest

from service.outbox.listing import MessageFilter
from tests.api.conftest import Api, attachment

CANARY = "kanarienvogel"
LONG_DOMAIN = f"{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example"

BAD_BODIES = {
    "empty": b"",
    "not JSON": b"{'a': 1}",
    "a list": b"[]",
    "NaN": b'{"give_up_s": NaN}',
    "Infinity": b'{"give_up_s": Infinity}',
    "a number beyond all floats": b'{"give_up_s": 1e999}',
    "a huge integer": b'{"give_up_s": ' + b"9" * 5000 + b"}",
    "an integer beyond 64 bits": b'{"give_up_s": 9999999999999999999}',
    "duplicate names": b'{"subject": "a", "subject": "b"}',
    "duplicate names, deeper": b'{"metadata": {"a": "1", "a": "2"}}',
    "a byte order mark": b'\xef\xbb\xbf{"subject": "a"}',
    "UTF-16": '{"subject": "a"}'.encode("utf-16-le"),
    "Latin-1": '{"subject": "ä"}'.encode("latin-1"),
    "33 levels": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "20,000 levels": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "20,000 open brackets": b'{"a":' + b"[" * 20_000,
    "10,002 items": b'{"a":[' + b"0," * 10_001 + b"0]}",
    "items in front of a string that never ends": b'{"a":[' + b"0," * 10_001 + b'"' + b'\\"' * 50_000,
    "bytes behind": b'{"subject": "a"} {}',
}

BAD_ADDRESSES = {
    "two in one": "a@example.com, b@example.com",
    "quoted local part": '"x@evil.example y"@example.com',
    "angle brackets twice": "<a@example.com>,<c@example.com",
    "comment": "a(comment)@example.com",
    "group": "team: a@example.com;",
    "address literal": "a@[127.0.0.1]",
    "no dot": "a@localhost",
    "two dots": "a..b@example.com",
    "255 characters": f"kunde@{LONG_DOMAIN}",
    "space": "a b@example.com",
    "NUL": "a\0@example.com",
    "zero width": "a\u200b@example.com",
    "trailing dot": "a@example.com.",
    "line break": "a@example.com\nBcc: b@example.com",
    "empty": "",
}

# name of the row: fields, code, pointer
BAD_FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown field": ({"atachments": []}, "unknown-field", "/atachments"),
    "wrong type": ({"subject": 5}, "wrong-type", "/subject"),
    "no conversion": ({"give_up_s": "300"}, "wrong-type", "/give_up_s"),
    "a truth is no number": ({"give_up_s": True}, "wrong-type", "/give_up_s"),
    "missing subject": ({"subject": None}, "required", "/subject"),
    "empty subject": ({"subject": " "}, "invalid-length", "/subject"),
    "no recipients": ({"to": []}, "required", "/to"),
    "no body": ({"text": None}, "required", "/text"),
    "six recipients": ({"to": [f"k{n}@example.com" for n in range(6)]}, "too-many", "/to"),
    "non-ASCII local part": ({"to": ["jörg@example.com"]}, "address-needs-smtputf8", "/to/0"),
    "control character in a name": ({"to": ["A\x01 <a@example.com>"]}, "invalid-characters", "/to/0"),
    "bad reply_to": ({"reply_to": ["x"]}, "invalid-address", "/reply_to/0"),
    "another sender": ({"from": "chef@muster.example"}, "sender-not-allowed", "/from"),
    "CR in subject": ({"subject": "a\rb"}, "invalid-characters", "/subject"),
    "LF in subject": ({"subject": "a\nBcc: x@example.com"}, "invalid-characters", "/subject"),
    "NUL in subject": ({"subject": "a\0"}, "invalid-characters", "/subject"),
    "U+0085 in subject": ({"subject": "a\x85b"}, "invalid-characters", "/subject"),
    "U+2028 in subject": ({"subject": "a\u2028b"}, "invalid-characters", "/subject"),
    "surrogate in subject": ({"subject": "a\ud800b"}, "invalid-characters", "/subject"),
    "999 characters": ({"subject": "a" * 999}, "invalid-length", "/subject"),
    "NUL in text": ({"text": "a\0b"}, "invalid-characters", "/text"),
    "surrogate in html": ({"html": "<p>\udfff"}, "invalid-characters", "/html"),
    "header not on the list": ({"headers": {"Foo": "1"}}, "header-not-allowed", "/headers/Foo"),
    "colon in a header name": ({"headers": {"X-A:": "1"}}, "header-not-allowed", "/headers/X-A:"),
    "space in a header name": ({"headers": {"X-A B": "1"}}, "header-not-allowed", "/headers/X-A B"),
    "LF in a header name": ({"headers": {"X-A\nBcc": "1"}}, "header-not-allowed", "/headers/X-A\nBcc"),
    "LF in a header": ({"headers": {"X-A": "1\nBcc: a"}}, "invalid-characters", "/headers/X-A"),
    "slash in a header name": ({"headers": {"X/A": "1"}}, "header-not-allowed", "/headers/X~1A"),
    "a header twice": ({"headers": {"X-A": "1", "x-a": "2"}}, "header-not-allowed", "/headers/x-a"),
    "References not ASCII": ({"headers": {"References": "ä"}}, "invalid-characters", "/headers/References"),
    **{
        name: ({"headers": {name: "1"}}, "header-not-allowed", f"/headers/{name}")
        for name in ("Bcc", "From", "DKIM-Signature", "Content-Type", "Received", "X-Postausgang-Id")
    },
    "not base64": (
        {"attachments": [{"filename": "a.pdf", "content": "!!"}]},
        "attachment-encoding",
        "/attachments/0/content",
    ),
    "url-safe base64": (
        {"attachments": [{"filename": "a.bin", "content": "_-__"}]},
        "attachment-encoding",
        "/attachments/0/content",
    ),
    "base64 with line breaks": (
        {"attachments": [{"filename": "a.bin", "content": "AAAA\nAAAA"}]},
        "attachment-encoding",
        "/attachments/0/content",
    ),
    "base64 without padding": (
        {"attachments": [{"filename": "a.bin", "content": "AAA"}]},
        "attachment-encoding",
        "/attachments/0/content",
    ),
    "another hash": (
        {"attachments": [attachment(sha256="0" * 64)]},
        "attachment-hash-mismatch",
        "/attachments/0/sha256",
    ),
    "no hash": ({"attachments": [attachment(sha256="x")]}, "invalid-value", "/attachments/0/sha256"),
    "empty file": ({"attachments": [attachment(b"")]}, "attachment-empty", "/attachments/0/content"),
    "path": (
        {"attachments": [attachment(filename="../a.pdf")]},
        "attachment-name",
        "/attachments/0/filename",
    ),
    "NUL in a file name": (
        {"attachments": [attachment(filename="a\0.pdf")]},
        "attachment-name",
        "/attachments/0/filename",
    ),
    "direction mark in a file name": (
        {"attachments": [attachment(filename="a\u202efdp.exe")]},
        "attachment-name",
        "/attachments/0/filename",
    ),
    "program": (
        {"attachments": [attachment(b"MZ", "setup.EXE")]},
        "attachment-type-blocked",
        "/attachments/0/filename",
    ),
    "content id twice": (
        {
            "html": "<img src='cid:a'>",
            "attachments": [attachment(content_id="a"), attachment(content_id="a")],
        },
        "invalid-content-id",
        "/attachments/1/content_id",
    ),
    "no content type": (
        {"attachments": [attachment(content_type="pdf")]},
        "invalid-content-type",
        "/attachments/0/content_type",
    ),
    "no zone": ({"scheduled_at": "2026-11-24T09:00:00"}, "invalid-time", "/scheduled_at"),
    "29 February": ({"scheduled_at": "2027-02-29T09:00:00Z"}, "invalid-time", "/scheduled_at"),
    "before all calendars": ({"scheduled_at": "0001-01-01T00:00:00+23:59"}, "invalid-time", "/scheduled_at"),
    "25 hours ago": ({"scheduled_at": "2026-11-22T08:00:00Z"}, "out-of-range", "/scheduled_at"),
    "two years ahead": ({"scheduled_at": "2028-11-23T09:00:00Z"}, "out-of-range", "/scheduled_at"),
    "give up at once": ({"give_up_s": 299}, "out-of-range", "/give_up_s"),
    "give up in months": ({"give_up_s": 604_801}, "out-of-range", "/give_up_s"),
    "long reference": ({"reference": "r" * 201}, "invalid-length", "/reference"),
    "NUL in a reference": ({"reference": "\0"}, "invalid-characters", "/reference"),
    "NUL in metadata": ({"metadata": {"a": "\0"}}, "invalid-characters", "/metadata/a"),
    "21 pairs": ({"metadata": {str(n): "" for n in range(21)}}, "too-many", "/metadata"),
    "nested metadata": ({"metadata": {"a": {}}}, "wrong-type", "/metadata/a"),
}
OWN_TYPE = {
    "invalid-address",
    "address-needs-smtputf8",
    "invalid-characters",
    "sender-not-allowed",
    "header-not-allowed",
    "attachment-encoding",
    "attachment-hash-mismatch",
    "attachment-empty",
    "attachment-name",
    "attachment-type-blocked",
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_is_no_strict_json_is_refused(api: Api, name: str) -> None:
    """Whatever two JSON readers could understand differently is a 400 and never a crash."""
    answer = api.post(BAD_BODIES[name])

    assert (answer.status_code, answer.json["code"]) == (400, "invalid-json")  # type: ignore[index]


@pytest.mark.parametrize("name", BAD_ADDRESSES)
def test_what_is_not_one_plain_address_is_refused(api: Api, name: str) -> None:
    """A bad address is named by its index, and its text does not come back."""
    answer = api.post(api.message(cc=["gut@example.com", BAD_ADDRESSES[name]]))

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-address")
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/cc/1"]


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_field_that_breaks_a_rule_is_named(api: Api, name: str) -> None:
    """Each rule of the matrix answers 422 with its code and the field's JSON pointer."""
    fields, code, pointer = BAD_FIELDS[name]

    answer = api.post(api.message(**fields))

    assert answer.json is not None
    assert answer.status_code == 422, answer.json
    assert [(fault["code"], fault["pointer"]) for fault in answer.json["errors"]] == [(code, pointer)]
    assert answer.json["code"] == (code if code in OWN_TYPE else "validation")
    assert api.ports.outbox.search(api.tenant_id, wanted=_ANY, limit=1) == []


def test_all_faults_are_named_at_once(api: Api) -> None:
    """Five faults of different kinds come in one answer."""
    answer = api.post(
        {
            "to": ["gut@example.com", "schlecht"],
            "subject": "a\nb",
            "unbekannt": 1,
            "text": 5,
            "connection": api.mailbox.id,
            "headers": {"Bcc": "x@example.com"},
        }
    )

    assert answer.json is not None
    assert answer.json["code"] == "validation"
    assert {fault["pointer"] for fault in answer.json["errors"]} == {
        "/to/1",
        "/subject",
        "/unbekannt",
        "/text",
        "/headers/Bcc",
    }


def test_a_bad_single_address_is_named_without_an_index(api: Api) -> None:
    """Where a string was sent, the pointer does not point into a list."""
    answer = api.post(api.message(to="schlecht"))

    assert answer.json is not None
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/to"]


@pytest.mark.parametrize(
    "fields",
    [
        {"to": [f"{CANARY} x"]},
        {"subject": f"{CANARY}\n"},
        {"text": [CANARY]},
        {"reference": CANARY * 100},
        {"scheduled_at": CANARY},
        {"metadata": {"a": {CANARY: 1}}},
        {"headers": {"X-A": f"{CANARY}\n"}},
        {"attachments": [{"filename": f"../{CANARY}", "content": f"{CANARY}!"}]},
        {"connection": CANARY},
        {"from": f"{CANARY}@example.com"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_no_value_comes_back(api: Api, fields: dict[str, Any]) -> None:
    """Problems say where and why, and never what was sent."""
    answer = api.post(api.message(**fields))

    assert answer.status_code in {404, 422}
    assert CANARY not in answer.text


def test_many_faults_do_not_make_a_long_answer(api: Api) -> None:
    """At most 100 faults are named."""
    answer = api.post(api.message(to=["x"] * 1500))

    assert answer.json is not None
    assert len(answer.json["errors"]) == 100


def test_addresses_beyond_all_reason_are_not_even_read(api: Api) -> None:
    """More than 2,000 addresses of one field are one fault."""
    answer = api.post(api.message(to=["x"] * 2001))

    assert answer.json is not None
    assert [fault["code"] for fault in answer.json["errors"]] == ["too-many"]


_ANY = MessageFilter()
