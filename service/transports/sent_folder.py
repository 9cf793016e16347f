"""Looks into Gmail's *Sent*: adapter of ``outbox.ports.SentFolder``."""

from datetime import datetime

from pydantic import SecretStr

from service.consent.refresh import AccessTokens
from service.errors import ReconnectRequiredError
from service.google.gmail import GmailClient
from service.transports.gmail_api import UNAUTHORIZED, usable_token


class GmailSentFolder:
    """Finds a mail by the ``X-Postausgang-Id`` that Gmail keeps; needs ``gmail.metadata`` or more."""

    def __init__(self, gmail: GmailClient, tokens: AccessTokens) -> None:
        self._gmail = gmail
        self._tokens = tokens

    def find(
        self, credential_id: str, entry_id: str, since: datetime, *, message_id: str | None = None
    ) -> str | None:
        token = usable_token(self._tokens, credential_id)
        try:
            return self._look(token, entry_id, since, message_id)
        except ReconnectRequiredError as error:
            if error.status != UNAUTHORIZED:
                raise
        token = usable_token(self._tokens, credential_id, rejected=token)
        return self._look(token, entry_id, since, message_id)

    def _look(self, token: SecretStr, entry_id: str, since: datetime, message_id: str | None) -> str | None:
        if message_id is not None:
            found = self._gmail.search_sent(token, message_id, since)
            if found is not None:
                return found
        return self._gmail.find_in_sent(token, entry_id, since)
