"""``Readdressed``: a composed mail once more, to other recipients; all else of it stays byte for byte."""

import re
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from itertools import chain

from service.errors import SealError
from service.mail.address import Address
from service.mail.head import Field, check_line, join_fields
from service.mail.message import Stamp
from service.mail.proof import prove_addresses, read_head
from service.mail.words import fold_addresses

_END_OF_HEAD = b"\r\n\r\n"
_NEXT_FIELD = re.compile(r"\r\n(?! )")
_RECIPIENTS = frozenset({"To", "Cc"})


class Readdressed:
    """A stored mail with a new stamp and new recipients; iterate over it for its bytes, as often as needed.

    From, Reply-To, Subject, the caller's own fields and the body are those of the stored mail.

    Args:
        stored: opens the stored mail, without Bcc, from its beginning each time it is called.
        stored_bytes: how many bytes that gives.
        to, cc: what the new head names; both may be empty where there is only Bcc.
        stamp: of the new mail.

    Raises:
        InvalidRequestError: code ``invalid-characters``: an address cannot be written so that it would be
            read as it was meant. One that was parsed at the door does not raise.
        SealError: the stored bytes are no mail.
    """

    def __init__(
        self,
        stored: Callable[[], Iterator[bytes]],
        stored_bytes: int,
        *,
        to: tuple[Address, ...],
        cc: tuple[Address, ...],
        stamp: Stamp,
    ) -> None:
        self._stored = stored
        head, _ = _split(stored())
        self._old_head_bytes = len(head)
        self._head = _new_head(head, to, cc, stamp)
        self.size_bytes = stored_bytes - len(head) + len(self._head)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes in order."""
        _, rest = _split(self._stored())
        yield self._head
        yield from rest


def _split(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The head with its empty line, and what follows it."""
    read = b""
    for piece in pieces:
        read += piece
        end = read.find(_END_OF_HEAD)
        if end >= 0:
            end += len(_END_OF_HEAD)
            return read[:end], chain([read[end:]], pieces)
    raise SealError("The stored content is no mail.")


def _new_head(head: bytes, to: tuple[Address, ...], cc: tuple[Address, ...], stamp: Stamp) -> bytes:
    stamped = {
        "Date": format_datetime(stamp.date),
        "Message-ID": stamp.message_id,
        "X-Postausgang-Id": stamp.entry_id,
    }
    lists = {name: listed for name, listed in (("To", to), ("Cc", cc)) if listed}
    for name, listed in lists.items():
        for address in listed:
            check_line(address.name + address.spec, f"/{name.lower()}")
    fields: list[Field] = []
    for line in _NEXT_FIELD.split(head.decode("ascii").removesuffix("\r\n\r\n")):
        name, _, value = line.partition(": ")
        if name not in _RECIPIENTS:
            fields.append((name, stamped.get(name, value)))
        if name == "From":
            fields += [(field, fold_addresses(field, listed)) for field, listed in lists.items()]
    whole = join_fields(fields) + b"\r\n"
    parsed = read_head(whole, [name for name, _ in fields])
    for name, listed in lists.items():
        prove_addresses(parsed, name, listed, f"/{name.lower()}")
    return whole
