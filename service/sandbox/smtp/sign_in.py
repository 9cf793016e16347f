"""AUTH: PLAIN and LOGIN with app passwords, XOAUTH2 and OAUTHBEARER with access tokens (google.md §3.1)."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from service.sandbox.google import Google
from service.sandbox.scopes import MAIL
from service.sandbox.smtp.replies import ACCEPTED, Reply, refused
from service.sandbox.smtp.visit import Visit

Ask = Callable[[str], str]
_CHALLENGE = {"status": "400", "schemes": "Bearer", "scope": MAIL}
_XOAUTH2 = re.compile(r"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01")
_OAUTHBEARER = re.compile(r"n,a=([^,\x01]*),\x01(?:[^\x01]+\x01)*?auth=Bearer ([^\x01]*)\x01\x01")


class AuthError(Exception):
    """``args[0]`` is the row of the SMTP fault table."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client showed."""

    user: str
    secret: str = field(repr=False)
    is_token: bool


def collect(argument: str, mechanisms: str, ask: Ask) -> Credentials:
    """Read what the client shows.

    Args:
        argument: of the AUTH command.
        mechanisms: those that EHLO listed.
        ask: sends a 334 with this base64 text, and gives the client's next line.

    Raises:
        AuthError: unknown mechanism, or nothing that can be read.
    """
    mechanism, _, initial = argument.partition(" ")
    mechanism = mechanism.upper()
    if mechanism == "XOAUTH":
        raise AuthError("xoauth_gone")
    if mechanism not in _READERS or mechanism not in mechanisms.split():
        raise AuthError("unknown_mechanism")
    return _READERS[mechanism](initial.strip(), ask)


def verify(google: Google, visit: Visit, shown: Credentials) -> Reply:
    """Sign the client in, or say why not."""
    account = google.directory.find_account(shown.user)
    google.counters.add("smtp:sign_ins")
    if shown.is_token:
        access = google.tokens.find_access(shown.secret)
        if access is None or account is None or access.address.lower() != account.key:
            return refused("bad_credentials")
        if MAIL not in access.scopes:
            return refused("bad_credentials")
        visit.account, visit.token = account, shown.secret
        return ACCEPTED
    if account is not None and not google.passwords.is_one(shown.secret):
        return refused("app_password_required")
    if account is None or not google.passwords.fits(account.address, shown.secret):
        return refused("bad_credentials")
    visit.account = account
    return ACCEPTED


def error_challenge() -> str:
    """What a refused token gets in a 334, before its 535."""
    return base64.b64encode(json.dumps(_CHALLENGE, separators=(",", ":")).encode()).decode()


def _plain(initial: str, ask: Ask) -> Credentials:
    parts = _decoded(initial or ask("")).split("\0")
    if len(parts) != 3:  # noqa: PLR2004 - RFC 4616 §2: authorization identity, user, password
        raise AuthError("cannot_decode")
    return Credentials(parts[1], parts[2], is_token=False)


def _login(initial: str, ask: Ask) -> Credentials:
    user = _decoded(initial or ask("VXNlcm5hbWU6"))
    return Credentials(user, _decoded(ask("UGFzc3dvcmQ6")), is_token=False)


def _xoauth2(initial: str, ask: Ask) -> Credentials:
    return _bearer(_XOAUTH2, initial or ask(""))


def _oauthbearer(initial: str, ask: Ask) -> Credentials:
    return _bearer(_OAUTHBEARER, initial or ask(""))


def _bearer(form: re.Pattern[str], shown: str) -> Credentials:
    found = form.fullmatch(_decoded(shown))
    if found is None:
        raise AuthError("cannot_decode")
    return Credentials(found[1], found[2], is_token=True)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):  # also "*", by which a client gives up (RFC 4954 §4)
        raise AuthError("cannot_decode") from None


_READERS: dict[str, Callable[[str, Ask], Credentials]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "XOAUTH2": _xoauth2,
    "OAUTHBEARER": _oauthbearer,
}
