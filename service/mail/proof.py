"""The last look at a finished head: read again, it must hold exactly what was meant.

Python's own header writer lets fields in through a subject on some versions (CVE-2024-6923), so what any
writer made is not believed but read. Lines are read by a grammar stricter than any mail reader's. Values
of plain words that can be read in one way only are compared; all others are decoded by the standard library.
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as ParsedHead
from email.utils import collapse_rfc2231_value, getaddresses

from service.errors import InvalidRequestError, Problem
from service.mail.address import Address

_LONGEST_LINE = 998  # RFC 5322 §2.1.1
# One field: a name, then printable ASCII; further lines begin with one blank and are never empty.
_FIELD = rb"[!-9;-~]+: ?[ -~]*\r\n(?: [ -~]*[!-~]\r\n)*"
_HEAD = re.compile(rb"(?:" + _FIELD + rb")+\r\n")
_NEXT_FIELD = re.compile(r"\r\n(?! )")
_SPEC = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
# Atoms with single blanks (RFC 5322 §3.2.3) that are nothing but themselves to every reader.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_PLAIN_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Fields = dict[str, str]


def read_head(head: bytes, names: list[str], pointer: str = "") -> Fields:
    """Read a finished head, with its empty line, and see that it has just the fields of ``names``.

    Returns: the unfolded value of each field, encoded as it stands.

    Raises:
        InvalidRequestError: code ``invalid-characters``, at ``pointer``.
    """
    if not _HEAD.fullmatch(head) or max(map(len, head.split(b"\r\n"))) > _LONGEST_LINE:
        raise not_representable(pointer)
    # The grammar leaves nothing but printable ASCII, and one blank before each further line.
    lines = _NEXT_FIELD.split(head[:-4].decode("ascii"))
    fields = [line.replace("\r\n", "").partition(":") for line in lines]
    found = {name.lower() for name, _, _ in fields}
    if [name for name, _, _ in fields] != names or len(found) != len(fields):
        raise not_representable(pointer)
    return {name: value.removeprefix(" ") for name, _, value in fields}


def prove_text(fields: Fields, name: str, value: str, pointer: str) -> None:
    """See that a field reads as the text that was meant. Raises as ``read_head``."""
    if _decoded(fields[name]) != value:
        raise not_representable(pointer)


def prove_addresses(fields: Fields, name: str, addresses: tuple[Address, ...], pointer: str) -> None:
    """See that a field reads as exactly these addresses in this order. Raises as ``read_head``."""
    if not all(_SPEC.fullmatch(address.spec) for address in addresses):
        raise not_representable(pointer)
    if all(_is_plain(address) for address in addresses) and fields[name] == _plainly(addresses):
        return
    found = [(_decoded(phrase), spec) for phrase, spec in getaddresses([fields[name]])]
    if found != [(address.name, address.spec) for address in addresses]:
        raise not_representable(pointer)


def prove_attachment(fields: Fields, content_type: str, filename: str, pointer: str) -> None:
    """See that a part's head reads as the file that was meant. Raises as ``read_head``."""
    parameter = fields["Content-Disposition"].partition(";")[2].strip()
    is_plain = _PLAIN_FILE.fullmatch(filename) and parameter == f'filename="{filename}"'
    if is_plain and fields["Content-Type"].partition(";")[0] == content_type:
        return
    parsed = ParsedHead()
    for name, value in fields.items():
        parsed[name] = value
    found = parsed.get_param("filename", "", "content-disposition")
    if parsed.get_content_type() != content_type or collapse_rfc2231_value(found) != filename:
        raise not_representable(pointer)


def not_representable(pointer: str) -> InvalidRequestError:
    """What is raised for a value that cannot stand in a mail as it was meant."""
    detail = "This value holds characters that cannot stand in a mail."
    return InvalidRequestError(Problem(pointer, "invalid-characters", detail))


def _is_plain(address: Address) -> bool:
    return not address.name or _PLAIN_NAME.fullmatch(address.name) is not None


def _plainly(addresses: tuple[Address, ...]) -> str:
    return ", ".join(f"{one.name} <{one.spec}>" if one.name else one.spec for one in addresses)


def _decoded(value: str) -> str | None:
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
        return "".join(piece.decode(charset) for piece, charset in pieces)
    except (HeaderParseError, UnicodeDecodeError, LookupError, TypeError, AttributeError):
        return None  # no head that was meant reads like this
