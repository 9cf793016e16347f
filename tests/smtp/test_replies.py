"""Replies as servers write them, and as they should not."""

import pytest

from service.smtp.replies import GarbledReplyError, Reply, ReplyLines


def read(*lines: bytes) -> Reply | None:
    """The reply of these lines, ``None`` while there is more to come."""
    collected, reply = ReplyLines(), None
    for line in lines:
        reply = collected.add(line)
    return reply


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ([b"250 OK"], Reply(250, "", "OK")),
        ([b"250"], Reply(250, "", "")),
        ([b"250-one", b"250-two", b"250 three"], Reply(250, "", "one\ntwo\nthree")),
        ([b"250-one", b"250"], Reply(250, "", "one")),
        ([b"250 2.0.0 OK 1763 abc - gsmtp"], Reply(250, "2.0.0", "OK 1763 abc - gsmtp")),
        ([b"550-5.1.1 no such", b"550-5.1.1", b"550 5.1.1 user"], Reply(550, "5.1.1", "no such\n\nuser")),
        ([b"550 2.1.5 the class of another code"], Reply(550, "", "2.1.5 the class of another code")),
        ([b"250 2.1.5000 no code"], Reply(250, "", "2.1.5000 no code")),
        ([b"550 5.1.1\tTab"], Reply(550, "", "5.1.1\tTab")),
        (["550 Empfänger unbekannt".encode()], Reply(550, "", "Empfänger unbekannt")),
        ([b"550 \xff\x00\x1b[31m\xe2\x80\xa8"], Reply(550, "", "\ufffd\ufffd\ufffd[31m\ufffd")),
        ([b"250-a"], None),
    ],
)
def test_a_reply_is_read_as_it_was_meant(lines: list[bytes], reply: Reply | None) -> None:
    """Lines are joined, codes taken off, and nothing is left that a log or a page could not bear."""
    assert read(*lines) == reply


@pytest.mark.parametrize(
    "lines",
    [
        [b""],
        [b"25"],
        [b"2500 OK"],
        [b"250OK"],
        [b"250\tOK"],
        [b" 250 OK"],
        [b"+25 OK"],
        [b"150 OK"],
        [b"600 OK"],
        [b"\xb2\xb5\xb0 OK"],
        ["２５０ OK".encode()],
        [b"HTTP/1.1 400 Bad Request"],
        [b"250-one", b"550 other"],
        [b"250-one", b"no code"],
    ],
)
def test_what_is_no_reply_is_not_taken_for_one(lines: list[bytes]) -> None:
    """A wrong code, a line of another code or no code at all is garbage, not success."""
    with pytest.raises(GarbledReplyError):
        read(*lines)


def test_a_reply_says_what_it_is() -> None:
    """By its first digit (RFC 5321 §4.2.1)."""
    assert Reply(250, "", "").is_success
    assert Reply(450, "", "").is_refusal
    assert Reply(450, "", "").is_temporary
    assert not Reply(550, "", "").is_temporary
    assert not Reply(354, "", "").is_success
    assert str(Reply(550, "5.1.1", "no")) == "550 5.1.1 no"
