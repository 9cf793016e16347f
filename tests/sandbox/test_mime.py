"""The quick cutting of mails gives what the standard library's parser gives."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sandbox.mime import leaves, split


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=5000), st.text(st.characters(categories=["L", "N"]), min_size=1)))
)
def test_attachments_come_out_as_they_went_in(files: list[tuple[bytes, str]]) -> None:
    """Any bytes, any name, any number, read by both parsers."""
    message = EmailMessage(policy=policy.SMTP)
    message.set_content("Guten Tag")
    for content, name in files:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)

    found = [part for part in leaves(message.as_bytes()) if part.is_attached]
    judged = list(message_from_bytes(message.as_bytes(), policy=policy.default).iter_attachments())

    assert [(part.octets(), part.filename) for part in found] == files
    assert [part.get_content() for part in judged] == [part.octets() for part in found]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nafter", [b"\r\none", b"\r\ntwo"]),
        (b"before\n--b\n\none\n--b--", [b"\none"]),
        (b"--b \r\n\r\none\r\n--bc\r\n x--b\r\n--b--", [b"\r\none\r\n--bc\r\n x--b"]),
        (b"--b\r\nnever closed", [b"never closed"]),
        (b"no delimiter", []),
        (b"", []),
    ],
    ids=["usual", "bare LF", "look-alikes", "open", "none", "empty"],
)
def test_delimiter_lines(body: bytes, parts: list[bytes]) -> None:
    """RFC 2046 §5.1.1: at the start of a line, followed by white space only."""
    assert split(body, "b") == parts
