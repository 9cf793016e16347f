"""*Sign in with Google*: the same OAuth client and redirect URI as a consent, but nothing is kept of it.

The access token that comes along is thrown away and never revoked: a revocation ends everything that the
account has given to this client, its mailbox connections too.
"""

import base64
import hashlib
import hmac
from datetime import timedelta

import structlog
from pydantic import SecretStr

from service.access.admission import Admission
from service.access.member import Member
from service.access.session import hash_secret, new_secret
from service.clock import Clock
from service.consent.answer import denied
from service.consent.consent import ISSUER, LIFETIME_S
from service.consent.ports import AuthorizationServer, SignInStore
from service.errors import ConsentStateError, IdentityError

_MARK = "signin."  # no other state has a dot: they are base64url

log = structlog.get_logger(__name__)


def is_sign_in(state: str | None) -> bool:
    """Whether what came back to the redirect URI belongs to a sign-in, and not to a consent."""
    return state is not None and state.startswith(_MARK)


class GoogleSignIn:
    """Begins and completes sign-ins.

    PKCE verifier and nonce are derived from the browser's own cookie and the state, so that the database
    keeps neither, and no other browser can complete.
    """

    def __init__(
        self, *, server: AuthorizationServer, sign_ins: SignInStore, admission: Admission, clock: Clock
    ) -> None:
        self._server = server
        self._sign_ins = sign_ins
        self._admission = admission
        self._clock = clock

    def begin(self, *, session_id: str, browser_secret: SecretStr) -> str:
        """Where to send the browser.

        Args:
            session_id: the browser session; no other one can complete.
            browser_secret: what its cookie holds.
        """
        state, now = _MARK + new_secret().get_secret_value(), self._clock.now()
        expires_at = now + timedelta(seconds=LIFETIME_S)
        self._sign_ins.add_sign_in(hash_secret(state), session_id, expires_at, now)
        nonce, verifier = _derive(browser_secret, state)
        return self._server.sign_in_url(state=state, nonce=nonce, verifier=verifier)

    def complete(
        self,
        *,
        session_id: str,
        browser_secret: SecretStr,
        state: str | None,
        code: str | None,
        error: str | None,
        issuer: str | None = None,
    ) -> Member:
        """Who has signed in; ``issuer`` is RFC 9207's ``iss``, where it was sent.

        Raises:
            ConsentStateError: not begun in this session, used, too old, or of another issuer; then nothing
                is exchanged.
            ConsentDeniedError: the person or Google's page said no.
            IdentityError: the ID token does not hold.
            NotAdmittedError, OtherAccountError: the account is not let in.
            OAuthClientError, TokenEndpointUnavailableError: Google's token endpoint did not play along.
        """
        if issuer not in {None, ISSUER} or state is None:
            raise ConsentStateError
        if not self._sign_ins.take_sign_in(hash_secret(state), session_id, self._clock.now()):
            raise ConsentStateError
        if error:
            raise denied(error)
        if not code:
            raise ConsentStateError
        nonce, verifier = _derive(browser_secret, state)
        answer = self._server.exchange(code=code, verifier=verifier)
        if answer.id_token is None:
            raise IdentityError("Google sent no ID token.")
        identity = self._server.identify(answer.id_token, nonce=nonce)
        member = self._admission.admit(
            subject_id=identity.subject_id, address=identity.address, hosted_domain=identity.hosted_domain
        )
        log.info("signed in", member=member.id, tenant=member.tenant_id)
        return member


def _derive(browser_secret: SecretStr, state: str) -> tuple[str, str]:
    """Nonce and PKCE verifier, 43 characters each (RFC 7636 §4.1)."""
    key = browser_secret.get_secret_value().encode()
    nonce, verifier = (
        base64.urlsafe_b64encode(hmac.new(key, f"{what} {state}".encode(), hashlib.sha256).digest())
        for what in ("nonce", "verifier")
    )
    return nonce.rstrip(b"=").decode(), verifier.rstrip(b"=").decode()
