"""Mails as they are kept: what goes out is what was composed, and attachments are kept as they came."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import SealError
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import Composition, compose
from service.mail.frames import on_the_wire
from service.mail.message import Message
from tests.mail.random_mail import composable
from tests.mail.test_compose import MESSAGE, STAMP


def in_pieces(whole: bytes, size: int) -> Iterator[bytes]:
    """The same bytes, so many at once."""
    return (whole[start : start + size] for start in range(0, len(whole), size))


@given(composable(), st.integers(1, 3000))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_goes_out_is_what_was_composed(message: Message, size: int) -> None:
    """Byte for byte, in whatever pieces the kept mail is read."""
    composition = compose(message, STAMP)
    kept = b"".join(composition.frames())

    assert b"".join(on_the_wire(in_pieces(kept, size))) == b"".join(composition)


def large() -> tuple[bytes, Composition]:
    """An attachment of 3 MB and its mail."""
    body = bytes(range(251)) * 12_000
    attachment = Attachment("rechnung.pdf", "application/pdf", BytesContent(body))
    return body, compose(replace(MESSAGE, attachments=(attachment,)), STAMP)


def test_an_attachment_is_kept_as_it_came() -> None:
    """Its base64 would take a third more room; so the kept mail is its size and a few hundred bytes."""
    body, composition = large()
    kept = b"".join(composition.frames())

    assert body in kept
    assert len(kept) - len(body) < 1500


def test_a_large_mail_goes_out_in_pieces_of_some_hundred_kilobytes() -> None:
    """It is never whole in memory, and is not cut smaller than the network takes it."""
    _, composition = large()
    taken = []

    def kept() -> Iterator[bytes]:
        for piece in in_pieces(b"".join(composition.frames()), 1024 * 1024):
            taken.append(piece)
            yield piece

    pieces = on_the_wire(kept())
    sizes = [len(next(pieces))]
    assert len(taken) == 1
    sizes += map(len, pieces)

    assert sum(sizes) == composition.size_bytes
    assert max(sizes) < 512 * 1024
    assert len(sizes) <= composition.size_bytes / (256 * 1024) + 1


def test_a_mail_that_was_kept_as_it_goes_out_goes_out_so() -> None:
    """Those of earlier versions, and corrected ones, begin with their first field."""
    _, composition = large()
    wire = b"".join(composition)

    assert b"".join(on_the_wire(in_pieces(wire, 100_000))) == wire
    assert b"".join(on_the_wire([])) == b""


@pytest.mark.parametrize("left", [1, 8, 9, 100, -1])
def test_a_kept_mail_that_is_cut_short_is_refused(left: int) -> None:
    """Wherever it ends: half a mail never passes for one."""
    _, composition = large()
    kept = b"".join(composition.frames())[:left]

    with pytest.raises(SealError, match="shorter"):
        list(on_the_wire([kept]))


def test_a_frame_of_a_later_version_is_refused() -> None:
    """What nobody here can read must not go out."""
    _, composition = large()
    kept = b"".join(composition.frames()) + b"\3" + bytes(8)

    with pytest.raises(SealError, match="unknown format"):
        list(on_the_wire([kept]))
