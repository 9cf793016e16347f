"""What this room needs from outside: the authorization server, and where a begun consent waits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import SecretStr

from service.connections.connection import Connection
from service.connections.credential import Grant, TokenCredential
from service.connections.identity import Identity
from service.consent.ladder import Access

Credential_contra = TypeVar("Credential_contra", bound=TokenCredential, contravariant=True)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What a token endpoint gives (RFC 6749 §5.1).

    Attributes:
        refresh_token: ``None`` when the server sent none: keep the old one.
        scopes: what was really granted, as full scope URLs; empty when the server did not say.
        id_token: raw JWT, only at the code exchange.
    """

    access_token: SecretStr
    expires_at: datetime
    refresh_token: SecretStr | None
    scopes: frozenset[str]
    id_token: str | None = None


class AuthorizationServer(Protocol):
    """Google's authorization server. No call repeats itself; each ends within the set time-outs."""

    @property
    def client_id(self) -> str:
        """The operator's OAuth client."""

    def authorization_url(
        self, *, state: str, nonce: str, verifier: str, scopes: frozenset[str], login_hint: str | None
    ) -> str:
        """Where the browser goes: PKCE S256, offline, ``prompt=consent select_account``."""

    def sign_in_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to say who the person is: ``openid email``, no refresh token, PKCE S256."""

    def exchange(self, *, code: str, verifier: str) -> TokenAnswer:
        """Trade the authorization code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).

        Raises:
            ConsentStateError: the code is used up, too old or not ours (``invalid_grant``).
            OAuthClientError: the operator's client is refused.
            TokenEndpointUnavailableError: no usable answer.
        """

    def identify(self, id_token: str, *, nonce: str) -> Identity:
        """Check signature, issuer, audience, expiry (10 s skew), nonce and ``email_verified``.

        Raises:
            IdentityError: one of them does not hold.
            TokenEndpointUnavailableError: the certificates cannot be fetched.
        """

    def refresh(self, refresh_token: SecretStr) -> TokenAnswer:
        """A new access token (RFC 6749 §6). Sends no scope: the granted ones come back.

        Raises:
            GrantRevokedError: ``invalid_grant`` and the reauth variants.
            OAuthClientError: ``invalid_client``, ``unauthorized_client``, ``deleted_client`` and the like.
            TokenEndpointUnavailableError: 5xx, 429, time-outs, HTML or oversized bodies.
        """

    def revoke(self, token: SecretStr) -> None:
        """End the whole grant at Google (RFC 7009); a token that is already dead is fine.

        Raises:
            TokenEndpointUnavailableError: no usable answer.
        """


class Issuer(Protocol[Credential_contra]):
    """Gets a new access token for a credential, by one call and no repetition."""

    def issue(self, credential: Credential_contra) -> TokenAnswer:
        """A new access token.

        Raises:
            GrantRevokedError: only the mailbox's owner can mend it.
            AccessBlockedError: an operator or an admin must mend it.
            TokenEndpointUnavailableError: nobody is to blame.
        """


@dataclass(frozen=True, slots=True)
class PendingConsent:
    """A consent that was begun and has not come back yet.

    Attributes:
        state_hash: SHA-256 of the ``state`` parameter, hexadecimal; the value itself is not kept.
        session_id: the browser session that began it; no other one may finish it.
        connection_id: set on reconnect; ``None`` for a new mailbox.
        expected_subject_id: on reconnect the account that must be used.
        expected_address: the address that a link pinned, or that reconnect shows; ``None`` for any.
        link_id: the connect link that led here; then a second confirm page follows.
        return_url: where the link's maker wants the browser at the end; ``None`` for our own page.
    """

    id: str
    tenant_id: str
    session_id: str
    state_hash: str
    nonce: str
    verifier: SecretStr
    scopes: frozenset[str]
    expires_at: datetime
    connection_id: str | None = None
    expected_subject_id: str | None = None
    expected_address: str | None = None
    link_id: str | None = None
    return_url: str | None = None


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A consent that came back from a connect link and waits for the confirm page.

    Attributes:
        asked: the scopes that were asked for; some may not have been given.
    """

    id: str
    tenant_id: str
    session_id: str
    identity: Identity
    answer: TokenAnswer
    expires_at: datetime
    connection_id: str | None
    link_id: str
    return_url: str | None
    asked: frozenset[str] = frozenset()


