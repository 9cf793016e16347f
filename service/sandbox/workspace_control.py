"""The control API's second half: what an account holder or a Workspace admin does in Google's consoles."""

from collections.abc import Callable
from dataclasses import asdict, fields
from types import UnionType
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.errors import InvalidRequestError
from service.sandbox.google import Google
from service.sandbox.orders import read_order, read_typed, refuse, text_of, texts_of, wrong
from service.sandbox.smtp.certificate import authority
from service.sandbox.smtp.options import SmtpOptions

_CHOICES = {
    "senders": {"users", "domain", "any"},
    "expired_token": {"421", "530", "535", "ignored"},
    "bare_line_ends": {"refused", "kept"},
    "state": {"active", "disabled", "deleted"},
}
_SMTP_TYPES: dict[str, type | UnionType] = {
    option.name: type(getattr(SmtpOptions(), option.name)) for option in fields(SmtpOptions)
}
_RELAY_TYPES: dict[str, type | UnionType] = {
    "allow": list,
    "deny": list,
    "senders": str,
    "requires_auth": bool,
    "requires_tls": bool,
}
_LIMIT_TYPES: dict[str, type | UnionType] = {"account": str, "messages": int | None, "relay": bool}


def create_workspace_control(google: Google) -> Blueprint:
    """The routes over one state."""
    blueprint = Blueprint("workspace_control", __name__, url_prefix="/sandbox")
    desk = _Desk(google)
    rules: tuple[tuple[str, str, Callable[..., Response]], ...] = (
        ("GET", "/smtp", desk.smtp),
        ("POST", "/smtp", desk.change_smtp),
        ("GET", "/rejected", desk.rejected),
        ("POST", "/limits", desk.limit),
        ("POST", "/app-passwords", desk.create_app_password),
        ("DELETE", "/app-passwords", desk.revoke_app_passwords),
        ("GET", "/relay", desk.relay),
        ("POST", "/relay", desk.change_relay),
        ("POST", "/groups", desk.add_group),
        ("POST", "/service-accounts", desk.add_service_account),
        ("PATCH", "/service-accounts/<email>", desk.change_service_account),
        ("DELETE", "/service-accounts/keys/<key_id>", desk.delete_key),
        ("POST", "/workloads", desk.add_workload),
        ("GET", "/delegations", desk.list_delegations),
        ("POST", "/delegations", desk.allow),
        ("DELETE", "/delegations", desk.revoke_delegation),
    )
    for method, path, view in rules:
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])
    blueprint.register_error_handler(InvalidRequestError, refuse)
    return blueprint


class _Desk:
    def __init__(self, google: Google) -> None:
        self._google = google

    def smtp(self) -> Response:
        """The ports, the file of the authority behind them, and the options of SMTP."""
        path = str(authority().path)
        return jsonify(ports=self._google.ports, ca_path=path, options=asdict(self._google.smtp))

    def change_smtp(self) -> Response:
        """Set options: ``{chunking, pipelining, starttls, size, expired_token, …}``."""
        return self._change(self._google.smtp, read_typed(_SMTP_TYPES))

    def rejected(self) -> Response:
        """The last mails that SMTP refused after their last byte."""
        return jsonify(
            [
                {
                    "sender": one.sender,
                    "recipients": one.recipients,
                    "code": one.code,
                    "fault": f"smtp_{one.row}",
                    "content": one.content.read().decode("latin-1"),
                }
                for one in self._google.rejected
            ]
        )

    def limit(self) -> Response:
        """Mails an account may send in 24 h: ``{account, messages, relay}``; ``null`` is any number."""
        wanted = read_typed(_LIMIT_TYPES)
        by_relay = wanted.get("relay", False)
        self._google.limits.set(text_of(wanted, "account"), wanted.get("messages"), by_relay=by_relay)
        return Response(status=204)

    def create_app_password(self) -> Response:
        """Make an app password: ``{account}``."""
        return jsonify(password=self._google.app_password(text_of(read_order({"account"}), "account")))

    def revoke_app_passwords(self) -> Response:
        """End all of an account: ``{account}``."""
        self._google.revoke_app_passwords(text_of(read_order({"account"}), "account"))
        return Response(status=204)

    def relay(self) -> Response:
        """The relay's settings."""
        relay = self._google.relay
        return jsonify(
            addresses=relay.addresses(),
            senders=relay.senders,
            requires_auth=relay.requires_auth,
            requires_tls=relay.requires_tls,
            domains=sorted(self._google.directory.domains()),
        )

    def change_relay(self) -> Response:
        """Change them: ``{allow, deny, senders, requires_auth, requires_tls}``."""
        wanted = read_typed(_RELAY_TYPES)
        for address in texts_of(wanted, "allow"):
            self._google.relay.allow_ip(address)
        for address in texts_of(wanted, "deny"):
            self._google.relay.deny_ip(address)
        rest = {name: value for name, value in wanted.items() if name not in {"allow", "deny"}}
        return self._change(self._google.relay, rest)

    def add_group(self) -> Response:
        """Make a Google group: ``{address}``."""
        self._google.directory.add_group(text_of(read_order({"address"}), "address"))
        return Response(status=204)

    def add_service_account(self) -> Response:
        """Make a service account and give its key file."""
        return jsonify(self._google.service_account(request.host_url.rstrip("/")))

    def change_service_account(self, email: str) -> Response:
        """Disable, delete or restore it: ``{state}``."""
        account = self._google.service_accounts.find(email)
        if account is None:
            raise wrong("/email", "There is no such service account.")
        return self._change(account, read_typed({"state": str}))

    def delete_key(self, key_id: str) -> Response:
        """Let a key hold no longer."""
        self._google.service_accounts.delete_key(key_id)
        return Response(status=204)

    def add_workload(self) -> Response:
        """Give a workload the role to sign as a service account: ``{service_account}``; answers its token."""
        email = text_of(read_order({"service_account"}), "service_account")
        return jsonify(access_token=self._google.workload(email))

    def list_delegations(self) -> Response:
        """Domain-wide delegation of every domain."""
        return jsonify(self._google.delegations.all())

    def allow(self) -> Response:
        """Enter a client: ``{domain, client_id, scopes}``."""
        wanted = read_order({"domain", "client_id", "scopes"})
        domain, client_id = text_of(wanted, "domain"), text_of(wanted, "client_id")
        self._google.delegations.allow(domain, client_id, texts_of(wanted, "scopes"))
        return Response(status=204)

    def revoke_delegation(self) -> Response:
        """Delete an entry: ``{domain, client_id}``."""
        wanted = read_order({"domain", "client_id"})
        self._google.delegations.revoke(text_of(wanted, "domain"), text_of(wanted, "client_id"))
        return Response(status=204)

    @staticmethod
    def _change(target: object, wanted: dict[str, Any]) -> Response:
        for name, value in wanted.items():
            if name in _CHOICES and value not in _CHOICES[name]:
                raise wrong(f"/{name}", f"One of these is needed: {', '.join(sorted(_CHOICES[name]))}.")
        for name, value in wanted.items():
            setattr(target, name, value)
        return Response(status=204)
