"""Mailboxes by password and by other servers."""

from collections.abc import Iterator
from threading import Event

from playwright.sync_api import Page, expect

from service.connections.ports import ProbeName, ProbeStep
from tests.browser.street import Street


def walk_set_ups(street: Street, page: Page) -> Iterator[str]:
    """Every form, one that is refused, and the mailbox that came of one."""
    street.sign_in(page, street.office.tenant("Muster & Söhne GmbH"))
    for name, path in (
        ("new", ""),
        ("new-app-password", "/app-password"),
        ("new-server", "/server"),
    ):
        page.goto(f"{street.url}/connections/new{path}")
        yield name
    reply = "535-5.7.8 Username and Password not accepted. For more information, go to " + "x" * 90
    street.office.probe.failing = ProbeStep(ProbeName.SIGN_IN, "app-password-rejected", reply)
    page.goto(f"{street.url}/connections/new/app-password")
    page.get_by_role("textbox").nth(0).fill("buchhaltung@gmail.com")
    page.locator("input[name=password]").fill("abcd efgh ijkl mnop")
    go_on = Event()
    street.office.probe.before = lambda name: go_on.wait(60) if name is ProbeName.SIGN_IN else None
    page.locator("main .btn-primary").click()
    expect(page.locator(".pa-live li")).to_have_count(4)
    yield "live-app-password"
    go_on.set()
    expect(page.get_by_role("alert").first).to_contain_text("app-password-rejected")
    yield "refused-app-password"
    page.get_by_role("textbox").nth(0).fill("buchhaltung@gmx.de")
    page.locator("input[name=password]").fill("abcd efgh ijkl mnop")
    page.locator("main .btn-primary").click()
    yield "refused-elsewhere"
    page.get_by_role("textbox").nth(0).fill("buchhaltung@gmail.com")
    street.office.probe.failing = None
    page.locator("input[name=password]").fill("abcd efgh ijkl mnop")
    page.locator("main .btn-primary").click()
    expect(page.locator(".pa-good .pa-checks li")).to_have_count(len(ProbeName))
    yield "home-app-password"
    page.goto(f"{street.url}/connections/invite")
    yield "invite"
    page.locator("input[name=address]").fill("kein Postfach")
    page.locator("main .btn-primary").click()
    yield "invite-refused"
    page.locator("input[name=address]").fill("buchhaltung.und.rechnungen@muster-und-soehne.example")
    page.locator("main .btn-primary").click()
    yield "invited"
