"""Where the sandbox keeps what was uploaded: one unlinked temporary file, so that mails cost no memory."""

import io
import os
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 256 * 1024


class Spool:
    """Bytes that are written once and read by position; safe for many threads."""

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="postausgang-sandbox-")
        Path(path).unlink()  # the system frees the room when the process ends, however it ends
        weakref.finalize(self, os.close, self._file)
        self._lock = threading.Lock()
        self._end = 0

    def keep(self, content: bytes | bytearray) -> "Slice":
        """Keep these bytes."""
        offset = self._reserve(len(content))
        _write(self._file, content, offset)
        return Slice(self, offset, len(content))

    def receive(self, source: io.RawIOBase, size: int) -> "Slice":
        """Keep ``size`` bytes of a stream, which is read in pieces."""
        offset = self._reserve(size)
        buffer = memoryview(bytearray(min(size, _CHUNK)))
        done = 0
        while done < size:
            got = source.readinto(buffer[: min(size - done, _CHUNK)]) or 0
            if not got:
                raise ConnectionResetError("the stream ended too early")
            _write(self._file, buffer[:got], offset + done)
            done += got
        return Slice(self, offset, size)

    def read(self, offset: int, size: int) -> bytes:
        """The bytes at a position."""
        return os.pread(self._file, size, offset)

    def _reserve(self, size: int) -> int:
        with self._lock:
            offset = self._end
            self._end += size
        return offset


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of the spool."""

    spool: Spool
    offset: int
    size: int

    def read(self, size: int | None = None) -> bytes:
        """Its first ``size`` bytes; all of them by default."""
        return self.spool.read(self.offset, self.size if size is None else min(size, self.size))

    def after(self, start: int) -> "Slice":
        """The same without its first ``start`` bytes."""
        return Slice(self.spool, self.offset + start, self.size - start)


def _write(file: int, content: bytes | bytearray | memoryview, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written
