"""A real Chromium before the real pages; Google is a second server that always agrees."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.wrappers import Request, Response

from service.storage.migrate import migrate
from tests.browser.serving import served
from tests.browser.street import Street
from tests.browser.town import Town, open_town
from tests.web.office import copy_of, make_office

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
        for office in make_office(copy_of(blank, tmp_path), "http://127.0.0.1", origin):
            with served(office.app) as url:
                places["pages"] = url
                street = Street(office, url, chromium)
                yield street
                street.close()
    assert street.complaints == []


@pytest.fixture(params=[True, False], ids=["scripts", "bare"])
def town(request: pytest.FixtureRequest, tmp_path: Path, chromium: Browser) -> Iterator[Town]:
    """Everything real but Google, for a browser with JavaScript and for one without."""
    with open_town(tmp_path, chromium, has_scripts=request.param) as town:
        yield town
