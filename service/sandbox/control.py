"""The control API under ``/sandbox/``: what tests and the demo ask and do from another process."""

from collections.abc import Callable
from types import UnionType

from flask import Blueprint, Response, jsonify, request

from service.errors import InvalidRequestError
from service.sandbox.fault_table import FAULTS
from service.sandbox.google import Google
from service.sandbox.letter import is_address
from service.sandbox.orders import read_order, read_typed, refuse, text_of, texts_of, wrong
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
    blueprint.register_error_handler(InvalidRequestError, refuse)
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
        wanted = read_typed(_FAULT_TYPES)
        name = text_of(wanted, "fault")
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
        """Make an account: ``{address, name, aliases, pending}``."""
        wanted = read_order({"address", "name", "aliases", "pending"})
        address = text_of(wanted, "address")
        if not is_address(address):
            raise wrong("/address", "An address such as mia@example.com is needed.")
        account = self._google.add_account(
            address,
            str(wanted.get("name", "")),
            frozenset(texts_of(wanted, "aliases")),
            pending=frozenset(texts_of(wanted, "pending")),
        )
        return jsonify(address=account.address, name=account.name, sub=account.subject_id)

    def add_client(self) -> Response:
        """Register an OAuth client and give its file: ``{redirect_uris}``."""
        wanted = read_order({"redirect_uris"}).get("redirect_uris")
        if not isinstance(wanted, list) or not all(isinstance(uri, str) for uri in wanted):
            raise wrong("/redirect_uris", "A list of addresses is needed.")
        return jsonify(self._google.client_file(request.host_url.rstrip("/"), wanted))

    def revoke(self) -> Response:
        """The account holder removes the app: ``{account}``."""
        self._google.revoke(text_of(read_order({"account"}), "account"))
        return Response(status=204)

    def expire_tokens(self) -> Response:
        """Access tokens end now: ``{account}``, or of everybody."""
        account = read_order({"account"}).get("account", "*")
        return jsonify(expired=self._google.expire_tokens(None if account == "*" else str(account)))
