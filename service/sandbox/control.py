"""The control API under ``/sandbox/``: what tests and the demo ask and do from another process."""

from collections.abc import Callable
from types import UnionType
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.errors import InvalidRequestError, Problem
from service.sandbox.fault_table import FAULTS
from service.sandbox.google import Google
from service.sandbox.letter import is_address
from service.sandbox.smtp.certificate import authority

_FAULT_TYPES: dict[str, type | UnionType] = {
    "fault": str,
    "account": str,
    "where": str | None,
    "times": int | None,
    "skip": int,
    "seconds": int | float,
    "taken": bool | None,
}


def create_control(google: Google) -> Blueprint:
    """The routes over one state."""
    blueprint = Blueprint("control", __name__, url_prefix="/sandbox")
    desk = _Desk(google)
    rules: tuple[tuple[str, str, Callable[..., Response]], ...] = (
        ("GET", "/mailbox/<address>", desk.mailbox),
        ("GET", "/sent", desk.sent),
        ("GET", "/ca.pem", desk.certificate),
        ("DELETE", "/mails", desk.clear_mails),
        ("GET", "/faults", desk.list_faults),
        ("POST", "/faults", desk.arm),
        ("DELETE", "/faults", desk.clear_faults),
        ("GET", "/counters", desk.counters),
        ("DELETE", "/counters", desk.clear_counters),
        ("POST", "/accounts", desk.add_account),
        ("POST", "/clients", desk.add_client),
        ("POST", "/revoke", desk.revoke),
        ("POST", "/expire-tokens", desk.expire_tokens),
    )
    for method, path, view in rules:
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])
    blueprint.register_error_handler(InvalidRequestError, _refuse)
    return blueprint


class _Desk:
    def __init__(self, google: Google) -> None:
        self._google = google

    def mailbox(self, address: str) -> Response:
        """What an address received; ``?attachments=0`` leaves out the costly hashes."""
        return jsonify(self._google.mailbox(address, with_attachments=request.args.get("attachments") != "0"))

    def sent(self) -> Response:
        """Every accepted mail."""
        return jsonify(self._google.sent())

    def certificate(self) -> Response:
        """The authority behind the SMTP ports' certificate."""
        return Response(authority().pem, content_type="application/x-pem-file")

    def clear_mails(self) -> Response:
        """Empty all mailboxes."""
        self._google.post.clear()
        return Response(status=204)

    def list_faults(self) -> Response:
        """The names that ``POST`` knows."""
        return jsonify(sorted(FAULTS))

    def arm(self) -> Response:
        """Let something go wrong: ``{fault, account, where, times, skip, seconds, taken}``."""
        wanted = _body(set(_FAULT_TYPES))
        for name, value in wanted.items():
            if not isinstance(value, _FAULT_TYPES[name]):
                raise _wrong(f"/{name}", "This is of the wrong type.")
        name = _text(wanted, "fault")
        self._google.arm(name, **{option: wanted[option] for option in wanted if option != "fault"})
        return Response(status=204)

    def clear_faults(self) -> Response:
        """Let nothing more go wrong."""
        self._google.faults.clear()
        return Response(status=204)

    def counters(self) -> Response:
        """How often each thing happened, such as ``token:refresh_token`` or ``accepted``."""
        return jsonify(self._google.counters.all())

    def clear_counters(self) -> Response:
        """Begin again at 0."""
        self._google.counters.clear()
        return Response(status=204)

    def add_account(self) -> Response:
        """Make an account: ``{address, name, aliases}``."""
        wanted = _body({"address", "name", "aliases"})
        address = _text(wanted, "address")
        aliases = wanted.get("aliases", [])
        if not is_address(address) or not isinstance(aliases, list):
            raise _wrong("/address", "An address such as mia@example.com is needed.")
        name = str(wanted.get("name", ""))
        account = self._google.add_account(address, name, frozenset(str(alias) for alias in aliases))
        return jsonify(address=account.address, name=account.name, sub=account.subject_id)

    def add_client(self) -> Response:
        """Register an OAuth client and give its file: ``{redirect_uris}``."""
        wanted = _body({"redirect_uris"}).get("redirect_uris")
        if not isinstance(wanted, list) or not all(isinstance(uri, str) for uri in wanted):
            raise _wrong("/redirect_uris", "A list of addresses is needed.")
        return jsonify(self._google.client_file(request.host_url.rstrip("/"), wanted))

    def revoke(self) -> Response:
        """The account holder removes the app: ``{account}``."""
        self._google.revoke(_text(_body({"account"}), "account"))
        return Response(status=204)

    def expire_tokens(self) -> Response:
        """Access tokens end now: ``{account}``, or of everybody."""
        account = _body({"account"}).get("account", "*")
        return jsonify(expired=self._google.expire_tokens(None if account == "*" else str(account)))


def _body(known: set[str]) -> dict[str, Any]:
    """The JSON object of the request. Other media types are refused: a foreign page could post those."""
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        raise _wrong("", "A JSON object is needed, as application/json.")
    if body.keys() - known:
        raise _wrong("", f"Only these names are known: {', '.join(sorted(known))}.")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise _wrong(f"/{name}", "A text is needed.")
    return value


def _wrong(pointer: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(Problem(pointer, "invalid", detail))


def _refuse(error: InvalidRequestError) -> tuple[Response, int]:
    problems = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in error.problems]
    return jsonify(problems=problems), 400
