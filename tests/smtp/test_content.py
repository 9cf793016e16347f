"""The mail's bytes: nothing that smuggles leaves, and dots are stuffed wherever pieces are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.smtp.content import checked, stuffed, windows, with_last
from service.smtp.errors import ContentError

HEAD = b"Subject: x\r\n\r\nHallo\r\n"
SECOND = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\n"
# The fake ends of data of SMTP smuggling (CVE-2023-51764 and its kin), and what is close to them.
SMUGGLED = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r\n.\n",
    b"\n.\r",
    b"\r\n\r.\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\0\r\n.\r\n",
    b"\r\n.\r\0\n",
    b"\r",
    b"\n",
    b"\0",
]
# Lines, dots and the bytes that matter, in any order.
ODD = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"\0", b"a", b"..\r\n", b"\xe4"])).map(b"".join)


def cut(content: bytes, cuts: list[int]) -> list[bytes]:
    """Content in pieces; some may be empty."""
    places = [0, *sorted(place % (len(content) + 1) for place in cuts), len(content)]
    return [content[a:b] for a, b in pairwise(places)]


def is_harmless(content: bytes) -> bool:
    """The same question, asked slowly."""
    rest = content.replace(b"\r\n", b"")
    return content.endswith(b"\r\n") and not any(odd in rest for odd in (b"\r", b"\n", b"\0"))


@pytest.mark.parametrize("smuggled", SMUGGLED)
def test_a_false_end_of_data_does_not_leave(smuggled: bytes) -> None:
    """In one piece, byte by byte, and with a border anywhere in it: refused before the bytes that do it."""
    content = HEAD + smuggled + SECOND
    for pieces in ([content], [content[at : at + 1] for at in range(len(content))], cut(content, [22])):
        left: list[bytes] = []
        with pytest.raises(ContentError):
            left.extend(checked(pieces, len(content)))
        assert SECOND not in b"".join(left)


@given(ODD, st.lists(st.integers(0, 200)))
def test_the_check_is_the_same_however_pieces_are_cut(content: bytes, cuts: list[int]) -> None:
    """What passes is byte for byte the same; what must not leave is seen; what left before is harmless."""
    left: list[bytes] = []
    try:
        for piece in checked(cut(content, cuts), len(content)):
            left.append(piece)  # noqa: PERF402, what had left before an error counts
    except ContentError:
        assert not is_harmless(content)
    else:
        assert is_harmless(content)
        assert b"".join(left) == content
    assert is_harmless(b"".join(left) + b"\r\n")


@given(ODD, st.lists(st.integers(0, 200)))
def test_dots_are_stuffed_however_pieces_are_cut(content: bytes, cuts: list[int]) -> None:
    """A receiver that takes the dots off again has the same bytes, and no line is a lone dot."""
    content = content.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\n", b"\r\n")
    lines = b"".join(stuffed(filter(None, cut(content, cuts)))).split(b"\r\n")

    assert b"." not in lines
    assert b"\r\n".join(line.removeprefix(b".") for line in lines) == content
    assert all(line.startswith(b"..") for line in lines if line.startswith(b"."))


@pytest.mark.parametrize("said", [0, len(HEAD) - 1, len(HEAD) + 1])
def test_a_mail_of_another_length_is_not_given_on_to_its_end(said: int) -> None:
    """Too long is seen before the byte too many, too short in the place of the end."""
    with pytest.raises(ContentError, match="not as long"):
        list(checked([HEAD[:5], HEAD[5:]], said))


@pytest.mark.parametrize("pieces", [[], [b""], [b"a"], [b"a\r\n", b"b"]])
def test_a_mail_ends_with_a_line_end(pieces: list[bytes]) -> None:
    """Without one, the end of data would stand in the last line."""
    with pytest.raises(ContentError, match="no end"):
        list(checked(pieces, sum(map(len, pieces))))


@given(st.lists(st.integers()))
def test_the_last_one_is_known(items: list[int]) -> None:
    """Every item comes once, in order, and only the last says that it is."""
    got = list(with_last(items))

    assert [item for item, _ in got] == items
    assert [is_last for _, is_last in got] == [False] * (len(items) - 1) + [True] * bool(items)


def test_windows_are_small() -> None:
    """A large piece is cut, a small one stays."""
    pieces = list(windows([b"x" * 600_000, b"y", b""]))

    assert [len(piece) for piece in pieces] == [262_144, 262_144, 75_712, 1]
