"""multipart/form-data: files are streamed, and arrive byte for byte."""

import hashlib
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from service.api import multipart
from service.api.multipart import read_form
from service.vault.spool import SealedSpool
from tests.api.conftest import PDF, Api, attachment

BOUNDARY = "grenze"
MIB = 1024 * 1024


def part(name: str, body: bytes, *lines: str, filename: str | None = None) -> bytes:
    """One part; ``lines`` are further lines of its head."""
    called = "" if filename is None else f'; filename="{filename}"'
    head = [f'Content-Disposition: form-data; name="{name}"{called}', *lines]
    return f"--{BOUNDARY}\r\n".encode() + "\r\n".join(head).encode() + b"\r\n\r\n" + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    """The whole body."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def message_part(api: Api, **fields: Any) -> bytes:
    """The part with the message's JSON."""
    return part("message", json.dumps(api.message(**fields)).encode(), "Content-Type: application/json")


def post(api: Api, body: bytes, **more: Any) -> TestResponse:
    """POST a form."""
    return api.post(body, **({"content_type": f"multipart/form-data; boundary={BOUNDARY}"} | more))


def test_files_and_message_come_in_any_order(api: Api) -> None:
    """The stored mail holds the files' hashes, types and content ids."""
    logo = part("attachments", b"GIF89a", "Content-ID: <logo>", "Content-Type: image/gif", filename="l.gif")
    pdf = part("files", PDF, filename="Rechnung Ü.pdf")
    html = {"html": "<img src='cid:logo'>", "attachments": [attachment(b"a", "first.txt")]}

    answer = post(api, form(logo, message_part(api, **html), pdf))

    assert answer.json is not None
    assert answer.status_code == 202, answer.json
    assert [
        (file["filename"], file["content_type"], file["content_id"]) for file in answer.json["attachments"]
    ] == [
        ("first.txt", "text/plain", None),
        ("l.gif", "image/gif", "logo"),
        ("Rechnung Ü.pdf", "application/pdf", None),
    ]
    assert answer.json["attachments"][2]["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_a_form_and_json_of_the_same_message_are_the_same_order(api: Api) -> None:
    """A client may change its way between two tries."""
    by_json = api.post(api.message(attachments=[attachment()]), key="RE-1")
    by_form = post(api, form(message_part(api), part("files", PDF, filename="rechnung.pdf")), key="RE-1")

    assert by_json.json is not None
    assert by_form.json is not None
    assert by_form.json["id"] == by_json.json["id"]


BAD_FORMS = {
    "no message": (form(part("files", PDF, filename="a.pdf")), 422, "validation"),
    "message twice": (form(part("message", b"{}"), part("message", b"{}")), 400, "invalid-multipart"),
    "message no JSON": (form(part("message", b"{")), 400, "invalid-json"),
    "unknown part": (form(part("message", b"{}"), part("datei", b"x", filename="a")), 422, "validation"),
    "no file name": (form(part("message", b"{}"), part("files", b"x")), 422, "attachment-name"),
    "no disposition": (form(f"--{BOUNDARY}\r\nA: b\r\n\r\nx\r\n".encode()), 400, "invalid-multipart"),
    "head without end": (f"--{BOUNDARY}\r\n".encode() + b"a" * 100_000, 400, "invalid-multipart"),
    "no boundary at all": (b"x" * 100_000, 400, "invalid-multipart"),
    "head not UTF-8": (form(part("x", b"{}").replace(b"x", b"\xff")), 400, "invalid-multipart"),
    "LF for CRLF": (form(part("message", b"{}")).replace(b"\r", b""), 400, "body-incomplete"),
    "a field twice": (form(part("files", b"x", "A: 1", "a: 2", filename="a")), 400, "invalid-multipart"),
    "more behind a boundary": (
        form(part("message", b"{}")).replace(b"grenze\r", b"grenze!\r"),
        400,
        "invalid-multipart",
    ),
    "no parts": (form(), 422, "validation"),
    "nothing but a beginning": (b"-", 400, "body-incomplete"),
    "cut in a file": (form(part("files", PDF, filename="a.pdf"))[:-20], 400, "body-incomplete"),
    "cut in a head": (f"--{BOUNDARY}\r\nContent-".encode(), 400, "body-incomplete"),
    "too many parts": (form(*[part("files", b"x", filename="a.txt")] * 102), 400, "invalid-multipart"),
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_a_bad_form_is_refused(api: Api, name: str) -> None:
    """Cut, broken or strange forms are problems, and nothing is kept."""
    body, status, code = BAD_FORMS[name]

    answer = post(api, body)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("content_type", ["multipart/form-data", f"multipart/form-data; boundary={'b' * 71}"])
def test_a_form_needs_its_boundary(api: Api, content_type: str) -> None:
    """RFC 2046 §5.1.1: 1 to 70 characters."""
    answer = post(api, form(message_part(api)), content_type=content_type)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-multipart")


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (part("files", b"", filename="a.pdf"), "attachment-empty"),
        (part("files", PDF, filename="..%2Fa\u202e.pdf"), "attachment-name"),
        (part("files", PDF, filename="a/b.pdf"), "attachment-name"),
        (part("files", b"MZ", filename="a.exe"), "attachment-type-blocked"),
        (part("files", PDF, "Content-Type: pdf", filename="a.pdf"), "validation"),
        (part("files", PDF, "Content-Transfer-Encoding: base64", filename="a.pdf"), "attachment-encoding"),
    ],
)
def test_files_of_a_form_obey_the_same_rules(api: Api, made: bytes, code: str) -> None:
    """The fault is named at the place that the file has among all attachments."""
    answer = post(api, form(message_part(api, attachments=[attachment()]), made))

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_too_large_files_name_both_sizes(api: Api) -> None:
    """What is over the limit is counted to its end, not kept, and answered 413."""
    files = [part("files", bytes(150_000), filename="a.bin"), part("files", bytes(150_000), filename="b.bin")]

    answer = post(api, form(message_part(api), *files))

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (413, "message-too-large")
    assert (answer.json["size_bytes"], answer.json["limit_bytes"]) == (300_000, 200_000)


