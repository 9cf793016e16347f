"""A real Chromium before the real pages; Google is a second server that always agrees."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from service.storage.migrate import migrate
from tests.browser.street import Street
from tests.web.office import make_office

_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium with a user folder of its own."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture
def street(tmp_path: Path, chromium: Browser) -> Iterator[Street]:
    """The pages on a free port. At the end no browser may have complained."""
    blank = tmp_path / "blank.sqlite3"
    migrate(f"sqlite:///{blank}")
    places: dict[str, str] = {}

    @Request.application
    def google(request: Request) -> Response:
        query = request.query_string.decode()
        return Response(
            status=302, headers={"Location": f"{places['pages']}/consent/callback?code=c&{query}"}
        )

    with served(google) as origin:
        for office in make_office(tmp_path, blank, "http://127.0.0.1", origin):
            with served(office.app) as url:
                places["pages"] = url
                street = Street(office, url, chromium)
                yield street
                street.close()
    assert street.complaints == []


@contextmanager
def served(application: WSGIApplication, port: int = 0) -> Iterator[str]:
    """A server on this machine, by default on a free port; answers its address."""
    server = make_server("127.0.0.1", port, _closing(application), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _closing(application: WSGIApplication) -> WSGIApplication:
    """Closes each answer once it is read; werkzeug's server leaves a file open when the browser has gone."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with ExitStack() as stack:
            pieces = application(environ, start_response)
            stack.callback(getattr(pieces, "close", lambda: None))
            return [b"".join(pieces)]

    return answer
