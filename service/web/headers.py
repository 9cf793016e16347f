"""Headers that every answer carries."""

from collections.abc import Callable

from flask import Response, request

from service.web.ports import WebPorts

_YEAR_S = 365 * 86_400


def security_headers(ports: WebPorts) -> Callable[[Response], Response]:
    """The ``after_request`` function that completes an answer's headers.

    A header that a view has set stays: the API's documentation page brings a policy of its own.
    """
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
    fixed = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if ports.settings.is_https:
        fixed["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"

    def complete(answer: Response) -> Response:
        for name, value in fixed.items():
            answer.headers.setdefault(name, value)
        if request.endpoint != "web.static":
            answer.headers["Cache-Control"] = "no-store"
        return answer

    return complete
