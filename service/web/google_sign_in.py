"""The browser's side of *Sign in with Google*."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from service.access.member import Member
from service.access.session import Session, Standing
from service.web.browser import Browser
from service.web.language import language
from service.web.ports import WebPorts
from service.web.retrial import Retrial


class GoogleSignInPages:
    """Leave for Google, come back as somebody."""

    def __init__(self, ports: WebPorts, browser: Browser, retrial: Retrial) -> None:
        self._ports = ports
        self._browser = browser
        self._retrial = retrial

    def begin(self) -> Response:
        """Send the browser to Google."""
        session = self._browser.visit(locale=language())
        address = self._ports.sign_in.begin(session_id=session.id, browser_secret=self._browser.secret())
        self._retrial.from_sign_in()
        return redirect(address, 303)

    def come_back(self, session: Session) -> Response:
        """Open a session of the account that Google names."""
        member = self._ports.sign_in.complete(
            session_id=session.id,
            browser_secret=self._browser.secret(),
            state=request.args.get("state"),
            code=request.args.get("code"),
            error=request.args.get("error"),
            issuer=request.args.get("iss"),
        )
        self._retrial.done()
        self._browser.open(standing_of(member), locale=member.locale or self._browser.note("language"))
        return redirect(url_for("web.home"), 303)


def standing_of(member: Member) -> Standing:
    """As whom an account is signed in."""
    return Standing(member.role, member.tenant_id, member.id)
