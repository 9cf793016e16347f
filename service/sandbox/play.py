"""Plays a fault: turns an armed row of the table into an answer, or into a broken connection."""

from collections.abc import Callable, Iterator

from flask import Response, json, request

from service.sandbox.fault import Fault
from service.sandbox.faults import Armed
from service.sandbox.google import Google
from service.sandbox.wire import Exchange

_EARLY_BYTES = 1000
_HUGE_BYTES = 64 * 1024 * 1024
_PIECE = b" " * 65_536


def exchange() -> Exchange:
    """The connection under the present request."""
    found = request.environ["sandbox.exchange"]
    assert isinstance(found, Exchange)  # noqa: S101 - only our own server runs this application
    return found


def drop(*, reset: bool = False) -> Response:
    """No answer at all."""
    exchange().drop(reset=reset)
    return Response()


def oauth_error(status: int, error: str, description: str = "", subtype: str = "") -> Response:
    """RFC 6749 §5.2, with Google's ``error_subtype``."""
    body = {"error": error, "error_description": description, "error_subtype": subtype}
    answer = _json({name: text for name, text in body.items() if text}, status)
    if status == 401:  # noqa: PLR2004 - RFC 6749 §5.2 asks for the scheme then
        answer.headers["WWW-Authenticate"] = 'Basic realm="https://accounts.google.com/"'
    return answer


def gmail_error(fault: Fault, **words: str) -> Response:
    """The error body of the Gmail API: the old ``errors[]`` and the new ``status`` and ``details``."""
    message = fault.message.format(**words) if words else fault.message
    domain = "usageLimits" if "imit" in fault.reason or fault.reason == "accessNotConfigured" else "global"
    error: dict[str, object] = {
        "code": fault.status,
        "message": message,
        "errors": [{"message": message, "domain": domain, "reason": fault.reason}],
        "status": fault.canonical,
    }
    if fault.detail:
        error["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": fault.detail,
                "domain": "googleapis.com",
                "metadata": {"service": "gmail.googleapis.com"},
            }
        ]
    answer = _json({"error": error}, fault.status)
    if fault.status == 401:  # noqa: PLR2004 - RFC 6750 §3
        answer.headers["WWW-Authenticate"] = (
            'Bearer realm="https://accounts.google.com/", error="invalid_token"'
        )
    return answer


def answered(google: Google, place: str, account: str, usual: Callable[[], Response]) -> Response:
    """The answer of a request: the usual one, unless a fault is armed for it.

    Args:
        google: has the faults, and counts those that are played.
        place: which of ``fault_table.PLACES`` this is.
        account: whose request it is, ``""`` when unknown.
        usual: does the work; called at most once, and not at all where the fault means *not taken*.
    """
    armed = google.faults.next(place, account)
    if armed is None:
        return usual()
    google.counters.add(f"fault:{armed.fault.name}")
    if armed.fault.reason == "reset-early":
        request.environ["wsgi.input"].read(_EARLY_BYTES)
        return drop(reset=True)
    done = usual() if armed.is_taken else None
    _read_whole_request()
    return _played(google, armed, account, done)


def _played(google: Google, armed: Armed, account: str, usual: Response | None) -> Response:
    fault = armed.fault
    if fault.kind == "oauth":
        return oauth_error(fault.status, fault.reason, fault.message, fault.detail)
    if fault.kind == "gmail":
        return gmail_error(fault, retry_at=google.faults.retry_at(armed), account=account)
    if fault.kind == "text":
        return Response(fault.message, fault.status, content_type="text/html; charset=UTF-8")
    return _break(google, armed, usual)


def _read_whole_request() -> None:
    """A refusal comes after the last byte, as with Google's front end."""
    body = request.environ["wsgi.input"]
    scrap = bytearray(len(_PIECE))
    while body.readinto(scrap):
        pass


def _break(google: Google, armed: Armed, usual: Response | None) -> Response:
    reason = armed.fault.reason
    if reason in {"hang", "slow"}:
        google.stopping.wait(armed.seconds)
    if reason == "huge":
        return Response(_blanks(), content_type="application/json")
    if reason == "truncated":
        return Response(
            iter([b'{"access']), headers={"Content-Length": "4000"}, content_type="application/json"
        )
    if reason == "close-idle":
        exchange().is_last = True
    if usual is not None and reason in {"slow", "close-idle"}:
        return usual
    return drop(reset=reason == "reset")


def _blanks() -> Iterator[bytes]:
    for _ in range(_HUGE_BYTES // len(_PIECE)):
        yield _PIECE


def _json(body: object, status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=UTF-8")
