"""Mail addresses: one strict grammar, checked and never guessed.

One string is one address. What two parsers could read in two ways is refused: quoted local parts,
comments, groups, address literals, control and zero-width characters.
"""

import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

_NAMED = re.compile(r"\A(?P<name>[^<>]*)<(?P<spec>[^<>]*)>\Z")
_NAME_FORBIDDEN = frozenset({"Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn"})
_MAX_NAME = 200
_MAX_MAILBOX_NAME = 100


class AddressError(ValueError):
    """Why a text is not an address; ``args[0]`` is a sentence without the text itself."""

    def __init__(self, sentence: str, code: str = "invalid-address") -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox (RFC 5322 §3.4).

    Attributes:
        spec: ``local@domain``, ASCII, the domain as A-label in lower case, ≤ 254 characters.
        name: display name, any printable Unicode; ``""`` for none.
    """

    spec: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.spec}>" if self.name else self.spec

    @property
    def key(self) -> str:
        """Equal for two spellings of one mailbox: lower case."""
        return self.spec.lower()


def parse_address(text: str) -> Address:
    """Read ``local@domain`` or ``Name <local@domain>``.

    Raises:
        AddressError: it is not exactly one plain address; code ``invalid-address`` or, for a local part
            beyond ASCII, ``address-needs-smtputf8``.

    Source: RFC 5321 §4.1.2 (Dot-string), §4.5.3.1 (64 and 254 octets).
    """
    named = _NAMED.match(text)
    if named is None:
        return Address(_parse_spec(text))
    name = named["name"].strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return Address(_parse_spec(named["spec"]), check_name(name))


def check_name(name: str) -> str:
    """A display name that can stand in a header.

    Raises:
        AddressError: control, format, line-separator or surrogate characters, or too long.
    """
    if len(name) > _MAX_NAME:
        raise AddressError(f"A display name has at most {_MAX_NAME} characters.")
    if any(unicodedata.category(character) in _NAME_FORBIDDEN for character in name):
        raise AddressError("A display name holds no control or invisible characters.", "invalid-characters")
    return name


def check_mailbox_name(name: str) -> str:
    """The display name that a mailbox sends with: what may stand in ``from``, but shorter.

    Raises:
        AddressError: as ``check_name``, or code ``invalid-length``.
    """
    if len(name) > _MAX_MAILBOX_NAME:
        raise AddressError(f"The name has at most {_MAX_MAILBOX_NAME} characters.", "invalid-length")
    return check_name(name)


def clean_mailbox_name(name: str) -> str | None:
    """What can stand in ``from`` of a name that somebody else chose; ``None`` where nothing is left of it."""
    shown = "".join(" " if unicodedata.category(each) in _NAME_FORBIDDEN else each for each in name)
    return " ".join(shown.split())[:_MAX_MAILBOX_NAME].rstrip() or None


def _parse_spec(spec: str) -> str:
    if any(unicodedata.category(c) in _NAME_FORBIDDEN or c.isspace() for c in spec):
        raise AddressError("An address holds no spaces, control or invisible characters.")
    local, _, _ = spec.rpartition("@")
    if not local.isascii():
        raise AddressError("The part before the @ must be ASCII.", "address-needs-smtputf8")
    try:
        valid = validate_email(
            spec,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            test_environment=True,
        )
    except EmailNotValidError:
        raise AddressError("This is not an email address such as name@example.com.") from None
    if "." not in valid.domain:
        raise AddressError("The domain of an address needs a dot.")
    if valid.ascii_email is None:
        raise AddressError("This is not an email address such as name@example.com.")
    local, _, domain = valid.ascii_email.rpartition("@")
    return f"{local}@{domain.lower()}"
