"""Looks into Gmail's *Sent*: adapter of ``outbox.ports.SentFolder``."""

from datetime import datetime

from service.consent.refresh import AccessTokens
from service.errors import ReconnectRequiredError
from service.google.gmail import GmailClient
from service.transports.gmail_api import UNAUTHORIZED, usable_token


class GmailSentFolder:
    """Finds a mail by the ``X-Postausgang-Id`` that Gmail keeps; needs ``gmail.metadata`` or more."""

    def __init__(self, gmail: GmailClient, tokens: AccessTokens) -> None:
        self._gmail = gmail
        self._tokens = tokens

    def find(self, credential_id: str, entry_id: str, since: datetime) -> str | None:
        token = usable_token(self._tokens, credential_id)
        try:
            return self._gmail.find_in_sent(token, entry_id, since)
        except ReconnectRequiredError as error:
            if error.status != UNAUTHORIZED:
                raise
        token = usable_token(self._tokens, credential_id, rejected=token)
        return self._gmail.find_in_sent(token, entry_id, since)
