"""Gmail's *send mail as* addresses: adapter of ``consent.aliases.AliasSource``."""

from service.consent.refresh import AccessTokens
from service.errors import ReconnectRequiredError
from service.google.gmail import GmailClient
from service.transports.gmail_api import UNAUTHORIZED


class GmailAliases:
    """Reads them with ``gmail.settings.basic`` or more."""

    def __init__(self, gmail: GmailClient, tokens: AccessTokens) -> None:
        self._gmail = gmail
        self._tokens = tokens

    def aliases(self, grant_id: str) -> frozenset[str]:
        token = self._tokens.token(grant_id)
        try:
            return self._gmail.verified_aliases(token)
        except ReconnectRequiredError as error:
            if error.status != UNAUTHORIZED:
                raise
        return self._gmail.verified_aliases(self._tokens.renewed(grant_id, token))
