"""The parts of a mail (RFC 2045, 2046, 2183, 2387): each a head and what follows it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from service.mail.attachment import Attachment, Content
from service.mail.encoding import encode_text
from service.mail.head import Field, check_line, join_fields
from service.mail.proof import not_representable, prove_attachment, read_head
from service.mail.words import FOLD, LINE_CHARACTERS, split_text

_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=^_`{|}~.@-]{1,200}")
_SIMPLE_NAME = re.compile(r"[A-Za-z0-9!#$&+.,=@^_{}~()-]+(?: [A-Za-z0-9!#$&+.,=@^_{}~()-]+)*")
_NOT_SIMPLE = re.compile(r"[^A-Za-z0-9!#$&+.,=@^_{}~() -]+")
_UMLAUTS = {umlaut: vowel + "e" for umlaut, vowel in zip("äöüÄÖÜ", "aouAOU", strict=True)}
_GERMAN = str.maketrans({**_UMLAUTS, "ß": "ss"})
_CHARSET = "utf-8''"
_SECTION_ROOMS = (50, 57)  # with the parameter's name and the charset within 78 characters


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        fields: its Content fields, folded.
        segments: what follows its head: bytes as they are, contents as base64.
    """

    fields: list[Field]
    segments: tuple[bytes | Content, ...]


def text_part(text: str, subtype: str, pointer: str) -> Part:
    """A body of type ``text/<subtype>``.

    Raises:
        InvalidRequestError: code ``invalid-characters``: NUL or a surrogate.
    """
    if "\0" in text:
        raise not_representable(pointer)
    try:
        encoding, body = encode_text(text)
    except UnicodeEncodeError:
        raise not_representable(pointer) from None
    fields = [
        ("Content-Type", f'text/{subtype}; charset="utf-8"'),
        ("Content-Transfer-Encoding", encoding),
    ]
    return Part(fields, (body,))


def attachment_part(attachment: Attachment, pointer: str, *, inline: bool) -> Part:
    """A file, or an image that the HTML shows.

    Raises:
        InvalidRequestError: code ``invalid-characters``: name, type or Content-ID cannot stand in a head.
    """
    filename = check_line(attachment.filename, f"{pointer}/filename")
    content_type = attachment.content_type
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise not_representable(f"{pointer}/content_type")
    if content_type.startswith(("message/", "multipart/")):
        content_type = "application/octet-stream"  # RFC 2046 §5.2.1: those may not be base64
    fields = _attachment_fields(filename, content_type, "inline" if inline else "attachment")
    if attachment.content_id is not None:
        if not _CONTENT_ID.fullmatch(attachment.content_id):
            raise not_representable(f"{pointer}/content_id")
        fields.append(("Content-ID", f"<{attachment.content_id}>"))
    head = join_fields(fields, pointer) + b"\r\n"
    prove_attachment(
        read_head(head, [name for name, _ in fields], pointer), content_type, filename, f"{pointer}/filename"
    )
    return Part(fields, (attachment.content,))


def multipart(subtype: str, boundary: str, parts: list[Part]) -> Part:
    """Parts in one (RFC 2046 §5.1)."""
    delimiter = f"--{boundary}\r\n".encode()
    segments: list[bytes | Content] = []
    for part in parts:
        segments += [delimiter, join_fields(part.fields), b"\r\n", *part.segments, b"\r\n"]
    segments.append(f"--{boundary}--\r\n".encode())
    related = f'{FOLD}type="text/html";' if subtype == "related" else ""
    return Part(
        [("Content-Type", f'multipart/{subtype};{related}{FOLD}boundary="{boundary}"')], tuple(segments)
    )


def _attachment_fields(filename: str, content_type: str, disposition: str) -> list[Field]:
    if _SIMPLE_NAME.fullmatch(filename):
        names = [f'name="{filename}"']
        filenames = [f'filename="{filename}"']
    else:
        # The two stand in different fields: a reader that finds both in one may take the poorer one.
        names = [f'name="{_ascii_name(filename)}"'] if filename else []
        filenames = list(_filename_sections(filename)) if filename else []
    return [
        ("Content-Type", _parameters("Content-Type", content_type, names)),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", _parameters("Content-Disposition", disposition, filenames)),
    ]


def _parameters(field: str, value: str, parameters: list[str]) -> str:
    line = "; ".join([value, *parameters])
    return line if len(field) + 2 + len(line) <= LINE_CHARACTERS else f";{FOLD}".join([value, *parameters])


def _filename_sections(filename: str) -> Iterator[str]:
    """RFC 2231 §3 and §4: percent-encoded UTF-8, in numbered sections where one line is too short."""
    # No section ends within a character: some readers decode each on its own.
    sections = [_percent(piece) for piece in split_text(filename, _percent_length, *_SECTION_ROOMS)]
    if len(sections) == 1:
        yield f"filename*={_CHARSET}{sections[0]}"
        return
    for number, section in enumerate(sections):
        yield f"filename*{number}*={_CHARSET if number == 0 else ''}{section}"


def _percent(text: str) -> str:
    return quote(text, safe="")


def _percent_length(character: str) -> int:
    return len(_percent(character))


def _ascii_name(filename: str) -> str:
    """For readers that know no RFC 2231: the nearest name in ASCII."""
    spelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", filename).translate(_GERMAN))
    marks_dropped = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    return " ".join(_NOT_SIMPLE.sub("_", marks_dropped).split()) or "_"
