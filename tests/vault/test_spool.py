"""Uploads wait for their message in memory or encrypted, never in clear on a disk."""

import errno
import gc
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import SealError, StorageUnavailableError
from service.vault.spool import SealedSpool

MIB = 1024 * 1024
CANARY = b"canary: invoice of Anna Beispiel, IBAN DE02120300000000202051. "


def canaries(size: int) -> bytes:
    """So many bytes that can be known again."""
    return (CANARY * (size // len(CANARY) + 1))[:size]


def open_files(folder: Path) -> list[str]:
    """The files of a folder that this process holds, also those that have no name."""
    # realpath() resolves what is gone in the meantime too, such as the descriptor of this very listing.
    held = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return [path for path in held if path.startswith(f"{folder}/")]


@pytest.mark.parametrize("size", [0, 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 11])
@pytest.mark.parametrize("length", [65_536, 2_000_000])
def test_an_upload_comes_back_with_its_size_and_hash(tmp_path: Path, size: int, length: int) -> None:
    """Any length, in pieces of any length; given out in pieces of at most 1 MiB."""
    body = canaries(size)

    content = SealedSpool(tmp_path).keep(body[at : at + length] for at in range(0, size, length))

    pieces = list(content.chunks())
    assert b"".join(pieces) == body
    assert content.size_bytes == size
    assert content.sha256 == hashlib.sha256(body).hexdigest()
    assert max(map(len, pieces)) <= MIB


def test_an_upload_can_be_read_again_and_by_two_at_once(tmp_path: Path) -> None:
    """Each reader has its own place."""
    content = SealedSpool(tmp_path).keep([canaries(3 * MIB)])
    one, other = content.chunks(), content.chunks()

    mixed = [next(one), next(other), next(one), next(other), next(one), next(other)]

    assert mixed[0::2] == mixed[1::2]
    assert b"".join(content.chunks()) == canaries(3 * MIB)


def test_small_uploads_touch_no_disk(tmp_path: Path) -> None:
    """Up to 1 MiB needs no file, so that a folder that is not there does not matter."""
    content = SealedSpool(tmp_path / "missing").keep([canaries(MIB)])

    assert b"".join(content.chunks()) == canaries(MIB)


def test_the_file_holds_nothing_in_clear_and_has_no_name(tmp_path: Path) -> None:
    """A disk that is carried away shows nothing of the invoice."""
    content = SealedSpool(tmp_path).keep([canaries(4 * MIB)])

    descriptor = content._file.fileno()  # type: ignore[attr-defined]  # the file itself is looked into
    stored = os.pread(descriptor, 8 * MIB, 0)
    assert len(stored) == 4 * (MIB + 16)
    assert b"canary" not in stored
    assert b"Beispiel" not in stored
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_changed_cut_or_reordered_does_not_open(tmp_path: Path) -> None:
    """What comes back is what was uploaded, or an error."""
    content = SealedSpool(tmp_path).keep([os.urandom(2 * MIB + 5)])
    descriptor = content._file.fileno()  # type: ignore[attr-defined]  # the file itself is damaged
    stored = os.pread(descriptor, 8 * MIB, 0)
    length = MIB + 16
    swapped = stored[length : 2 * length] + stored[:length] + stored[2 * length :]

    for damaged in (stored[:-1], bytes([stored[0] ^ 1]) + stored[1:], swapped):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, damaged, 0)
        with pytest.raises(SealError):
            list(content.chunks())


def test_the_file_is_gone_with_its_content(tmp_path: Path) -> None:
    """No upload outlives its request."""
    content = SealedSpool(tmp_path).keep([canaries(2 * MIB)])
    assert len(open_files(tmp_path)) == 1

    del content
    gc.collect()

    assert open_files(tmp_path) == []


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """The sender's error comes out as it is, and the file is closed."""

    def broken() -> Iterator[bytes]:
        yield canaries(2 * MIB)
        raise ConnectionResetError(errno.ECONNRESET, "the client went away")

    with pytest.raises(ConnectionResetError):
        SealedSpool(tmp_path).keep(broken())

    assert open_files(tmp_path) == []


def test_a_disk_that_takes_no_file_is_told_as_a_storage_error(tmp_path: Path) -> None:
    """The caller learns that it may come again."""
    with pytest.raises(StorageUnavailableError):
        SealedSpool(tmp_path / "missing").keep([canaries(2 * MIB)])


def test_no_key_stands_in_what_a_content_shows_of_itself(tmp_path: Path) -> None:
    """Only its type and address."""
    content = SealedSpool(tmp_path).keep([canaries(2 * MIB)])

    assert "canary" not in repr(content)
    assert "AESGCM" not in repr(content)
