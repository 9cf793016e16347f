"""Headers that every answer carries, whoever made it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from service.web.ports import WebPorts

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_YEAR_S = 365 * 86_400
_KEPT_BY_BROWSERS = ("/assets/", "/docs/static/")


def with_security_headers(app: "WSGIApplication", ports: WebPorts) -> "WSGIApplication":
    """The application behind a layer that completes its headers.

    A header that a view has set stays: the API's documentation page brings a policy of its own. The layer
    is plain WSGI, because it is on the way of every post and costs a tenth there of what Flask's hook does.
    """
    fixed = _headers(ports)

    def complete(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        may_be_kept = environ.get("PATH_INFO", "").startswith(_KEPT_BY_BROWSERS)

        def start(
            status: str, headers: list[tuple[str, str]], trouble: "OptExcInfo | None" = None
        ) -> Callable[[bytes], object]:
            given = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in fixed if name.lower() not in given]
            if not may_be_kept and "cache-control" not in given:
                headers.append(("Cache-Control", "no-store"))
            return start_response(status, headers, trouble)

        return app(environ, start)

    return complete


def _headers(ports: WebPorts) -> list[tuple[str, str]]:
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            # Chromium applies form-action to the redirect that follows the form: Google must be named.
            f"form-action 'self' {ports.authorization_origin}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    fixed = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]
    if ports.settings.is_https:
        fixed.append(("Strict-Transport-Security", f"max-age={_YEAR_S}; includeSubDomains"))
    return fixed
