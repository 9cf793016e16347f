"""A real Chromium before the real pages; Google is a second server that always agrees."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from service.storage.migrate import migrate
from tests.web.office import Office, make_office

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Street:
    """The pages as a server on this machine, and browsers that come along."""

    office: Office
    url: str
    chromium: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self, *, language: str = "en", mode: str = "light", width: int = 1280, **more: Any) -> Page:
        """A fresh browser; what its console says against our pages is kept in ``complaints``."""
        context = self.chromium.new_context(
            locale=language,
            color_scheme="dark" if mode == "dark" else "light",
            viewport={"width": width, "height": 900},
            timezone_id="Europe/Berlin",
            **more,
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", self._dialog)
        return page

    def sign_in(self, page: Page, tenant: Any) -> None:
        """Open a login link and press its button."""
        page.goto(f"{self.url}/login/{self.office.login_secret(tenant)}")
        page.locator("main button").click()

    def close(self) -> None:
        """Close all browsers."""
        for context in self.contexts:
            context.close()

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _complain(self, kind: str, text: str) -> None:
        # Chromium reports every page with a status from 400 on; those pages are meant.
        if kind in {"error", "warning"} and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{kind}: {text}")


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
