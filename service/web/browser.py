"""Who asks: the cookie, the session behind it, and the token that every form carries.

One cookie holds 256 random bits. Signed in or on the way to Google, its hash finds a row in the session
store; before that it has no row and only ties a form to the browser that got it.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta

from flask import Response, g, request
from pydantic import SecretStr
from werkzeug.exceptions import BadRequest

from service.access.member import Role
from service.access.session import Session, Standing, hash_secret, new_secret
from service.access.tenant import Tenant
from service.errors import NotFoundError, ServiceError
from service.identifiers import new_id
from service.web.ports import WebPorts

SIGNED_IN = timedelta(days=7)
SIGNED_IN_AS_OPERATOR = timedelta(hours=12)  # who sees every tenant signs in every day
VISIT = timedelta(hours=1)  # longer than any consent (≤ 10 minutes) with its confirm page
BY_PAGE = "web:"  # how an actor begins who used a page
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_FORM_BYTES = 128 * 1024  # the longest list of senders, twice: as it was shown and as it is sent
_SECRET_LENGTH = 43  # of 32 bytes in base64url


class NotSignedInError(ServiceError):
    """This page belongs to a tenant; sign in first."""

    code = "not-signed-in"


class FormExpiredError(ServiceError):
    """The form was not made for this browser, or is too old."""

    code = "form-expired"


class Browser:
    """The browser of the present request."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports
        self._https = ports.settings.is_https
        self._prefix = "__Host-" if self._https else ""
        self.cookie = f"{self._prefix}postausgang"

    def session(self) -> Session | None:
        """The session behind the cookie, looked up once a request."""
        if "web_session" not in g:
            g.web_session = self._look_up()
        found: Session | None = g.web_session
        return found

    def standing(self) -> Standing | None:
        """As whom this browser is signed in; ``None`` for strangers and visitors."""
        session = self.session()
        return session.standing if session else None

    def tenant(self) -> Tenant | None:
        """The tenant whose pages are seen; ``None`` also for an operator who has not chosen one."""
        standing = self.standing()
        if standing is None or standing.tenant_id is None:
            return None
        if "web_tenant" not in g or g.web_tenant.id != standing.tenant_id:
            g.web_tenant = self._ports.tenants.get(standing.tenant_id)
        found: Tenant = g.web_tenant
        return found

    def signed_in(self) -> tuple[Session, Tenant]:
        """The session and its tenant.

        Raises:
            NotSignedInError: nobody, or a visitor who came by a connect link.
        """
        session, tenant = self.session(), self.tenant()
        if session is None or tenant is None:
            raise NotSignedInError
        return session, tenant

    def actor(self) -> str:
        """Who acts, for timelines: the person's address; of whom a link has let in only the session is known.

        Raises:
            NotSignedInError: nobody, or a visitor who came by a connect link.
        """
        session, _ = self.signed_in()
        return f"{BY_PAGE}{session.address or session.id}"

    def open(self, standing: Standing, *, locale: str | None) -> Session:
        """Sign in, until the role's time is over; whoever was signed in here before is no longer."""
        return self._begin(standing, locale, _lifetime(standing))

    def go_on(self, standing: Standing, *, locale: str | None) -> Session:
        """Stay signed in as somebody else, for no longer than before: nobody has signed in anew.

        Raises:
            NotSignedInError: nobody is.
        """
        session = self.session()
        if session is None:
            raise NotSignedInError
        left = session.expires_at - self._ports.clock.now()
        return self._begin(standing, locale, min(left, _lifetime(standing)))

    def visit(self, *, locale: str | None) -> Session:
        """The session of this browser; a visitor's when it has none."""
        return self.session() or self._begin(None, locale, VISIT)

    def secret(self) -> SecretStr:
        """What the cookie of the session holds, from this answer on.

        Raises:
            NotSignedInError: the browser has none.
        """
        secret = g.get("web_secret") or self._sent_secret()
        if secret is None:
            raise NotSignedInError
        return SecretStr(secret)

    def look_no_further(self) -> None:
        """For the rest of this request nobody is signed in: the database cannot be asked."""
        g.web_session = None

    def close(self) -> None:
        """Sign out."""
        session = self.session()
        if session is not None:
            self._ports.sessions.end(session.id)
        g.web_session = None
        self.forget(self.cookie)

    def form_token(self) -> str:
        """What a form must carry: it proves that the page came from us to this very cookie."""
        if "web_secret" not in g:
            secret = self._sent_secret()
            if secret is None:
                secret = new_secret().get_secret_value()
                self.keep(self.cookie, secret, None)
            g.web_secret = secret
        return _token(g.web_secret)

    def check_form(self) -> None:
        """Refuse an unsafe request that no page of ours made for this browser.

        Raises:
            FormExpiredError: the token is missing or of another browser.
        """
        if request.method in SAFE_METHODS:
            return
        request.max_content_length = _MAX_FORM_BYTES
        secret = self._sent_secret()
        sent = request.form.get("form_token", "")
        if secret is None or not hmac.compare_digest(_token(secret).encode(), sent.encode()):
            raise FormExpiredError

    def check_text(self) -> None:
        """Refuse NUL, which PostgreSQL takes in no text; no page of ours sends it.

        Raises:
            NotFoundError: it stands in the path.
            BadRequest: it stands in the query or the form.
        """
        if "\0" in request.path:
            raise NotFoundError("page")
        if any("\0" in text for text in (*request.args.values(), *request.form.values())):
            raise BadRequest

    def note(self, name: str) -> str | None:
        """A small word that an earlier answer left in this browser."""
        word = request.cookies.get(f"{self._prefix}postausgang-{name}")
        return None if word is None or "\0" in word else word  # as ``check_text``

    def leave(self, name: str, value: str | None, lifetime: timedelta | None = None) -> None:
        """Leave such a word, or take it away with ``None``."""
        cookie = f"{self._prefix}postausgang-{name}"
        if value is not None:
            self.keep(cookie, value, lifetime)
        elif cookie in request.cookies:
            self.forget(cookie)

    def keep(self, cookie: str, value: str, lifetime: timedelta | None) -> None:
        """Set a cookie on the answer; without a lifetime it ends with the browser."""
        self._later(
            lambda answer: answer.set_cookie(
                cookie,
                value,
                max_age=lifetime,
                path="/",
                secure=self._https,
                httponly=True,
                samesite="Lax",
            )
        )

    def forget(self, cookie: str) -> None:
        """Take a cookie away with the answer."""
        self._later(
            lambda answer: answer.delete_cookie(
                cookie, path="/", secure=self._https, httponly=True, samesite="Lax"
            )
        )

    def write_cookies(self, answer: Response) -> Response:
        """Put what was kept and forgotten on the answer."""
        for change in g.pop("web_cookies", ()):
            change(answer)
        return answer

    def _look_up(self) -> Session | None:
        secret = self._sent_secret()
        if secret is None:
            return None
        found = self._ports.sessions.find(hash_secret(secret), self._ports.clock.now())
        operators = self._ports.settings.operator_addresses
        return found if found is not None and found.is_current(operators) else None

    def _begin(self, standing: Standing | None, locale: str | None, lifetime: timedelta) -> Session:
        """A new session with a new secret; an earlier session of this browser ends (no fixation)."""
        earlier = self.session()
        if earlier is not None:
            self._ports.sessions.end(earlier.id)
        now = self._ports.clock.now()
        secret = new_secret().get_secret_value()
        session = Session(new_id("ses"), standing, now, now + lifetime, locale)
        self._ports.sessions.add(session, hash_secret(secret))
        g.web_session, g.web_secret = session, secret
        self.keep(self.cookie, secret, lifetime)
        return session

    def _later(self, change: Callable[[Response], None]) -> None:
        if "web_cookies" not in g:
            g.web_cookies = []
        g.web_cookies.append(change)

    def _sent_secret(self) -> str | None:
        secret = request.cookies.get(self.cookie, "")
        return secret if len(secret) == _SECRET_LENGTH and secret.isascii() else None


def _lifetime(standing: Standing) -> timedelta:
    return SIGNED_IN_AS_OPERATOR if standing.role is Role.OPERATOR else SIGNED_IN


def _token(secret: str) -> str:
    return hmac.new(secret.encode(), b"form token", hashlib.sha256).hexdigest()
