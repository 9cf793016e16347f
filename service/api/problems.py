"""Problems (RFC 9457): the HTTP status of each code, and when to come back. The texts are the catalogue's."""

from typing import NamedTuple

from service.catalogue import INTERNAL

VALIDATION = "validation"


class Kind(NamedTuple):
    """One kind of problem: its HTTP status, and seconds to wait where waiting helps."""

    status: int
    retry_after_s: int | None = None


_STATUSES = {
    400: "invalid-json invalid-multipart body-incomplete invalid-cursor bad-request"
    " idempotency-key-missing idempotency-key-invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "timeout",
    409: "too-late already-sent not-uncertain content-deleted connection-disconnected",
    412: "precondition-failed",
    413: "too-large message-too-large",
    415: "unsupported-media-type",
    422: f"{VALIDATION} idempotency-key-reused invalid-address address-needs-smtputf8 sender-not-allowed"
    " invalid-characters header-not-allowed attachment-encoding attachment-hash-mismatch attachment-empty"
    " attachment-name attachment-type-blocked key-file-invalid delegation-keyless-denied",
    429: "checks-busy",
    500: INTERNAL,
    503: "unavailable storage-full key-unavailable",
}
_RETRY_AFTER_S = {"checks-busy": 5, "unavailable": 5, "storage-full": 60, "key-unavailable": 60}

PROBLEMS: dict[str, Kind] = {
    code: Kind(status, _RETRY_AFTER_S.get(code))
    for status, codes in _STATUSES.items()
    for code in codes.split()
}
