"""``doctor.ports.Outside`` over HTTP."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from service.google.connection import Answer, NoAnswerError
from service.google.http import PooledHttp

_TIMEOUT_S = 10.0
_LIMIT_BYTES = 1024 * 1024


class HttpOutside:
    """Serves ``Outside``: asks our own public address, and Google's certificates for the time."""

    def __init__(self, http: PooledHttp, certs_url: str) -> None:
        self._http = http
        self._certs_url = certs_url

    def is_answering(self, url: str) -> bool:
        answer = self._get(url)
        return answer is not None and answer.status == HTTPStatus.OK

    def google_time(self) -> datetime | None:
        answer = self._get(self._certs_url)
        told = answer.headers.get("Date") if answer is not None else None
        try:
            # RFC 9110 §6.6.1: the moment at which the answer was made.
            at = parsedate_to_datetime(told or "")
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def _get(self, url: str) -> Answer | None:
        try:
            return self._http.call("GET", url, headers={}, limit_bytes=_LIMIT_BYTES, timeout_s=_TIMEOUT_S)
        except NoAnswerError:
            return None
