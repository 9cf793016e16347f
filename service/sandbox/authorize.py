"""Google's authorization page: account chooser, consent with one box a scope, and its own error pages.

Nothing is kept between the pages: each form carries the request's own parameters on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Redirect

from service.sandbox import scopes as known
from service.sandbox.accounts import Account, Client
from service.sandbox.fault_table import FAULTS
from service.sandbox.google import Google
from service.sandbox.letter import is_address
from service.sandbox.pages import guard
from service.sandbox.tokens import Consent

PATH = "/o/oauth2/v2/auth"
_OWN = "sandbox_"  # the pages' own fields; all others belong to the client's request
_PROMPTS = frozenset({"none", "consent", "select_account"})
_WEB_VIEWS = ("; wv)", "FBAN/", "FBAV/", "Instagram")


class PageError(Exception):
    """What Google shows on its own page; ``args``: error name, detail."""


@dataclass(frozen=True, slots=True)
class Request:
    """An authorization request that holds (RFC 6749 §4.1.1)."""

    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    prompts: frozenset[str]
    parameters: dict[str, str] = field(repr=False)

    def get(self, name: str) -> str | None:
        """One parameter as it came; ``None`` when absent or empty."""
        return self.parameters.get(name) or None

    def callback(self, **answer: str | None) -> Redirect:
        """Back to the client, with ``state`` as it came."""
        pairs = {"state": self.get("state"), **answer}
        query = urlencode({name: value for name, value in pairs.items() if value is not None})
        return redirect(f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{query}")


def create_authorize(google: Google) -> Blueprint:
    """The page over one state."""
    blueprint = Blueprint("authorize", __name__)
    page = _Page(google)
    blueprint.add_url_rule(PATH, view_func=page.show, methods=["GET"])
    blueprint.add_url_rule(PATH, view_func=page.decide, methods=["POST"])
    blueprint.register_error_handler(PageError, _error_page)
    blueprint.after_request(guard)
    return blueprint


class _Page:
    def __init__(self, google: Google) -> None:
        self._google = google

    def show(self) -> Response | Redirect | str:
        """The account chooser, or the consent page once an account is chosen."""
        self._google.counters.add("authorize")
        asked = _read(self._google, request.args)
        chosen = request.args.get("sandbox_account", "").strip()
        if "none" in asked.prompts:
            return self._silent(asked)
        if not chosen and asked.get("login_hint") and "select_account" not in asked.prompts:
            chosen = self._hinted(asked)
        if not chosen:
            return self._chooser(asked)
        return self._consent(asked, self._account(chosen))

    def decide(self) -> Response | Redirect | str:
        """Allow or Cancel."""
        asked = _read(self._google, request.form)
        account = self._account(request.form.get("sandbox_account", ""))
        self._admit(asked.client, account)
        if request.form.get("sandbox_decision") != "allow":
            return asked.callback(error="access_denied")
        boxes = known.boxes(asked.scopes)
        ticked = set(boxes if request.form.get("sandbox_all") else request.form.getlist("sandbox_scope"))
        return self._give(asked, account, asked.scopes - (set(boxes) - ticked))

    def _chooser(self, asked: Request) -> str:
        accounts = self._google.directory.accounts()
        hint = (asked.get("login_hint") or "").lower()
        accounts.sort(key=lambda account: hint not in {account.key, account.subject_id})
        return render_template("chooser.html", accounts=accounts, carried=asked.parameters, **_words())

    def _consent(self, asked: Request, account: Account) -> Response | Redirect | str:
        armed = self._google.faults.next("authorize", account.address)
        if armed is not None:
            self._google.counters.add(f"fault:{armed.fault.name}")
            if armed.fault.kind == "redirect":
                return asked.callback(error=armed.fault.reason)
            raise PageError(armed.fault.reason, "")
        self._admit(asked.client, account)
        given = self._google.tokens.consented(account.address, asked.client.client_id)
        if asked.scopes <= given and "consent" not in asked.prompts:
            return self._give(asked, account, asked.scopes)
        boxes = known.boxes(asked.scopes)
        return render_template(
            "consent.html",
            account=account,
            boxes=boxes,
            plain=sorted(asked.scopes - set(boxes)),
            scope_texts=known.TEXTS,
            carried=asked.parameters,
            client_id=asked.client.client_id,
            **_words(),
        )

    def _give(self, asked: Request, account: Account, scopes: frozenset[str]) -> Redirect:
        is_consent = "consent" in asked.prompts
        consent = Consent(
            address=account.address,
            client_id=asked.client.client_id,
            redirect_uri=asked.redirect_uri,
            scopes=scopes,
            challenge=asked.get("code_challenge"),
            nonce=asked.get("nonce"),
            is_offline=asked.get("access_type") == "offline",
        )
        code = self._google.tokens.issue_code(consent, is_forced=is_consent)
        return asked.callback(
            code=code,
            scope=known.joined(scopes),
            authuser="0",
            hd=account.hosted_domain,
            prompt="consent" if is_consent else "none",
        )

    def _silent(self, asked: Request) -> Redirect:
        """``prompt=none``: never a page."""
        account = self._google.directory.find_account(asked.get("login_hint") or "")
        if account is None:
            return asked.callback(error="login_required")
        if not asked.scopes <= self._google.tokens.consented(account.address, asked.client.client_id):
            return asked.callback(error="interaction_required")
        return self._give(asked, account, asked.scopes)

    def _hinted(self, asked: Request) -> str:
        hint = (asked.get("login_hint") or "").lower()
        known_accounts = self._google.directory.accounts()
        return next((one.address for one in known_accounts if hint in {one.key, one.subject_id}), "")

    def _account(self, address: str) -> Account:
        """The account of an address; typing a new one makes it."""
        if not is_address(address):
            raise PageError("invalid_request", "That is not an address of an account.")
        return self._google.directory.find_account(address) or self._google.add_account(address)

    def _admit(self, client: Client, account: Account) -> None:
        if client.internal_domain and account.hosted_domain != client.internal_domain:
            raise PageError("org_internal", "")
        if client.test_users is not None and account.key not in client.test_users:
            raise PageError("access_denied", "")


def _read(google: Google, given: "MultiDict[str, str]") -> Request:
    """The request, checked in Google's order.

    Raises:
        PageError: it does not hold; nothing of that is ever redirected.
    """
    parameters = {name: value for name, value in given.items() if not name.startswith(_OWN)}
    if any(mark in request.headers.get("User-Agent", "") for mark in _WEB_VIEWS):
        raise PageError("disallowed_useragent", "")
    if not parameters.get("client_id"):
        raise PageError("invalid_request", "Missing required parameter: client_id")
    client = google.directory.find_client(parameters["client_id"])
    if client is None:
        raise PageError("invalid_client", "The OAuth client was not found.")
    if client.state != "active":
        raise PageError(f"{client.state}_client", f"The OAuth client was {client.state}.")
    redirect_uri = parameters.get("redirect_uri", "")
    if not redirect_uri:
        raise PageError("invalid_request", "Missing required parameter: redirect_uri")
    if redirect_uri not in client.redirect_uris:
        raise PageError("redirect_uri_mismatch", f"redirect_uri={redirect_uri}")
    _check_rest(parameters)
    scopes = known.full(parameters["scope"])
    if known.unknown(scopes):
        raise PageError("invalid_scope", f"Some requested scopes were invalid. {known.unknown(scopes)}")
    prompts = frozenset(parameters.get("prompt", "").split())
    return Request(client, redirect_uri, scopes, prompts, parameters)


def _check_rest(parameters: dict[str, str]) -> None:
    for name in ("response_type", "scope"):
        if not parameters.get(name):
            raise PageError("invalid_request", f"Missing required parameter: {name}")
    rules: Iterable[tuple[str, frozenset[str]]] = (
        ("response_type", frozenset({"code"})),
        ("access_type", frozenset({"", "online", "offline"})),
        ("code_challenge_method", frozenset({"", "S256"})),
    )
    for name, allowed in rules:
        if parameters.get(name, "") not in allowed and name in parameters:
            raise PageError("invalid_request", f"Invalid parameter value for {name}")
    prompts = set(parameters.get("prompt", "").split())
    if prompts - _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise PageError("invalid_request", "Invalid parameter value for prompt")
    if parameters.get("code_challenge") and not parameters.get("code_challenge_method"):
        raise PageError("invalid_request", "The sandbox takes no code_challenge without S256.")


def _words() -> dict[str, object]:
    language = request.values.get("hl") or request.accept_languages.best_match(["en", "de"]) or "en"
    return {"is_german": language.startswith("de")}


def _error_page(error: PageError) -> tuple[str, int]:
    name, detail = error.args
    fault = next(row for row in FAULTS[name] if row.kind == "page")
    page = render_template(
        "error.html", error=name, status=fault.status, sentence=fault.message, detail=detail, **_words()
    )
    return page, fault.status
