"""What callers may send: strict pydantic models whose fields read straight into the words of ``mail``.

Every fault of a body is found in one go and named by its JSON pointer.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeVar

import pybase64
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from service.api.times import TimeError, parse_time
from service.connections.way import WayKind
from service.mail.address import Address, AddressError, check_mailbox_name, parse_address
from service.mail.filenames import clean_filename
from service.mail.rules import (
    MAX_HEADERS,
    MAX_REFERENCE,
    RuleError,
    check_content_id,
    check_content_type,
    check_header_name,
    check_header_value,
    check_line,
    check_subject,
    check_text,
)

MAX_LISTED = 2000  # addresses of one field, before they are read
MAX_PAIRS = 20
MAX_PAIR_NAME = 40
MAX_PAIR_VALUE = 500
MAX_PASSWORD = 500
MAX_USER = 255
HOST_NAME = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"

T = TypeVar("T")


def _checked(check: Callable[[str], T]) -> Callable[[str], T]:
    """A rule of ``mail`` as a pydantic validator: its code becomes the error's type."""

    def validate(value: str) -> T:
        try:
            return check(value)
        except (RuleError, AddressError, TimeError) as error:
            raise PydanticCustomError(error.code, error.args[0]) from None

    return validate


def _read(parse: Callable[[str], T], *, ready: type[T] | None = None) -> PlainValidator:
    """A validator that makes another kind of value of a string; one that is ``ready`` stays as it is."""
    checked = _checked(parse)

    def validate(value: Any) -> T:
        if ready is not None and isinstance(value, ready):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("wrong-type", "A string is expected.")
        return checked(value)

    return PlainValidator(validate, json_schema_input_type=str)


def _kept(check: Callable[[str], object]) -> AfterValidator:
    """A validator that looks at a string and leaves it as it is."""
    checked = _checked(check)

    def validate(value: str) -> str:
        checked(value)
        return value

    return AfterValidator(validate)


def _many(value: Any) -> Any:
    """One address stands for a list of one."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise PydanticCustomError("wrong-type", "A string or a list of strings is expected.")
    if len(value) > MAX_LISTED:
        raise PydanticCustomError("too-many", "There are too many addresses.")
    return tuple(value)


def _decode(content: str) -> bytes:
    try:
        decoded: bytes = pybase64.b64decode(content, validate=True)
    except ValueError:  # binascii.Error is one
        raise RuleError("attachment-encoding", "The content is not plain base64.") from None
    if not decoded:
        raise RuleError("attachment-empty", "The attachment has no bytes.")
    return decoded


def _line(maximum: int) -> Callable[[str], str]:
    return lambda value: check_line(value, maximum, "This text")


def _password(secret: SecretStr) -> SecretStr:
    _checked(_line(MAX_PASSWORD))(secret.get_secret_value())
    return secret


def _plain_address(text: str) -> Address:
    address = parse_address(text)
    if address.name:
        raise AddressError("Give the address without a name.")
    return address


# The same senders and customers come again and again, and to read an address is dear.
_parse_address = lru_cache(maxsize=1024)(parse_address)

OneAddress = Annotated[
    Address,
    _read(_parse_address),
    WithJsonSchema({"type": "string", "examples": ["Muster GmbH <rechnung@muster.example>"]}),
]
PlainAddress = Annotated[
    Address, _read(_plain_address), WithJsonSchema({"type": "string", "format": "email"})
]
Addresses = Annotated[
    tuple[OneAddress, ...],
    BeforeValidator(_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Instant = Annotated[datetime, _read(parse_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Content = Annotated[
    bytes,
    _read(_decode, ready=bytes),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 4}),
]
ContentType = Annotated[str, _read(check_content_type), WithJsonSchema({"type": "string"})]
PairName = Annotated[str, Field(min_length=1), _kept(_line(MAX_PAIR_NAME))]
PairValue = Annotated[str, _kept(_line(MAX_PAIR_VALUE))]
HeaderName = Annotated[str, _kept(check_header_name)]
HeaderValue = Annotated[str, _kept(check_header_value)]
Text = Annotated[str, _kept(check_text)]
DisplayName = Annotated[str, _kept(check_mailbox_name)]


class RequestModel(BaseModel):
    """What all bodies have in common: no unknown fields, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewAttachment(RequestModel):
    """A file, or with ``content_id`` an image that the HTML shows by ``cid:``."""

    filename: Annotated[str, _kept(clean_filename)]
    content: Content
    content_type: ContentType | None = None
    content_id: Annotated[str, _kept(check_content_id)] | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")] | None = None


