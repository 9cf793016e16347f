"""The HTML edge: the pages of the signed-in tenant, and the browser's side of consent.

Start reading at ``create_web`` and the route tables below it. May import: everything below the edges.
No view changes anything on GET but the redirect URI, which Google dictates.
"""

from collections.abc import Callable, Iterator

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from service.catalogue import anchor
from service.web.activity import Activity
from service.web.browser import Browser
from service.web.connections import ConnectionPages
from service.web.consent import ConsentPages
from service.web.delegations import DelegationPages
from service.web.headers import with_security_headers
from service.web.home import Home
from service.web.language import LANGUAGES, init_language, language
from service.web.logins import LoginPages
from service.web.menu import menu
from service.web.messages import MessagePages
from service.web.ports import ConsentDesk, LinkDesk, WebPorts
from service.web.problems import advice
from service.web.refusals import Refusals
from service.web.retrial import Retrial
from service.web.signin import SignIn
from service.web.words import (
    CHECK_RESULTS,
    CHECK_STEPS,
    KINDS,
    PROBE_STEPS,
    STATES,
    STATUSES,
    WAY_STATUSES,
    WAYS,
    decimal,
    instant,
    size,
)

__all__ = ["ConsentDesk", "LinkDesk", "WebPorts", "create_web", "init_web"]
Route = tuple[str, str, str, Callable[..., ResponseReturnValue]]  # method, rule, endpoint, view


def init_web(app: Flask, ports: WebPorts) -> None:
    """What belongs to the whole application: languages, unknown addresses, headers of every answer."""
    browser = Browser(ports)
    init_language(app, browser)
    # Flask calls these in reverse order.
    app.wsgi_app = with_security_headers(app.wsgi_app, ports)  # type: ignore[assignment, method-assign]  # Flask's way
    app.after_request(browser.write_cookies)
    app.after_request(Refusals(ports, browser, Retrial(browser)).unmatched)


def create_web(ports: WebPorts) -> Blueprint:
    """All pages, as a blueprint for the root of the site."""
    web = Blueprint(
        "web", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
    )
    browser = Browser(ports)
    home = Home(ports, browser)
    retrial = Retrial(browser)
    refusals = Refusals(ports, browser, retrial)
    consent = ConsentPages(ports, browser, home, retrial)
    for method, rule, endpoint, view in (
        *_access_routes(home, SignIn(ports, browser), refusals),
        *_consent_routes(consent),
        *_connection_routes(ConnectionPages(ports, browser, home)),
        *_login_routes(LoginPages(ports, browser, home)),
        *_delegation_routes(DelegationPages(ports, browser)),
        *_message_routes(Activity(ports, browser), MessagePages(ports, browser)),
    ):
        web.add_url_rule(rule, endpoint, view, methods=[method])
    web.before_request(browser.check_form)
    web.before_request(browser.check_text)
    refusals.register(web)
    _teach_templates(web, browser)
    return web


def _access_routes(home: Home, signin: SignIn, refusals: Refusals) -> Iterator[Route]:
    yield "GET", "/", "home", home.show
    yield "GET", "/login/<secret>", "login", signin.ask
    yield "POST", "/login/<secret>", "enter", signin.enter
    yield "POST", "/logout", "logout", signin.leave
    yield "POST", "/language", "language", signin.choose_language
    yield "GET", "/problems", "problems", refusals.explain_all
    yield "GET", "/problems/<code>", "problem", refusals.explain


def _consent_routes(consent: ConsentPages) -> Iterator[Route]:
    yield "POST", "/connect", "connect", consent.connect
    yield "GET", "/connect/<secret>", "connect_link", consent.show_link
    yield "POST", "/connect/<secret>", "follow_link", consent.follow_link
    yield "GET", "/consent/callback", "callback", consent.come_back
    yield "GET", "/consent/confirm/<given_id>", "confirm", consent.confirm
    yield "POST", "/consent/confirm/<given_id>", "decide_consent", consent.decide


def _connection_routes(connections: ConnectionPages) -> Iterator[Route]:
    yield "POST", "/connections/<connection_id>/test", "test", connections.test
    yield "POST", "/connections/<connection_id>/pause", "pause", connections.pause
    yield "POST", "/connections/<connection_id>/resume", "resume", connections.resume
    yield "GET", "/connections/<connection_id>/disconnect", "ask_disconnect", connections.ask_disconnect
    yield "POST", "/connections/<connection_id>/disconnect", "disconnect", connections.disconnect


def _login_routes(logins: LoginPages) -> Iterator[Route]:
    kinds = "<any('app-password', server, relay):kind>"
    yield "GET", "/connections/new", "new_connection", logins.choose
    yield "GET", f"/connections/new/{kinds}", "new_login", logins.ask
    yield "POST", f"/connections/new/{kinds}", "add_login", logins.add


def _delegation_routes(delegations: DelegationPages) -> Iterator[Route]:
    yield "GET", "/delegations", "delegations", delegations.show
    yield "POST", "/delegations", "add_delegation", delegations.add
    yield "POST", "/delegations/<delegation_id>/check", "check_delegation", delegations.check
    yield "POST", "/delegations/<delegation_id>/senders", "set_senders", delegations.set_senders


def _message_routes(activity: Activity, messages: MessagePages) -> Iterator[Route]:
    yield "GET", "/messages", "messages", activity.show
    yield "GET", "/messages/<entry_id>", "message", messages.show
    yield "POST", "/messages/<entry_id>/cancel", "cancel", messages.cancel
    yield "POST", "/messages/<entry_id>/resend", "resend", messages.resend
    yield "POST", "/messages/<entry_id>/decision", "decide", messages.decide


def _teach_templates(web: Blueprint, browser: Browser) -> None:
    """What every template of ours may use."""
    web.add_app_template_filter(instant)
    web.add_app_template_filter(size)
    web.add_app_template_filter(decimal)
    words = {
        "form_token": browser.form_token,
        "language": language,
        "languages": LANGUAGES,
        "advice_of": advice,
        "anchor_of": anchor,
        "states": STATES,
        "statuses": STATUSES,
        "kinds": KINDS,
        "ways": WAYS,
        "way_statuses": WAY_STATUSES,
        "probe_steps": PROBE_STEPS,
        "check_steps": CHECK_STEPS,
        "check_results": CHECK_RESULTS,
        "own_tenant": browser.tenant,
        "menu": menu,
    }
    web.app_context_processor(lambda: words)
