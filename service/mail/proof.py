"""The last look at a finished head: parsed again, it must hold exactly what was meant.

Python's own header writer lets fields in through a subject on some versions (CVE-2024-6923), so what any
writer made is not believed but read.
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as ParsedHead
from email.parser import BytesHeaderParser
from email.utils import collapse_rfc2231_value, getaddresses

from service.errors import InvalidRequestError, Problem
from service.mail.address import Address

_PARSER = BytesHeaderParser()
_LONGEST_LINE = 998  # RFC 5322 §2.1.1
# One field: a name, then printable ASCII; further lines begin with one blank and are never empty.
_FIELD = rb"[!-9;-~]+: ?[ -~]*\r\n(?: [ -~]*[!-~]\r\n)*"
_HEAD = re.compile(rb"(?:" + _FIELD + rb")+\r\n")
_SPEC = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")


def read_head(head: bytes, names: list[str], pointer: str = "") -> ParsedHead:
    """Read a finished head, with its empty line, and see that it has just the fields of ``names``.

    Raises:
        InvalidRequestError: code ``invalid-characters``, at ``pointer``.
    """
    if not _HEAD.fullmatch(head) or max(map(len, head.split(b"\r\n"))) > _LONGEST_LINE:
        raise not_representable(pointer)
    parsed = _PARSER.parsebytes(head)
    found = parsed.keys()
    once = len({name.lower() for name in found}) == len(found)
    if parsed.defects or found != names or not once or parsed.get_payload():
        raise not_representable(pointer)
    return parsed


def prove_text(parsed: ParsedHead, field: str, value: str, pointer: str) -> None:
    """See that a field reads as the text that was meant. Raises as ``read_head``."""
    if _decoded(_unfolded(parsed, field)) != value:
        raise not_representable(pointer)


def prove_addresses(parsed: ParsedHead, field: str, addresses: tuple[Address, ...], pointer: str) -> None:
    """See that a field reads as exactly these addresses in this order. Raises as ``read_head``."""
    found = [(_decoded(name), spec) for name, spec in getaddresses([_unfolded(parsed, field)])]
    meant = [(address.name, address.spec) for address in addresses]
    if found != meant or not all(_SPEC.fullmatch(address.spec) for address in addresses):
        raise not_representable(pointer)


def prove_attachment(parsed: ParsedHead, content_type: str, filename: str, pointer: str) -> None:
    """See that a part's head reads as the file that was meant. Raises as ``read_head``."""
    found = parsed.get_param("filename", "", "content-disposition")
    if parsed.get_content_type() != content_type or collapse_rfc2231_value(found) != filename:
        raise not_representable(pointer)


def not_representable(pointer: str) -> InvalidRequestError:
    """What is raised for a value that cannot stand in a mail as it was meant."""
    detail = "This value holds characters that cannot stand in a mail."
    return InvalidRequestError(Problem(pointer, "invalid-characters", detail))


def _unfolded(parsed: ParsedHead, field: str) -> str:
    return str(parsed[field]).replace("\r\n", "")


def _decoded(value: str) -> str | None:
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
        return "".join(piece.decode(charset) for piece, charset in pieces)
    except (HeaderParseError, UnicodeDecodeError, LookupError, TypeError, AttributeError):
        return None  # no head that was meant reads like this