class GrantCheckStore(Protocol):
    """Knows which grants nobody has heard of for long."""

    def count_active(self) -> int:
        """How many grants are alive, as far as is known."""

    def unchecked(self, before: datetime, limit: int) -> list[str]:
        """Living grants that gave no access token since then, the longest silent first."""

    def put_off(self, grant_id: str, checked_at: datetime) -> None:
        """Note a check that proved nothing, as if the grant had answered then."""


class ConsentStore(Protocol):
    """Keeps begun consents, one use each; verifier and tokens are sealed."""

    def add_pending(self, pending: PendingConsent) -> None:
        """Keep a begun consent."""

    def take_pending(self, state_hash: str, session_id: str, now: datetime) -> PendingConsent | None:
        """Take it out, once: ``None`` when unknown, expired, already taken or of another session."""

    def add_given(self, given: GivenConsent) -> None:
        """Keep tokens until the second confirm page is answered."""

    def find_given(self, given_id: str, session_id: str, now: datetime) -> GivenConsent | None:
        """Look at it for the confirm page; ``None`` when unknown, expired or of another session."""

    def take_given(self, given_id: str, session_id: str, now: datetime) -> GivenConsent | None:
        """Take it out, once, to throw it away."""

    def keep_given(
        self,
        given: GivenConsent,
        grant: Grant,
        now: datetime,
        locale: str | None = None,
        *,
        operators: frozenset[str] = frozenset(),
    ) -> Connection:
        """Keep its grant as ``ConnectionStore.connect`` does, and use consent and link up: all or nothing.

        ``operators`` are those of today, in lower case: the link of another one is good no longer.

        Raises:
            ConsentStateError: it was taken meanwhile, or is too old.
            LinkError: the link was used, is too old, or its key or maker has gone.
        """


class SignInStore(Protocol):
    """Keeps sign-ins at Google that were begun, one use each. Nothing of them is secret."""

    def add_sign_in(self, state_hash: str, session_id: str, expires_at: datetime, at: datetime) -> None:
        """Keep a begun sign-in."""

    def take_sign_in(self, state_hash: str, session_id: str, now: datetime) -> bool:
        """Take it out, once: ``False`` when unknown, expired, already taken or of another session."""


@dataclass(frozen=True, slots=True)
class ConnectLink:
    """An invitation to connect one mailbox to one tenant, made by API, page or notice.

    Attributes:
        purpose: one sentence of the maker that the visitor is shown, such as the application's name.
        expected_address: the only address that may be used; ``None`` for any.
        connection_id: set when the link is for a reconnect.
        return_url: https address to go to at the end; ``None`` for our own page.
        locale: ``de``, ``en`` or ``None`` for the browser's choice.
        access: steps beyond sending that are asked for.
        key_id: the API key that made it, and with which it ends; ``None`` for others.
        maker_id: the account of the admin or operator who made it, likewise.
        made_by_operator: address of the operator who made it; ``None`` for others.
    """

    id: str
    tenant_id: str
    purpose: str
    expires_at: datetime
    expected_address: str | None = None
    connection_id: str | None = None
    return_url: str | None = None
    locale: str | None = None
    access: tuple[Access, ...] = ()
    key_id: str | None = None
    maker_id: str | None = None
    made_by_operator: str | None = None


class ConnectLinkStore(Protocol):
    """Keeps connect links by the hash of their secret; ``ConsentStore.keep_given`` uses them up."""

    def add_connect_link(self, link: ConnectLink, secret_hash: str, at: datetime) -> None:
        """Keep a connect link."""

    def find_connect_link(self, secret_hash: str, now: datetime) -> ConnectLink | None:
        """An unused, unexpired link, of no key or maker that has gone; looking does not use it up."""
