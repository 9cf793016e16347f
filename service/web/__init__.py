"""The HTML edge: the pages of the signed-in tenant, and the browser's side of consent.

Start reading at ``create_web`` and the route tables below it. May import: everything below the edges.
No view changes anything on GET but the redirect URI, which Google dictates. Who may open what: ``rights``.
"""

from collections.abc import Callable, Iterator

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from service.web.account import AccountPages
from service.web.activity import Activity
from service.web.browser import Browser
from service.web.connections import ConnectionPages
from service.web.consent import ConsentPages
from service.web.corrections import CorrectionPages
from service.web.developers import DeveloperPages
from service.web.google_sign_in import GoogleSignInPages
from service.web.headers import with_security_headers
from service.web.home import Home
from service.web.invitations import InvitationPages
from service.web.language import init_language
from service.web.logins import LoginPages
from service.web.members import MemberPages
from service.web.menu import Menu
from service.web.messages import MessagePages
from service.web.notices import Notices
from service.web.ports import ConsentDesk, LinkDesk, WebPorts
from service.web.refusals import Refusals
from service.web.retrial import Retrial
from service.web.rights import Rights
from service.web.settings import SettingsPages
from service.web.setup import SetupPages
from service.web.signin import SignIn
from service.web.tenants import TenantPages
from service.web.times import Times
from service.web.told import Told
from service.web.trials import TrialPages
from service.web.vocabulary import teach
from service.web.workspace.delegation import DelegationPages
from service.web.workspace.domains import DomainPages
from service.web.workspace.guests import Guests
from service.web.workspace.hand_over import HandOverPages
from service.web.workspace.overview import Overview
from service.web.workspace.relay import RelayPages

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
    rights = Rights(browser)
    menu = Menu(browser, rights)
    notices = Notices(ports.connections, browser)
    home = Home(ports, browser, menu, rights, notices)
    times, told = Times(ports.settings.time_zone), Told(browser)
    retrial = Retrial(browser)
    refusals = Refusals(ports, browser, retrial)
    guests = Guests(ports, browser)
    google = GoogleSignInPages(ports, browser, retrial)
    connections = ConnectionPages(ports, browser, notices)
    for method, rule, endpoint, view in (
        *_access_routes(home, SignIn(ports, browser, told), google, refusals),
        *_people_routes(AccountPages(ports, browser, told), MemberPages(ports, browser, told)),
        *_tenant_routes(TenantPages(ports, browser, told)),
        *_consent_routes(ConsentPages(ports, browser, notices, google, retrial)),
        *_connection_routes(connections),
        *_invitation_routes(InvitationPages(ports, browser, times)),
        *_trial_routes(TrialPages(ports, browser)),
        *_login_routes(LoginPages(ports, browser, notices, connections.told)),
        *_workspace_routes(Overview(ports, guests), RelayPages(ports, browser, guests)),
        *_delegation_routes(DelegationPages(ports, guests, told)),
        *_admin_routes(DomainPages(ports, guests), HandOverPages(ports, browser, guests, times)),
        *_message_routes(Activity(ports, browser, times), MessagePages(ports, browser, told)),
        *_developer_routes(DeveloperPages(ports, browser, told)),
        *_settings_routes(SettingsPages(ports, browser, told), SetupPages(ports, browser)),
        *_correction_routes(CorrectionPages(ports, browser, told)),
    ):
        web.add_url_rule(rule, endpoint, view, methods=[method])
    web.before_request(browser.check_form)
    web.before_request(browser.check_text)
    web.before_request(rights.check)
    refusals.register(web)
    teach(web, browser, rights, menu, times, told)
    return web


def _access_routes(
    home: Home, signin: SignIn, google: GoogleSignInPages, refusals: Refusals
) -> Iterator[Route]:
    yield "GET", "/", "home", home.show
    yield "GET", "/login/<secret>", "login", signin.ask
    yield "POST", "/login/<secret>", "enter", signin.enter
    yield "POST", "/sign-in", "sign_in", google.begin
    yield "POST", "/logout", "logout", signin.leave
    yield "POST", "/language", "language", signin.choose_language
    yield "GET", "/problems", "problems", refusals.explain_all
    yield "GET", "/problems/<code>", "problem", refusals.explain


def _people_routes(account: AccountPages, members: MemberPages) -> Iterator[Route]:
    yield "GET", "/account", "account", account.show
    yield "POST", "/account/switch", "switch", account.switch
    yield "POST", "/account/logout", "logout_everywhere", account.leave_everywhere
    yield "GET", "/settings/members", "members", members.show
    yield "POST", "/settings/members", "add_member", members.add
    yield "POST", "/settings/members/<member_id>/role", "change_role", members.change_role
    yield "POST", "/settings/members/<member_id>/remove", "remove_member", members.remove


def _tenant_routes(tenants: TenantPages) -> Iterator[Route]:
    yield "GET", "/tenants", "tenants", tenants.show
    yield "POST", "/tenants", "add_tenant", tenants.add
    yield "POST", "/tenants/<tenant_id>/look", "look_at", tenants.look_at
    yield "POST", "/tenants/<tenant_id>/login-link", "make_login_link", tenants.make_login_link


