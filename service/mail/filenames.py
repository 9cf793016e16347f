"""Names of attached files: refused where they could deceive, cleaned where they could only disturb."""

import mimetypes
import re
import unicodedata

from service.mail.rules import RuleError

MAX_BYTES = 200

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Marks that change the direction of writing: "rechnung\u202efdp.exe" reads as "rechnungexe.pdf".
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DISTURBING = str.maketrans({'"': "'", "<": "_", ">": "_", ":": "_", "|": "_", "?": "_", "*": "_"})
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|\Z)", re.IGNORECASE)
# What Gmail refuses (https://support.google.com/mail/answer/6590, November 2026).
_REFUSED_BY_GMAIL = """
ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta
img ins iso isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif ps1 ps1xml
ps2 ps2xml psc1 psc2 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh xll
"""
_BLOCKED = frozenset(_REFUSED_BY_GMAIL.split())
_PACKED = frozenset({"gz", "bz2", "xz", "tgz", "z"})
_MACROS = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm", "ppam"})
# The built-in table alone, so that the answer does not depend on the machine's own files.
_TYPES = mimetypes.MimeTypes(filenames=())


def clean_filename(name: str) -> str:
    """The name that the recipient sees: NFC, without what some systems cannot keep, at most 200 bytes.

    Raises:
        RuleError: ``attachment-name``: control or direction characters, a path, or nothing left.
    """
    if _FORBIDDEN.search(name) or _DIRECTION.search(name):
        raise RuleError("attachment-name", "A file name holds no control or direction characters.")
    if "/" in name or "\\" in name:
        raise RuleError("attachment-name", "A file name is no path.")
    cleaned = unicodedata.normalize("NFC", name).translate(_DISTURBING).strip().rstrip(". ")
    if not cleaned:
        raise RuleError("attachment-name", "A file name is empty.")
    return _cut(f"_{cleaned}" if _DEVICE.match(cleaned) else cleaned)


def number_filename(name: str, taken: set[str]) -> str:
    """The name itself, or with the first free number: ``rechnung (2).pdf``. Notes it as taken."""
    stem, extension = _split(name)
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = _cut(stem, f" ({number}){extension}")
    taken.add(free.casefold())
    return free


def is_blocked(name: str) -> bool:
    """Whether Gmail refuses a file of this name."""
    words = name.casefold().rstrip(". ").split(".")[1:]
    while words and words[-1] in _PACKED:
        words.pop()
    return bool(words) and words[-1] in _BLOCKED


def has_macros(name: str) -> bool:
    """Whether a file of this name holds macros, which many recipients' servers refuse."""
    return _split(name)[1][1:].casefold() in _MACROS


def guess_content_type(name: str) -> str:
    """The content type that the name speaks for."""
    guessed, encoding = _TYPES.guess_type(f"file{_split(name)[1]}")
    return guessed if guessed and not encoding else "application/octet-stream"


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")


def _cut(name: str, ending: str | None = None) -> str:
    """The name shortened to the limit, on a whole character, keeping its ending."""
    stem, ending = _split(name) if ending is None else (name, ending)
    room = MAX_BYTES - len(ending.encode())
    if room < MAX_BYTES // 2:  # an ending of this length is none
        return f"{stem}{ending}".encode()[:MAX_BYTES].decode(errors="ignore")
    return stem.encode()[:room].decode(errors="ignore") + ending
