"""The alarm path with real clicks: revoked at Google, told by another mailbox, mended by the mail's link."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from service.app import create_app
from service.connections.connection import ConnectionStatus
from service.outbox.entry import State
from service.sandbox.parts import texts
from service.sandbox.post import INBOX
from service.sandbox.server import Sandbox
from tests.browser.serving import served
from tests.harness import Installation, ShiftedClock, add_tenant, connect, send_due, state_of, submit

pytestmark = pytest.mark.browser
ADDRESS = "rechnung@muster.example"


@pytest.mark.parametrize("scripts", [True, False])
def test_the_link_of_a_notice_reconnects_without_a_login(
    tmp_path: Path,
    chromium: Browser,
    scripts: bool,  # noqa: FBT001, a parameter
) -> None:
    """The owner has no account here: one link, Google, one button, and the waiting mail flows."""
    clock = ShiftedClock()
    with Sandbox() as sandbox:
        installation = Installation(tmp_path, sandbox, f"sqlite:///{tmp_path / 'alarm.sqlite3'}")
        with (
            installation.build(clock) as services,
            served(create_app(services), installation.settings.port),
        ):
            tenant_id = add_tenant(services).id
            mailbox = connect(services, tenant_id, ADDRESS)
            connect(services, tenant_id, "buero@muster.example")
            sandbox.google.revoke(ADDRESS)
            clock.advance(4000)
            entry = submit(services, mailbox)
            send_due(services)
            services.notices.run_once()
            send_due(services)

            [notice] = sandbox.google.post.box(ADDRESS, INBOX)
            html = next(text for kind, text in texts(notice.letter) if "html" in kind)
            link, *_ = re.findall(r'href="([^"]+)"', html)
            _walk(chromium.new_context(locale="de", java_script_enabled=scripts), link)
            send_due(services)

            known = services.ground.stores.connections.get(tenant_id, mailbox.id)
            assert known.status is ConnectionStatus.CONNECTED
            assert state_of(services, entry) is State.SENT


def _walk(context: BrowserContext, link: str) -> None:
    """From the link to the page that says that it works, in a browser without any cookie."""
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_text(ADDRESS).first).to_be_visible()
    page.get_by_role("button", name="Weiter mit Google").click()
    page.locator(f"button[value='{ADDRESS}']").click()
    page.get_by_label("Alles auswählen").check()
    page.get_by_role("button", name="Zulassen").click()
    page.get_by_role("button", name="Bestätigen").click()
    expect(page.get_by_role("status")).to_have_text(f"Muster GmbH kann jetzt von {ADDRESS} versenden.")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dieser Link ist nicht mehr gültig")
    context.close()
