"""google-api-python-client over our pool: loaded at the first use, built once.

Loading it costs 105 ms and 23 MB, which processes that send nothing never pay.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from service.google.connection import StreamedBody
from service.google.http import PooledHttp

GOOGLE_ORIGIN = "https://gmail.googleapis.com"
# Written by the pool, or not wanted: an answer of 100 bytes is not worth unpacking.
_DROPPED_HEADERS = frozenset({"content-length", "accept-encoding"})


class HttpLib2:
    """What google-api-python-client takes for an ``httplib2.Http``; speaks through our pool.

    Calls to Google's own origin go to the one of the settings: the library has no other way to send an
    upload to a stand-in.
    """

    def __init__(self, http: PooledHttp, origin: str) -> None:
        import httplib2  # noqa: PLC0415, see the module's docstring

        self._response = httplib2.Response
        self._http = http
        self._origin = origin

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: bytes | StreamedBody | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> tuple[Any, bytes]:
        """Make one request."""
        if not uri.startswith(f"{GOOGLE_ORIGIN}/"):
            raise ValueError("the token goes to the Gmail API only")
        answer = self._http.call(
            method,
            self._origin + uri.removeprefix(GOOGLE_ORIGIN),
            headers={name: value for name, value in (headers or {}).items() if name not in _DROPPED_HEADERS},
            body=body or b"",
        )
        response = self._response({"status": str(answer.status)})
        response.reason = answer.reason
        response.whole = answer.whole
        return response, answer.body


class Library:
    """google-api-python-client, loaded: its ``messages()`` resource and the types that we meet."""

    def __init__(self, http: HttpLib2) -> None:
        from googleapiclient import discovery, errors  # noqa: PLC0415, see the module's docstring
        from googleapiclient import http as uploads  # noqa: PLC0415, the same

        service = discovery.build("gmail", "v1", http=http, static_discovery=True, cache_discovery=False)
        self.users = service.users()
        self.messages = self.users.messages()
        self.refused = errors.HttpError
        self.too_large = errors.MediaUploadSizeError
        self.upload = _upload_class(uploads)

    @property
    def send_as(self) -> Any:
        """The resource of *send mail as* addresses, which is asked for once a day."""
        return self.users.settings().sendAs()


def _upload_class(uploads: ModuleType) -> Any:
    class StoredMail(uploads.MediaUpload):  # type: ignore[misc, name-defined]  # untyped, loaded late
        """A composed mail as the library wants an upload: its bytes are read while they are sent."""

        def __init__(self, mail: StreamedBody) -> None:
            self._mail = mail

        def mimetype(self) -> str:
            return "message/rfc822"

        def size(self) -> int:
            return self._mail.size_bytes

        def getbytes(self, _begin: int, _end: int) -> StreamedBody:
            return self._mail

    return StoredMail
