"""What a person typed into the forms for passwords, servers and the relay becomes a ``NewLogin``."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from flask_babel import gettext, ngettext
from pydantic import SecretStr

from service.connections.app_password import LETTERS, without_gaps
from service.connections.credential import Encryption, MailServer
from service.connections.logins import NewLogin, Preset
from service.connections.way import WayKind
from service.errors import InvalidRequestError, Problem
from service.mail.address import AddressError, check_mailbox_name, parse_address
from service.mail.rules import RuleError, check_line
from service.web.language import language

MAX_PASSWORD = 500
MAX_USER = 255
_MAX_HOST = 253
_MAX_PORT = 65_535
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_KEPT = ("address", "display_name", "port", "host", "encryption", "user", "connection_id")


class FormKind(StrEnum):
    """The forms, as their addresses name them."""

    APP_PASSWORD = "app-password"  # noqa: S105, a word of the address
    SERVER = "server"
    RELAY = "relay"


WAY_OF = {
    FormKind.APP_PASSWORD: WayKind.APP_PASSWORD,
    FormKind.SERVER: WayKind.SMTP_SERVER,
    FormKind.RELAY: WayKind.RELAY,
}
_GMAIL_PORTS = {"465": Preset.GMAIL, "587": Preset.GMAIL_STARTTLS}


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """What is shown again after a refusal: everything but the password."""
    return {name: form.get(name, "").strip() for name in _KEPT}


def read_login(kind: FormKind, tenant_id: str, form: Mapping[str, str]) -> NewLogin:
    """The login that was typed.

    Raises:
        InvalidRequestError: with every faulty field; no value is repeated.
    """
    typed, password = kept(form), form.get("password", "")
    faults = [*_faults(kind, typed), *_password_faults(kind, password)]
    if faults:
        raise InvalidRequestError(*faults)
    is_server = kind is FormKind.SERVER
    return NewLogin(
        tenant_id=tenant_id,
        kind=WAY_OF[kind],
        address=parse_address(typed["address"]).spec,
        display_name=typed["display_name"] or None,
        server=_server(typed) if is_server else None,
        preset=_GMAIL_PORTS[typed["port"] or "465"] if kind is FormKind.APP_PASSWORD else None,
        user=typed["user"] or None if is_server else None,
        password=SecretStr(password) if password.strip() else None,
        connection_id=typed["connection_id"] or None,
        locale=language(),
    )


def told(problems: Iterable[Problem], password: str) -> dict[str, str]:
    """What can be said more exactly than the catalogue does, by field; the password is not repeated."""
    codes = {problem.code for problem in problems}
    if "app-password-rejected" in codes:
        return {"password": gettext("Google does not take this app password for this address.")}
    if "app-password-length" not in codes:
        return {}
    missing = LETTERS - len(without_gaps(password))
    if missing > 0:
        sentence = ngettext(
            "The app password has 16 letters; %(num)d is missing.",
            "The app password has 16 letters; %(num)d are missing.",
            missing,
        )
    else:
        sentence = ngettext(
            "The app password has 16 letters; %(num)d is too many.",
            "The app password has 16 letters; %(num)d are too many.",
            -missing,
        )
    return {"password": str(sentence)}


def _server(typed: Mapping[str, str]) -> MailServer:
    return MailServer(typed["host"].lower(), int(typed["port"]), Encryption(typed["encryption"]))


def _faults(kind: FormKind, typed: Mapping[str, str]) -> Iterator[Problem]:
    if not typed["address"]:
        yield _fault("address", "required")
    else:
        yield from _broken("address", _check_address, typed["address"])
    yield from _broken("display_name", check_mailbox_name, typed["display_name"])
    if kind is FormKind.APP_PASSWORD and typed["port"] not in {"", *_GMAIL_PORTS}:
        yield _fault("port", "invalid-choice")
    if kind is FormKind.SERVER:
        yield from _server_faults(typed)


def _server_faults(typed: Mapping[str, str]) -> Iterator[Problem]:
    host, port = typed["host"], typed["port"]
    if not host:
        yield _fault("host", "required")
    elif len(host) > _MAX_HOST or not _HOST.match(host):
        yield _fault("host", "invalid-value")
    if not _PORT.match(port) or not 1 <= int(port) <= _MAX_PORT:
        yield _fault("port", "out-of-range")
    if typed["encryption"] not in set(Encryption):
        yield _fault("encryption", "invalid-choice")
    yield from _broken("user", lambda text: check_line(text, MAX_USER, "The user"), typed["user"])


def _password_faults(kind: FormKind, password: str) -> Iterator[Problem]:
    if not password.strip():
        if kind is not FormKind.RELAY:
            yield _fault("password", "password-needed")
    else:
        yield from _broken("password", lambda text: check_line(text, MAX_PASSWORD, "The password"), password)


def _check_address(text: str) -> None:
    if parse_address(text).name:
        raise AddressError("An address without a name is expected.")


def _broken(field: str, check: Callable[[str], object], text: str) -> Iterator[Problem]:
    try:
        check(text)
    except (AddressError, RuleError) as error:
        yield _fault(field, error.code)


def _fault(field: str, code: str) -> Problem:
    return Problem(f"/{field}", code, "")
