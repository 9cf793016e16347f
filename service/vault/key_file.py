"""The file of keys on the disk: only for its owner's eyes, and never half written."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.errors import ConfigurationError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_private(path: Path) -> str:
    """The text of a file that nobody but its owner may read.

    Raises:
        ConfigurationError: there is none, it cannot be read, or others may.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read().decode()
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no keyring; make one with: postausgang keys generate"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not a text file") from None
    if mode & _OTHERS:
        raise ConfigurationError(f"{path}: others may read it; run: chmod 600 {path}")
    return text


def append_line(path: Path, line: str, check: Callable[[str], object]) -> None:
    """Put a line at the end of the file, which is made when missing: wholly or not at all, mode 0600.

    ``check`` sees the present text first and raises where it is not fit for another line.

    Raises:
        ConfigurationError: the file cannot be read or written.
    """
    place = path.resolve()  # a link stays a link
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.parent):
            text = ""
            if place.exists():
                text = read_private(place)
                check(text)
            if text and not text.endswith("\n"):
                text += "\n"
            _replace(place, f"{text}{line}\n")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)  # the renamed entry is on disk too
    finally:
        os.close(descriptor)


def _replace(place: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
