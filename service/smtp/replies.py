"""What a mail server answers, and to which step of the conversation."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """The step that a reply answers, in the order of a conversation."""

    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end_of_data"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply (RFC 5321 §4.2).

    Attributes:
        code: three digits, such as 550.
        enhanced: RFC 3463's code, such as ``5.1.1``; ``""`` where the server gave none.
        text: all lines without their codes.
    """

    code: int
    enhanced: str
    text: str
