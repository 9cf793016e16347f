"""The OpenAPI document and the page that shows it; nothing is loaded from elsewhere."""

import json

from flask import Response

from service.api.openapi import build_document
from service.api.routes import Route

# Swagger UI sets styles by script, which this allows, and shows its own pictures from data addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Postausgang API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/static/vendor/swagger-ui.css">
<link rel="stylesheet" href="/docs/static/docs.css">
<script src="/docs/static/vendor/swagger-ui-bundle.js" defer></script>
<script src="/docs/static/docs.js" defer></script>
</head>
<body>
<header><nav aria-label="Postausgang">
<a href="/developers">← Postausgang</a> <a href="/problems">Problem codes</a>
<a href="/v1/openapi.json">OpenAPI 3.1</a>
</nav></header>
<main id="docs"></main>
</body>
</html>
"""


class Docs:
    """The views of the documentation; both need no key."""

    def __init__(self, table: tuple[Route, ...], public_url: str) -> None:
        self._document = json.dumps(build_document(table, public_url), ensure_ascii=False).encode()

    def document(self) -> Response:
        """The document."""
        return Response(self._document, content_type="application/json")

    def page(self) -> Response:
        """The page."""
        return Response(
            _PAGE, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY}
        )
