"""The pages as a server on this machine, and browsers that come along."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

from tests.web.office import Office


@dataclass
class Street:
    """The pages as a server on this machine, and browsers that come along."""

    office: Office
    url: str
    chromium: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self, *, language: str = "en", mode: str = "light", width: int = 1280, **more: Any) -> Page:
        """A fresh browser; what its console says against us, and what it asks others, is a complaint."""
        context = self.chromium.new_context(
            locale=language,
            color_scheme="dark" if mode == "dark" else "light",
            viewport={"width": width, "height": 900},
            timezone_id="Asia/Tokyo",  # whose clock must be seen nowhere
            **more,
        )
        context.set_default_timeout(30_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._asked)
        return page

    def sign_in(self, page: Page, tenant: Any) -> None:
        """Open a login link and press its button."""
        page.goto(f"{self.url}/login/{self.office.login_secret(tenant)}")
        with page.expect_navigation():
            page.locator("main button").click()

    def close(self) -> None:
        """Close all browsers."""
        for context in self.contexts:
            context.close()

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in {"127.0.0.1", None}:
            self.complaints.append(f"request: {request.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _complain(self, kind: str, text: str) -> None:
        # Chromium reports every page with a status from 400 on; those pages are meant.
        if kind in {"error", "warning"} and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{kind}: {text}")