class NewMessage(RequestModel):
    """A message to be sent."""

    connection: str | None = Field(
        default=None, description="The mailbox; else it is found by `from`, else it is the default one."
    )
    sender: OneAddress | None = Field(
        default=None, alias="from", description="The mailbox's address, the default."
    )
    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    reply_to: Addresses = ()
    subject: Annotated[str, _kept(check_subject)]
    text: Text | None = Field(default=None, description="Derived from `html` when absent.")
    html: Text | None = None
    attachments: list[NewAttachment] = Field(default=[], max_length=100)
    headers: dict[HeaderName, HeaderValue] = Field(default={}, max_length=MAX_HEADERS)
    scheduled_at: Instant | None = Field(default=None, description="At most a year ahead.")
    reference: Annotated[str, _kept(_line(MAX_REFERENCE))] | None = Field(
        default=None, description="Your own mark, such as the invoice number."
    )
    metadata: dict[PairName, PairValue] = Field(default={}, max_length=MAX_PAIRS)
    give_up_s: int | None = Field(
        default=None, ge=300, le=604_800, description="Seconds after which it is given up."
    )


class Resend(RequestModel):
    """Whether a message that was, or may have been, sent goes out once more."""

    force: bool = False


class Corrected(RequestModel):
    """All recipients of the new message, and whether the earlier one may have been sent."""

    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    force: bool = Field(
        default=False, description="Also when the earlier message was, or may have been, sent."
    )


class Decision(RequestModel):
    """What became of a message whose outcome is unclear."""

    decision: Literal["sent", "send_again"]


class SendTest(RequestModel):
    """Where a test mail goes; without ``to`` to the mailbox itself."""

    to: PlainAddress | None = None


class Nothing(RequestModel):
    """No fields; the body may be left out."""


class NewServer(RequestModel):
    """A mail server of one's own."""

    host: Annotated[str, Field(pattern=HOST_NAME, max_length=253)]
    port: int = Field(ge=1, le=65_535)
    encryption: Literal["tls", "starttls"]


class NewConnection(RequestModel):
    """A mailbox that sends by a password or a relay; Google accounts are connected by their owners."""

    kind: Literal["app_password", "smtp_server", "relay"]
    address: PlainAddress = Field(description="The sender, and the mailbox's own address.")
    display_name: DisplayName | None = None
    password: Annotated[SecretStr, Field(min_length=1), AfterValidator(_password)] | None = Field(
        default=None, description="Not needed for a relay that knows the server's address."
    )
    user: Annotated[str, Field(min_length=1), _kept(_line(MAX_USER))] | None = Field(
        default=None, description="Where it is not the address."
    )
    preset: Literal["gmail", "gmail_starttls"] | None = Field(
        default=None, description="Which port of Gmail an app password uses."
    )
    server: NewServer | None = Field(default=None, description="Needed for `smtp_server`, and only there.")
    connection: str | None = Field(default=None, description="The connection that gets one way more.")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.password is None and self.kind != "relay":
            raise PydanticCustomError("password-needed", "A password is needed.")
        if (self.server is not None) != (self.kind == "smtp_server"):
            raise PydanticCustomError("server-needed", "A server is needed for smtp_server, and only there.")
        if self.preset is not None and self.kind != "app_password":
            raise PydanticCustomError("invalid-choice", "Only an app password has a preset.")
        return self


class NewRoute(RequestModel):
    """The ways of a connection in the order in which they shall be tried."""

    ways: list[Annotated[WayKind, Field(strict=False)]] = Field(
        min_length=1,
        max_length=len(WayKind),
        description="Those left out are removed, with what opened them. A grant is taken back at Google too, "
        "unless its account is connected elsewhere: that would end with it.",
    )


class NewConnectLink(RequestModel):
    """An invitation to connect a mailbox, for its owner."""

    purpose: str = Field(description="One sentence that the owner is shown.")
    expected_address: str | None = None
    connection: str | None = Field(default=None, description="The connection that is to be reconnected.")
    return_url: str | None = None
    locale: Literal["de", "en"] | None = None
    access: list[Literal["look_into_sent", "read_aliases", "smtp"]] = Field(
        default=[],
        max_length=3,
        description="What is asked for beside the right to send. `look_into_sent`: find out by ourselves "
        "whether a mail was sent whose answer was lost. `read_aliases`: the verified addresses of *Send mail "
        "as* may be used as sender. `smtp`: SMTP as a second way. Google calls all three restricted: outside "
        "your own Workspace they need a verification and a yearly security assessment (CASA).",
    )
    expires_in: int = Field(default=259_200, ge=60, le=259_200, description="Seconds.")
