"""A running installation against a running sandbox, and a browser that is signed in: all real but Google."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from service.access.member import Role
from service.access.session import Standing
from service.access.tenant import Tenant
from service.app import create_app
from service.identifiers import new_id
from service.sandbox.server import Sandbox
from service.wiring import Services
from service.worker import Worker
from tests.browser.serving import served
from tests.faults.traffic import until
from tests.harness import Installation
from tests.ways import smtp_settings

ADDRESS = "rechnung@muster.example"
OTHER = "privat@muster.example"
WAIT_S = 30


@dataclass
class Town:
    """A running installation against a running sandbox, and a browser that is signed in."""

    services: Services
    sandbox: Sandbox
    page: Page
    url: str
    has_scripts: bool

    def go_to_google(self) -> None:
        """Add a connection: press *Continue with Google* and choose the account."""
        self.page.get_by_role("link", name="Add connection").click()
        self.page.get_by_role("button", name="Continue with Google").click()
        self.choose()

    def choose(self, address: str = ADDRESS) -> None:
        """Choose the account on the authorization page."""
        expect(self.page.get_by_role("heading", name="Choose an account")).to_be_visible()
        self.page.locator(f"button[value='{address}']").click()

    def await_result(self, text: str) -> None:
        """Wait until the page tells it: by itself, or without scripts whenever it is looked at again."""
        if not self.has_scripts:
            until(lambda: self._tells(text), WAIT_S)
        expect(self.page.locator("#progress")).to_contain_text(text, timeout=WAIT_S * 1000)

    def _tells(self, text: str) -> bool:
        """Whether the page says it now; looks again if it does not."""
        progress = self.page.locator("#progress")
        expect(progress).to_be_visible()
        if text in progress.inner_text():
            return True
        with self.page.expect_navigation():
            self.page.get_by_role("link", name="Look again").click()
        return False


@contextmanager
def open_town(folder: Path, chromium: Browser, *, has_scripts: bool) -> Iterator[Town]:
    """The whole of it, with one tenant and two accounts at Google."""
    with Sandbox() as sandbox:
        sandbox.google.add_account(ADDRESS, "Muster GmbH")
        sandbox.google.add_account(OTHER, "Privat")
        tenant_id = new_id("ten")
        domain = ADDRESS.partition("@")[2]
        settings = smtp_settings(sandbox) | {"relay_tenants": f"{domain}={tenant_id}"}
        installation = Installation(folder, sandbox, f"sqlite:///{folder / 'town.sqlite3'}", **settings)
        with installation.build() as services:
            worker = Worker(services)
            worker.start()
            with served(create_app(services), installation.settings.port) as url:
                context = chromium.new_context(locale="en", java_script_enabled=has_scripts)
                context.set_default_timeout(30_000)
                page = context.new_page()
                services.ground.stores.tenants.add(
                    Tenant(tenant_id, "Muster GmbH", services.ground.clock.now())
                )
                page.goto(f"{url}/login/{login_secret(services, tenant_id)}")
                with page.expect_navigation():
                    page.locator("main button").click()
                yield Town(services, sandbox, page, url, has_scripts)
                context.close()
            worker.stop()


def login_secret(services: Services, tenant_id: str) -> str:
    """The secret of a one-time link for an admin."""
    return services.administration.session_links.login(Standing(Role.ADMIN, tenant_id)).rpartition("/")[2]