def test_files_and_json_attachments_are_counted_together(api: Api) -> None:
    """Half here and half there is no way around the limit."""
    inside = [attachment(bytes(150_000), "a.bin")]

    answer = post(
        api, form(message_part(api, attachments=inside), part("files", bytes(150_000), filename="b.bin"))
    )

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (413, "message-too-large")
    assert answer.json["size_bytes"] == 300_000


def test_a_message_part_of_megabytes_is_refused(api: Api) -> None:
    """Large things belong into file parts."""
    answer = post(api, form(part("message", b" " * (multipart.MESSAGE_BYTES + 1))))

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")


class Trickle(io.RawIOBase):
    """A line that gives what it likes, at most ``size`` bytes at a time."""

    def __init__(self, pieces: Iterator[bytes], size: int = 65536) -> None:
        self._pieces = pieces
        self._size = size
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        """Some bytes; empty at the end."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = piece
        size = min(self._size, size)
        given, self._held = self._held[:size], self._held[size:]
        return given


def request_of(stream: Trickle, length: int) -> Request:
    """A request whose body is read from a line."""
    return Request(
        {
            "REQUEST_METHOD": "POST",
            "wsgi.input": stream,
            "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
            "CONTENT_LENGTH": str(length),
        }
    )


@given(
    files=st.lists(
        st.lists(
            st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"\r\n--gren", b"ze", b"a", b"\0\xff"]),
            min_size=1,
            max_size=30,
        )
        .map(b"".join)
        .filter(lambda file: f"\r\n--{BOUNDARY}".encode() not in file),
        max_size=3,
    ),
    size=st.integers(1, 40),
)
def test_any_bytes_arrive_as_they_were_sent(files: list[bytes], size: int) -> None:
    """However the line cuts them, and however much they look like boundaries."""
    body = form(part("message", b"{}"), *(part("files", one, filename="a") for one in files))

    read = read_form(request_of(Trickle(iter([body]), size), len(body)), SealedSpool(), 10_000)

    assert [b"".join(one.content.chunks()) for one in read.files] == files


def test_a_file_of_25_mb_takes_little_memory(tmp_path: Path) -> None:
    """The peak is a few pieces, not the file; what is on disk meanwhile is sealed."""
    block = b"Rechnungszeile mit Klartext\n" * 2341
    count = 25 * MIB // len(block)
    head = part("message", b"{}") + part("files", b"", filename="gross.txt")[:-2]
    length = len(head) + count * len(block) + len(form()) + 2

    def pieces() -> Iterator[bytes]:
        yield head
        for _ in range(count):
            yield block
        yield b"\r\n" + form()

    tracemalloc.start()
    read = read_form(request_of(Trickle(pieces()), length), SealedSpool(tmp_path), 26 * MIB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read.files[0].content.size_bytes == count * len(block)
    assert peak < 6 * MIB
    assert list(tmp_path.iterdir()) == []
