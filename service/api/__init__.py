"""The JSON edge, ``/v1``: requests become orders, entries become answers, errors become problems.

Start reading at ``routes``. May import: everything below the edges; Flask lives here.
"""

from collections.abc import Callable

from flask import Blueprint, Request, Response, request

from service.api.authentication import Authentication
from service.api.docs import Docs
from service.api.ports import ApiPorts
from service.api.reading import check_accept
from service.api.refusals import Refusals
from service.api.routes import Route, routes

__all__ = ["ApiPorts", "create_api"]


def create_api(ports: ApiPorts) -> Blueprint:
    """All operations, the OpenAPI document and its page, as a blueprint for the root of the site."""
    api = Blueprint("api", __name__, static_folder="static", static_url_path="/docs/static")
    authentication = Authentication(ports.keys, ports.clock)
    table = routes(ports)
    for route in table:
        # OPTIONS would be answered by Flask without a key.
        api.add_url_rule(
            route.path,
            route.name,
            _guarded(route, authentication),
            methods=[route.method],
            provide_automatic_options=False,
        )
    docs = Docs(table, ports.settings.public_url)
    api.add_url_rule("/v1/openapi.json", "openapi", docs.document)
    api.add_url_rule("/docs", "docs", docs.page)
    Refusals(ports.settings.public_url).register(api)
    return api


def _guarded(route: Route, authentication: Authentication) -> Callable[..., Response]:
    """The view of a route behind its key."""

    def view(**arguments: str) -> Response:
        # The request itself: each look through Flask's proxy costs as much as a small function.
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001, Flask documents it
        caller = authentication.caller(asked, route.rights)
        check_accept(asked)
        answer = route.view(asked, caller, **arguments)
        if authentication.needs_touch(caller):
            answer.call_on_close(lambda: authentication.touch(caller))
        return answer

    return view