def _consent_routes(consent: ConsentPages) -> Iterator[Route]:
    yield "POST", "/connect", "connect", consent.connect
    yield "GET", "/connect/<secret>", "connect_link", consent.show_link
    yield "POST", "/connect/<secret>", "follow_link", consent.follow_link
    yield "GET", "/consent/callback", "callback", consent.come_back
    yield "GET", "/consent/confirm/<given_id>", "confirm", consent.confirm
    yield "POST", "/consent/confirm/<given_id>", "decide_consent", consent.decide


def _connection_routes(connections: ConnectionPages) -> Iterator[Route]:
    one = "/connections/<connection_id>"
    yield "GET", one, "connection", connections.show
    yield "POST", f"{one}/name", "rename", connections.rename
    yield "POST", f"{one}/default", "make_default", connections.make_default
    yield "POST", f"{one}/ways", "reroute", connections.reroute
    yield "POST", f"{one}/pause", "pause", connections.pause
    yield "POST", f"{one}/resume", "resume", connections.resume
    yield "GET", f"{one}/disconnect", "ask_disconnect", connections.ask_disconnect
    yield "POST", f"{one}/disconnect", "disconnect", connections.disconnect


def _invitation_routes(invitations: InvitationPages) -> Iterator[Route]:
    yield "GET", "/connections/invite", "invite", invitations.ask
    yield "POST", "/connections/invite", "make_invitation", invitations.make


def _trial_routes(trials: TrialPages) -> Iterator[Route]:
    form = "/connections/<connection_id>/test"
    yield "GET", form, "ask_test", trials.ask
    yield "POST", form, "test", trials.send
    yield "GET", f"{form}/<entry_id>", "tested", trials.show


def _login_routes(logins: LoginPages) -> Iterator[Route]:
    kinds = "<any('app-password', server):kind>"
    yield "GET", "/connections/new", "new_connection", logins.choose
    yield "GET", f"/connections/new/{kinds}", "new_login", logins.ask
    yield "POST", f"/connections/new/{kinds}", "add_login", logins.add


def _workspace_routes(overview: Overview, relay: RelayPages) -> Iterator[Route]:
    yield "GET", "/workspace", "workspace", overview.show
    yield "GET", "/delegations", "delegations_moved", overview.moved
    yield "GET", "/workspace/relay", "relay", relay.show
    yield "POST", "/workspace/relay", "add_relay", relay.add
    yield "GET", "/connections/new/relay", "relay_moved", overview.moved_relay


def _delegation_routes(delegations: DelegationPages) -> Iterator[Route]:
    one = "/workspace/delegation/<delegation_id>"
    yield "GET", "/workspace/delegation", "new_delegation", delegations.ask
    yield "POST", "/workspace/delegation", "add_delegation", delegations.add
    yield "GET", one, "delegation", delegations.show
    yield "POST", f"{one}/senders", "set_senders", delegations.set_senders
    yield "POST", f"{one}/check", "check_delegation", delegations.check
    yield "GET", f"{one}/remove", "ask_remove_delegation", delegations.ask_remove
    yield "POST", f"{one}/remove", "remove_delegation", delegations.remove


def _admin_routes(domains: DomainPages, hand_over: HandOverPages) -> Iterator[Route]:
    yield "GET", "/workspace/domains", "domains", domains.show
    yield "POST", "/workspace/domains", "check_domain", domains.check
    yield "GET", "/workspace/hand-over", "hand_over", hand_over.ask
    yield "POST", "/workspace/hand-over", "make_wizard_link", hand_over.make
    yield "GET", "/workspace/link/<secret>", "wizard_link", hand_over.open_link
    yield "POST", "/workspace/link/<secret>", "enter_wizard", hand_over.enter


def _message_routes(activity: Activity, messages: MessagePages) -> Iterator[Route]:
    yield "GET", "/messages", "messages", activity.show
    yield "GET", "/messages/<entry_id>", "message", messages.show
    yield "POST", "/messages/<entry_id>/cancel", "cancel", messages.cancel
    yield "POST", "/messages/<entry_id>/resend", "resend", messages.resend
    yield "POST", "/messages/<entry_id>/decision", "decide", messages.decide
    yield "GET", "/messages/<entry_id>/mail.eml", "download", messages.download


def _correction_routes(corrections: CorrectionPages) -> Iterator[Route]:
    yield "GET", "/messages/<entry_id>/correct", "ask_correction", corrections.ask
    yield "POST", "/messages/<entry_id>/correct", "correct", corrections.send


def _developer_routes(developers: DeveloperPages) -> Iterator[Route]:
    yield "GET", "/developers", "developers", developers.show
    yield "GET", "/developers/keys", "keys", developers.keys
    yield "GET", "/developers/keys/new", "new_key", developers.ask
    yield "POST", "/developers/keys", "create_key", developers.create
    yield "GET", "/developers/keys/<key_id>", "key", developers.key
    yield "POST", "/developers/keys/<key_id>/roll", "roll_key", developers.roll
    yield "GET", "/developers/keys/<key_id>/revoke", "ask_revoke", developers.ask_revoke
    yield "POST", "/developers/keys/<key_id>/revoke", "revoke_key", developers.revoke


def _settings_routes(settings: SettingsPages, setup: SetupPages) -> Iterator[Route]:
    yield "GET", "/settings", "settings", settings.show
    yield "POST", "/settings", "save_settings", settings.save
    yield "GET", "/settings/limits", "limits", settings.limits
    yield "GET", "/setup", "setup", setup.show
    yield "GET", "/setup/<check>", "check", setup.check
