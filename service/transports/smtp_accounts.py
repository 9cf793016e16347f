"""Who sends by SMTP, where, and with which secret: from a claim's way to an account of the pool."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import SecretStr

from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import MailLoginStore
from service.connections.way import WayKind
from service.outbox.ports import Claim
from service.smtp.kept import Account
from service.smtp.sasl import Plain, XOAuth2
from service.smtp.session import Server


class TokenSource(Protocol):
    """Gives access tokens: ``consent.refresh.AccessTokens``, or the one of a delegation.

    Both calls raise ``TokenError`` and ``NotFoundError`` where there is none, and ``SealError`` and
    ``StorageError`` where the credential cannot be read or kept.
    """

    def token(self, credential_id: str, /) -> SecretStr:
        """A token that can be used now."""

    def renewed(self, credential_id: str, rejected: SecretStr, /) -> SecretStr:
        """Another one than the one that was just refused."""


class SmtpAccounts:
    """Knows the account of every way that sends by SMTP.

    Args:
        logins: passwords and servers, of the ways that have one.
        tokens: for each way with XOAUTH2, where its tokens come from.
        google: the server that takes XOAUTH2.
        ehlo_name: how this service names itself, fully qualified.
        allows_private: whether servers that users name may be in private networks.
    """

    def __init__(
        self,
        *,
        logins: MailLoginStore,
        tokens: Mapping[WayKind, TokenSource],
        google: MailServer,
        ehlo_name: str,
        allows_private: bool,
    ) -> None:
        self._logins = logins
        self._tokens = tokens
        self._google = _server(google)
        self._ehlo_name = ehlo_name
        self._allows_private = allows_private

    def has_token(self, claim: Claim) -> bool:
        """Whether the secret of the claim's way is a token, so that it is another one every hour."""
        return claim.way.kind in self._tokens

    def account(self, claim: Claim) -> Account:
        """The account of the claim's way.

        Raises:
            TokenError: no access token can be had.
            NotFoundError: the credential was replaced or forgotten.
            SealError, StorageError: it cannot be read or kept.
        """
        credential_id = claim.way.credential_id
        source = self._tokens.get(claim.way.kind)
        if source is not None:
            return self._with_token(claim, source.token(credential_id))
        # Read for each sign-in: a login that was forgotten meanwhile signs in no more.
        return self.of_login(self._logins.get_login(credential_id), claim.way.kind)

    def of_login(self, login: MailLogin, kind: WayKind) -> Account:
        """The account of a login, which need not be kept anywhere."""
        is_named_by_a_user = kind is WayKind.SMTP_SERVER
        server = _server(login.server, only_public=is_named_by_a_user and not self._allows_private)
        return Account(login.id, server, _plain(login), self._ehlo_name)

    def renewed(self, claim: Claim, rejected: Account) -> Account | None:
        """The same with another secret than the refused one; ``None`` where there is only one.

        Raises as ``account``.
        """
        source = self._tokens.get(claim.way.kind)
        if source is None or not isinstance(rejected.login, XOAuth2):
            return None
        return self._with_token(claim, source.renewed(claim.way.credential_id, rejected.login.token))

    def _with_token(self, claim: Claim, token: SecretStr) -> Account:
        login = XOAuth2(claim.address, token)
        return Account(claim.way.credential_id, self._google, login, self._ehlo_name)


def _server(server: MailServer, *, only_public: bool = False) -> Server:
    starttls = server.encryption is Encryption.STARTTLS
    return Server(server.host, server.port, starttls=starttls, only_public=only_public)


def _plain(login: MailLogin) -> Plain | None:
    if login.user is None or login.password is None:
        return None
    return Plain(login.user, login.password)
