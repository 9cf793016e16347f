"""The Gmail API through google-api-python-client, over our pool.

The client is built once per process, at the first call: loading it costs 105 ms and 23 MB, which processes
that send nothing never pay.
"""

import re
import threading
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError

from service.clock import Clock, SystemClock
from service.errors import DeliveryError, PermanentDeliveryError, UncertainDeliveryError, WayDownError
from service.google.connection import NoAnswerError, StreamedBody
from service.google.http import PooledHttp
from service.google.library import HttpLib2, Library
from service.google.replies import delivery_error

ID_HEADER = "X-Postausgang-Id"
PAGE = 50
MAX_PAGES = 4
_NOT_FOUND = 404
_ID = re.compile(r"[\x21-\x7e]{1,200}")  # opaque, but it is kept and shown, and stands in addresses


class GmailClient:
    """The few calls of the Gmail API that the service makes. Safe to be used by many threads at once."""

    def __init__(self, http: PooledHttp, *, origin: str, clock: Clock | None = None) -> None:
        self._http = http
        self._origin = origin
        self._clock = clock or SystemClock()
        self._library: Library | None = None
        self._lock = threading.Lock()

    def send(self, token: SecretStr, mail: StreamedBody) -> str:
        """Send one mail by media upload, once; Google's id for it comes back.

        Raises:
            DeliveryError: one of its leaves.
            Exception: whatever the mail's ``open`` and ``hand_over`` raise; then nothing was sent.
        """
        library = self._loaded()
        try:
            request = library.messages.send(userId="me", media_body=library.upload(mail))
        except library.too_large as error:
            raise PermanentDeliveryError("message-too-large", str(error)) from error
        answer = self._execute(library, request, token)
        receipt = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(receipt, str) or not _ID.fullmatch(receipt):
            raise UncertainDeliveryError("answer-lost", "200 without an id", status=200)
        return receipt

    def address(self, token: SecretStr) -> str:
        """The mailbox's own address (``users.getProfile``); needs ``gmail.metadata`` or more.

        Raises:
            DeliveryError: one of its leaves; ``gmail-not-enabled`` for an account without a mailbox.
        """
        library = self._loaded()
        request = library.users.getProfile(userId="me")
        return _read(_Profile, self._execute(library, request, token)).address

    def find_in_sent(self, token: SecretStr, entry_id: str, since: datetime) -> str | None:
        """The id of the sent mail with this ``X-Postausgang-Id``; ``None`` when it is not there.

        Looks at the newest mails back to ``since``, at most 200. Works with ``gmail.metadata`` alone, which
        refuses searches.

        Raises:
            DeliveryError: the look failed; it proves nothing.
        """
        library = self._loaded()
        page_token = None
        for _ in range(MAX_PAGES):
            request = library.messages.list(
                userId="me", labelIds=["SENT"], maxResults=PAGE, pageToken=page_token
            )
            page = _read(_Page, self._execute(library, request, token))
            for listed in page.messages:
                found = self._metadata(library, token, listed.id)
                if found is None:
                    continue
                if found.sent_at_ms < since.timestamp() * 1000:
                    return None
                if found.is_marked(entry_id):
                    return listed.id
            page_token = page.next_page_token
            if page_token is None:
                break
        return None

    def search_sent(self, token: SecretStr, message_id: str, since: datetime) -> str | None:
        """The id of the sent mail with this Message-ID, taken since then; ``None`` when there is none.

        Only of use after SMTP: ``send`` replaces the Message-ID. Needs more than ``gmail.metadata``.

        Raises:
            DeliveryError: the look failed; it proves nothing.
        """
        library = self._loaded()
        query = f"rfc822msgid:{message_id.strip('<>')} after:{int(since.timestamp())}"
        request = library.messages.list(userId="me", labelIds=["SENT"], maxResults=1, q=query)
        page = _read(_Page, self._execute(library, request, token))
        return page.messages[0].id if page.messages else None

    def verified_aliases(self, token: SecretStr) -> frozenset[str]:
        """The verified *send mail as* addresses beside the account's own, lower case.

        Source: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.settings.sendAs

        Raises:
            DeliveryError: nothing is known now.
        """
        library = self._loaded()
        answer = _read(_SendAsList, self._execute(library, library.send_as.list(userId="me"), token))
        return frozenset(one.address.lower() for one in answer.send_as if one.is_verified)

    def _metadata(self, library: "Library", token: SecretStr, gmail_id: str) -> "_Found | None":
        """One mail's mark; ``None`` when it was deleted since it was listed."""
        request = library.messages.get(
            userId="me", id=gmail_id, format="metadata", metadataHeaders=[ID_HEADER]
        )
        try:
            return _read(_Found, self._execute(library, request, token))
        except DeliveryError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def _loaded(self) -> "Library":
        with self._lock:
            if self._library is None:
                self._library = Library(HttpLib2(self._http, self._origin))
            return self._library

    def _execute(self, library: "Library", request: Any, token: SecretStr) -> Any:
        request.headers["authorization"] = f"Bearer {token.get_secret_value()}"
        try:
            return request.execute(num_retries=0)
        except library.refused as error:
            refusal = delivery_error(error.resp.status, error.content, self._clock.now())
            if isinstance(refusal, UncertainDeliveryError) and not error.resp.whole:
                raise WayDownError("provider-unavailable", refusal.reply, status=refusal.status) from None
            raise refusal from None
        except NoAnswerError as error:
            if error.whole:
                raise UncertainDeliveryError("answer-lost", str(error)) from error
            raise WayDownError("provider-unavailable", str(error)) from error


class _Profile(BaseModel):
    """An answer of ``users.getProfile``."""

    address: str = Field(alias="emailAddress")


class _Listed(BaseModel):
    """One line of ``messages.list``."""

    id: str = Field(pattern=rf"\A{_ID.pattern}\z")


class _Page(BaseModel):
    """An answer of ``messages.list``."""

    messages: list[_Listed] = []
    next_page_token: str | None = Field(default=None, alias="nextPageToken")


class _SendAs(BaseModel):
    """One line of ``sendAs.list``; Google says ``pending`` until the owner of the address has agreed."""

    address: str = Field(alias="sendAsEmail", max_length=320, pattern=r"\A[^\s@]+@[^\s@]+\z")
    verification: str = Field(default="", alias="verificationStatus")

    @property
    def is_verified(self) -> bool:
        """The account's own address has no status."""
        return self.verification == "accepted"


class _SendAsList(BaseModel):
    """An answer of ``sendAs.list``."""

    send_as: list[_SendAs] = Field(default=[], alias="sendAs")


class _Header(BaseModel):
    name: str
    value: str


class _Payload(BaseModel):
    headers: list[_Header] = []


class _Found(BaseModel):
    """An answer of ``messages.get`` with ``format=metadata``."""

    sent_at_ms: int = Field(alias="internalDate")
    payload: _Payload = _Payload()

    def is_marked(self, entry_id: str) -> bool:
        """Whether it is the mail of this entry."""
        return any(
            header.name.lower() == ID_HEADER.lower() and header.value == entry_id
            for header in self.payload.headers
        )


_M = TypeVar("_M", bound=BaseModel)


def _read(model: type[_M], document: object) -> _M:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise UncertainDeliveryError("answer-lost", "Gmail's answer has another shape.") from error
