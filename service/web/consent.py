"""The browser's side of *Connect Google account*: leave, come back, confirm."""

from urllib.parse import urlsplit

import structlog
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.connections.connection import Connection
from service.consent.ladder import STEPS, Access, scopes_of, unticked
from service.consent.ports import ConnectLink, GivenConsent
from service.consent.sign_in import is_sign_in
from service.errors import ConsentStateError, ServiceError
from service.outbox.trial import Trial
from service.web.browser import BY_PAGE, VISIT, Browser
from service.web.google_sign_in import GoogleSignInPages
from service.web.language import language, use_link_locale
from service.web.notices import Notices
from service.web.ports import WebPorts
from service.web.retrial import Retrial

_WANTED = "access"

log = structlog.get_logger(__name__)


class ConsentPages:
    """Begins and finishes consents for the browser that is asking."""

    def __init__(
        self, ports: WebPorts, browser: Browser, notices: Notices, google: GoogleSignInPages, retrial: Retrial
    ) -> None:
        self._ports = ports
        self._browser = browser
        self._notices = notices
        self._google = google
        self._retrial = retrial

    def connect(self) -> Response:
        """Begin for the signed-in tenant: a new mailbox, or the one that is named again."""
        session, tenant = self._browser.signed_in()
        connection_id = request.form.get("connection_id") or None
        wanted = [Access(name) for name in request.form.getlist("access") if name in STEPS]
        address = self._ports.consent.begin(
            tenant_id=tenant.id,
            session_id=session.id,
            connection_id=connection_id,
            scopes=scopes_of(wanted),
        )
        self._browser.leave(_WANTED, ".".join(wanted) or None, VISIT)
        self._retrial.from_page(connection_id)
        return redirect(address, 303)

    def show_link(self, secret: str) -> str:
        """Say who asks for what before anything happens."""
        link = self._ports.links.find(secret)
        use_link_locale(link.locale)
        return render_template(
            "connect.html",
            secret=secret,
            link=link,
            tenant=self._ports.tenants.get(link.tenant_id),
            steps=[STEPS[access] for access in link.access],
        )

    def follow_link(self, secret: str) -> Response:
        """Begin for the link's tenant, in a session of this browser."""
        link = self._ports.links.find(secret)
        use_link_locale(link.locale)
        session = self._browser.visit(locale=language())
        address = self._begin_link(link, session.id)
        self._retrial.from_link(secret)
        return redirect(address, 303)

    def come_back(self) -> Response:
        """Google's answer, to a consent or to a sign-in: the one redirect URI."""
        session = self._browser.session()
        if session is None:
            raise ConsentStateError
        if is_sign_in(request.args.get("state")):
            return self._google.come_back(session)
        result = self._ports.consent.complete(
            session_id=session.id,
            state=request.args.get("state"),
            code=request.args.get("code"),
            error=request.args.get("error"),
            issuer=request.args.get("iss"),
            locale=language(),
        )
        if isinstance(result, GivenConsent):
            return redirect(url_for("web.confirm", given_id=result.id), 303)
        self._retrial.done()
        self._notices.leave("connected", result, self._unticked(result))
        return redirect(url_for("web.connection", connection_id=result.id), 303)

    def confirm(self, given_id: str) -> str:
        """Name the mailbox and the tenant; nothing is kept yet."""
        given = self._given(given_id)
        return render_template(
            "confirm.html",
            given=given,
            tenant=self._ports.tenants.get(given.tenant_id),
            unticked=[STEPS[access] for access in unticked(given.asked, given.answer.scopes)],
        )

    def decide(self, given_id: str) -> str:
        """Keep the consent, or throw it away.

        The page is the answer itself: the consent is gone afterwards and could not be shown again. A
        redirect to the link's return address would be stopped by ``form-action``, so it is a link.
        """
        given = self._given(given_id)
        tenant = self._ports.tenants.get(given.tenant_id)
        back = given.return_url
        shown = {
            "tenant": tenant,
            "return_url": back,
            "return_host": urlsplit(back).hostname if back else None,
        }
        self._retrial.done()
        if request.form.get("decision") != "confirm":
            self._ports.consent.decline(given.id, given.session_id)
            return render_template("declined.html", **shown)
        connection = self._ports.consent.confirm(given.id, given.session_id, language())
        test = self._test(connection) if request.form.get("test") == "yes" else None
        return render_template("connected.html", connection=connection, test=test, **shown)

    def _test(self, connection: Connection) -> str:
        """Queue a test mail; the mailbox is kept already, whatever becomes of it."""
        try:
            self._ports.test_mail(_trial(connection))
        except ServiceError as error:
            log.warning("no test mail", connection=connection.id, error=error.code)
            return "not-sent"
        return "sent"

    def _begin_link(self, link: ConnectLink, session_id: str) -> str:
        return self._ports.consent.begin(
            tenant_id=link.tenant_id, session_id=session_id, connection_id=link.connection_id, link=link
        )

    def _unticked(self, connection: Connection) -> tuple[Access, ...]:
        """What this browser asked for and Google's page was not told to give."""
        wanted = [Access(name) for name in (self._browser.note(_WANTED) or "").split(".") if name in STEPS]
        self._browser.leave(_WANTED, None)
        return unticked(scopes_of(wanted), connection.scopes)

    def _given(self, given_id: str) -> GivenConsent:
        session = self._browser.session()
        if session is None:
            raise ConsentStateError
        return self._ports.consent.awaiting(given_id, session.id)


def _trial(connection: Connection) -> Trial:
    """From the mailbox to itself: its owner has just proved to be there and has asked for it."""
    return Trial(
        connection.tenant_id,
        connection.id,
        f"{BY_PAGE}{connection.address}",
        locale=language(),
        has_invoice=True,
    )
