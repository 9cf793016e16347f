"""Errors that only this edge knows: what is wrong with a request before its meaning is looked at."""

from service.errors import InvalidRequestError, ServiceError


class RequestError(ServiceError):
    """The request cannot be read. Never raised itself."""


class InvalidJsonError(RequestError):
    """The body is not one plain JSON object in UTF-8."""

    code = "invalid-json"


class InvalidMultipartError(RequestError):
    """The body is not well-formed multipart/form-data."""

    code = "invalid-multipart"


class BodyIncompleteError(RequestError):
    """The body ended before its announced end."""

    code = "body-incomplete"


class BodyTimeoutError(RequestError):
    """The body came too slowly."""

    code = "timeout"


class BodyTooLargeError(RequestError):
    """The body is larger than this route reads; the rest is not read."""

    code = "too-large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self.limit_bytes = limit_bytes


class UnsupportedMediaTypeError(RequestError):
    """The body comes in a form that this route does not read."""

    code = "unsupported-media-type"


class NotAcceptableError(RequestError):
    """The caller accepts no form that this route answers in."""

    code = "not-acceptable"


class IdempotencyKeyMissingError(RequestError):
    """A message needs an Idempotency-Key."""

    code = "idempotency-key-missing"


class IdempotencyKeyInvalidError(RequestError):
    """The Idempotency-Key is not 1 to 255 visible ASCII characters without commas, sent once."""

    code = "idempotency-key-invalid"


class InvalidCursorError(RequestError):
    """The cursor does not come from this list."""

    code = "invalid-cursor"


class InvalidQueryError(InvalidRequestError):
    """Something in the query string is not valid; each pointer names a parameter."""
