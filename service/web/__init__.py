"""The HTML edge: one plain page after sign-in, and the browser's side of consent.

Start reading at ``create_web``, the route table. May import: everything below the edges; Flask lives here.
No view changes anything on GET but the redirect URI, which Google dictates.
"""

from flask import Blueprint, Flask

from service.web.browser import Browser
from service.web.connections import ConnectionPages
from service.web.consent import ConsentPages
from service.web.headers import security_headers
from service.web.home import Home
from service.web.language import LANGUAGES, init_language, language
from service.web.messages import MessagePages
from service.web.ports import ConsentDesk, LinkDesk, WebPorts
from service.web.problems import advice
from service.web.refusals import Refusals
from service.web.retrial import Retrial
from service.web.signin import SignIn
from service.web.words import KINDS, STATES, STATUSES, decimal, instant, size

__all__ = ["ConsentDesk", "LinkDesk", "WebPorts", "create_web", "init_web"]


def init_web(app: Flask, ports: WebPorts) -> None:
    """What belongs to the whole application: languages, unknown addresses, headers of every answer."""
    browser = Browser(ports)
    init_language(app, browser)
    # Flask calls these in reverse order.
    app.after_request(security_headers(ports))
    app.after_request(browser.write_cookies)
    app.after_request(Refusals(ports, browser, Retrial(browser)).unmatched)


def create_web(ports: WebPorts) -> Blueprint:
    """All pages, as a blueprint for the root of the site."""
    web = Blueprint(
        "web", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
    )
    browser = Browser(ports)
    retrial = Retrial(browser)
    home = Home(ports, browser)
    signin = SignIn(ports, browser)
    consent = ConsentPages(ports, browser, home, retrial)
    connections = ConnectionPages(ports, browser, home)
    messages = MessagePages(ports, browser)
    refusals = Refusals(ports, browser, retrial)

    get, post = ["GET"], ["POST"]
    for rule, endpoint, view, methods in (
        ("/", "home", home.show, get),
        ("/login/<secret>", "login", signin.ask, get),
        ("/login/<secret>", "enter", signin.enter, post),
        ("/logout", "logout", signin.leave, post),
        ("/language", "language", signin.choose_language, post),
        ("/connect", "connect", consent.connect, post),
        ("/connect/<secret>", "connect_link", consent.show_link, get),
        ("/connect/<secret>", "follow_link", consent.follow_link, post),
        ("/consent/callback", "callback", consent.come_back, get),
        ("/consent/confirm/<given_id>", "confirm", consent.confirm, get),
        ("/consent/confirm/<given_id>", "decide_consent", consent.decide, post),
        ("/connections/<connection_id>/test", "test", connections.test, post),
        ("/connections/<connection_id>/pause", "pause", connections.pause, post),
        ("/connections/<connection_id>/resume", "resume", connections.resume, post),
        ("/connections/<connection_id>/disconnect", "ask_disconnect", connections.ask_disconnect, get),
        ("/connections/<connection_id>/disconnect", "disconnect", connections.disconnect, post),
        ("/messages/<entry_id>", "message", messages.show, get),
        ("/messages/<entry_id>/cancel", "cancel", messages.cancel, post),
        ("/messages/<entry_id>/resend", "resend", messages.resend, post),
        ("/messages/<entry_id>/decision", "decide", messages.decide, post),
        ("/problems/<code>", "problem", refusals.explain, get),
    ):
        web.add_url_rule(rule, endpoint, view, methods=methods)

    web.before_request(browser.check_form)
    refusals.register(web)
    _teach_templates(web, browser)
    return web


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
        "states": STATES,
        "statuses": STATUSES,
        "kinds": KINDS,
        "own_tenant": browser.tenant,
    }
    web.app_context_processor(lambda: words)
