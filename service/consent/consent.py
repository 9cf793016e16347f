"""Consent: an owner's browser goes to Google and comes back with a grant, or with a clear reason why not."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import structlog
from pydantic import SecretStr

from service.access.session import hash_secret, new_secret
from service.clock import Clock
from service.connections.connection import Connection
from service.connections.credential import AccessToken, Grant
from service.connections.identity import Identity
from service.connections.ports import ConnectionStore, GrantStore
from service.connections.way import Way
from service.consent import ladder
from service.consent import scopes as rights
from service.consent.answer import denied, is_expected
from service.consent.ports import (
    AuthorizationServer,
    ConnectLink,
    ConsentStore,
    GivenConsent,
    PendingConsent,
    TokenAnswer,
)
from service.consent.revocation import Revocation
from service.errors import (
    ConsentDeniedError,
    ConsentStateError,
    IdentityError,
    LinkError,
    ScopeMissingError,
    StorageError,
    WrongAccountError,
)
from service.identifiers import new_id

ISSUER = "https://accounts.google.com"  # as Google's discovery document names it
LIFETIME_S = 600.0  # of a begun consent, and of one that waits for the confirm page

log = structlog.get_logger(__name__)


class Consent:
    """Begins and completes consents, and ends grants."""

    def __init__(
        self,
        *,
        server: AuthorizationServer,
        consents: ConsentStore,
        connections: ConnectionStore,
        grants: GrantStore,
        clock: Clock,
        operators: frozenset[str] = frozenset(),
        then: Callable[[str], None] = lambda _grant_id: None,
    ) -> None:
        """``operators`` as in ``ConnectLinks``; ``then`` is called with each grant that was just kept."""
        self._operators = operators
        self._then = then
        self._server = server
        self._consents = consents
        self._connections = connections
        self._revocation = Revocation(server, grants)
        self._clock = clock

    def begin(
        self,
        *,
        tenant_id: str,
        session_id: str,
        connection_id: str | None = None,
        scopes: frozenset[str] = rights.SENDING,
        link: ConnectLink | None = None,
    ) -> str:
        """Where to send the browser.

        Args:
            tenant_id: who will send from the mailbox.
            session_id: the browser session; no other one can complete.
            connection_id: set for a reconnect; then only the same Google account will do.
            scopes: the rights to ask for, see ``scopes``.
            link: the connect link that the visitor came by; its tenant, connection and address count.

        Raises:
            NotFoundError: the tenant has no such connection.
        """
        if link is not None:
            tenant_id, connection_id = link.tenant_id, link.connection_id
        known = self._connections.get(tenant_id, connection_id) if connection_id else None
        expected = known.address if known else link.expected_address if link else None
        wanted = ladder.wanted(scopes, link.access if link else (), known)
        state, nonce, verifier = (new_secret().get_secret_value() for _ in range(3))
        self._consents.add_pending(
            PendingConsent(
                id=new_id("cns"),
                tenant_id=tenant_id,
                session_id=session_id,
                state_hash=hash_secret(state),
                nonce=nonce,
                verifier=SecretStr(verifier),
                scopes=wanted,
                expires_at=self._clock.now() + timedelta(seconds=LIFETIME_S),
                connection_id=connection_id,
                expected_subject_id=known.google_subject_id if known else None,
                expected_address=expected,
                link_id=link.id if link else None,
                return_url=link.return_url if link else None,
            )
        )
        return self._server.authorization_url(
            state=state,
            nonce=nonce,
            verifier=verifier,
            scopes=wanted,
            login_hint=expected,
        )

    def complete(
        self,
        *,
        session_id: str,
        state: str | None,
        code: str | None,
        error: str | None,
        issuer: str | None = None,
        locale: str | None = None,
    ) -> Connection | GivenConsent:
        """Finish what came back from Google.

        ``issuer`` is RFC 9207's ``iss``, where it was sent; ``locale`` the language that the person reads.

        Returns: the connection; or, when the visitor came by a connect link, what waits for ``confirm``.

        Raises:
            ConsentStateError: not begun in this session, used, too old, or of another issuer; then nothing
                is exchanged.
            ConsentDeniedError: the person or Google's page said no.
            IdentityError, WrongAccountError, ScopeMissingError: nothing is kept.
            OAuthClientError, TokenEndpointUnavailableError: Google's token endpoint did not play along.
        """
        if issuer is not None and issuer != ISSUER:
            raise ConsentStateError
        now = self._clock.now()
        pending = self._consents.take_pending(hash_secret(state), session_id, now) if state else None
        if pending is None:
            raise ConsentStateError
        if error:
            raise denied(error)
        if not code:
            raise ConsentStateError
        answer = self._server.exchange(code=code, verifier=pending.verifier.get_secret_value())
        identity = self._identify(pending, answer)
        # RFC 6749 §5.1: a server that does not say has granted what was asked for.
        answer = replace(answer, scopes=answer.scopes or pending.scopes)
        self._check_rights(pending, identity, answer)
        if pending.link_id is None:
            return self._keep(pending.tenant_id, identity, answer, locale)
        given = GivenConsent(
            id=new_id("cns"),
            tenant_id=pending.tenant_id,
            session_id=session_id,
            identity=identity,
            answer=answer,
            expires_at=now + timedelta(seconds=LIFETIME_S),
            connection_id=pending.connection_id,
            link_id=pending.link_id,
            return_url=pending.return_url,
            asked=pending.scopes,
        )
        self._consents.add_given(given)
        return given

    def awaiting(self, given_id: str, session_id: str) -> GivenConsent:
        """What the confirm page shows.

        Raises:
            ConsentStateError: unknown, answered, too old, or of another browser session.
        """
        given = self._consents.find_given(given_id, session_id, self._clock.now())
        if given is None:
            raise ConsentStateError
        return given

    def confirm(self, given_id: str, session_id: str, locale: str | None = None) -> Connection:
        """The visitor confirmed mailbox and tenant: keep the grant, and use the link up.

        ``locale`` is the language that they read.

        Raises:
            ConsentStateError: as ``awaiting``.
            LinkError: the link was used or ended meanwhile; nothing is kept.
        """
        given = self.awaiting(given_id, session_id)
        grant = self._grant(given.tenant_id, given.identity, given.answer)
        try:
            connection = self._consents.keep_given(
                given, grant, self._clock.now(), locale, operators=self._operators
            )
        except LinkError:
            with suppress(ConsentStateError):  # somebody was quicker: then it is thrown away already
                self.decline(given_id, session_id)
            raise
        return self._kept(connection, grant)

    def decline(self, given_id: str, session_id: str) -> None:
        """The visitor said no on the confirm page. Raises as ``awaiting``."""
        given = self._consents.take_given(given_id, session_id, self._clock.now())
        if given is None:
            raise ConsentStateError
        self._abandon(given.tenant_id, given.identity, given.answer)

    def disconnect(self, tenant_id: str, connection_id: str) -> Connection:
        """Revoke the grant at Google and forget it, in this order; the second step never fails on the first.

        Raises:
            NotFoundError: the tenant has no such connection.
        """
        connection = self._connections.get(tenant_id, connection_id)
        self._revocation.revoke(self._revocation.token_of(connection), connection=connection_id)
        return self._connections.disconnect(tenant_id, connection_id, self._clock.now())

    def reroute(
        self, tenant_id: str, connection_id: str, order: Sequence[Way], seen: Sequence[Way] | None = None
    ) -> Connection:
        """Put the ways into this order. A grant that opens none of them is forgotten, then revoked at Google.

        Not before: an order that is refused ends nothing. Nor while the same Google account is connected
        elsewhere, here or at another tenant: that would die with it. Raises as ``ConnectionStore.reroute``.
        """
        connection = self._connections.get(tenant_id, connection_id)
        is_left_out = all(way.credential_id != connection.credential_id for way in order)
        token = self._revocation.token_of(connection) if is_left_out else None
        now = self._clock.now()
        changed = self._connections.reroute(tenant_id, connection_id, order, now, seen=seen)
        if not self._connections.is_connected(connection.subject_id):
            self._revocation.revoke(token, connection=connection_id)
        return changed

    def _identify(self, pending: PendingConsent, answer: TokenAnswer) -> Identity:
        if answer.id_token is None:
            raise IdentityError("Google sent no ID token.")
        return self._server.identify(answer.id_token, nonce=pending.nonce)

    def _check_rights(self, pending: PendingConsent, identity: Identity, answer: TokenAnswer) -> None:
        """Whose grant it is, and whether it is good for sending."""
        if not is_expected(identity, pending):
            # Not revoked: it may be the account of another connection, which would die with it.
            raise WrongAccountError(pending.expected_address or "", identity.address)
        if not rights.may_send(answer.scopes):
            self._abandon(pending.tenant_id, identity, answer)
            raise ScopeMissingError(identity.address)
        if answer.refresh_token is None:
            raise ConsentDeniedError("no refresh token")

    def _keep(
        self, tenant_id: str, identity: Identity, answer: TokenAnswer, locale: str | None
    ) -> Connection:
        grant = self._grant(tenant_id, identity, answer)
        connection = self._connections.connect(tenant_id, identity, grant, self._clock.now(), locale)
        return self._kept(connection, grant)

    def _grant(self, tenant_id: str, identity: Identity, answer: TokenAnswer) -> Grant:
        """For the one connection that each Google account of a tenant has, however often it is connected."""
        known = self._connections.find(tenant_id, identity)
        return Grant(
            id=new_id("grt"),
            tenant_id=tenant_id,
            connection_id=known.id if known else new_id("con"),
            client_id=self._server.client_id,
            scopes=answer.scopes,
            refresh_token=answer.refresh_token or SecretStr(""),
            access=AccessToken(answer.access_token, answer.expires_at),
        )

    def _kept(self, connection: Connection, grant: Grant) -> Connection:
        log.info("connected", connection=connection.id, tenant=connection.tenant_id)
        self._then(grant.id)
        try:
            return self._connections.get(connection.tenant_id, connection.id)
        except StorageError:  # it is kept, whatever came after
            return connection

    def _abandon(self, tenant_id: str, identity: Identity, answer: TokenAnswer) -> None:
        """Revoke a grant that nobody will use, as far as it can be done.

        Revoking one grant ends all that the account gave to this client, so an account's that any tenant
        has connected is left.
        """
        if self._connections.is_connected(identity.subject_id):
            return
        self._revocation.revoke(answer.refresh_token or answer.access_token, tenant=tenant_id)
