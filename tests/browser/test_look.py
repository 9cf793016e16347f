"""Every page in both languages, light and dark, wide and narrow: nothing cut off, readable by all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from service.connections.ports import ProbeName, ProbeStep
from service.errors import DelegationError, ScopeMissingError, WrongAccountError
from service.outbox.entry import State
from tests.browser.conftest import AXE, SCREENSHOTS, Street
from tests.fakes.delegations import ALICE, add_delegation

pytestmark = pytest.mark.browser
MIN_TARGET_PX = 24  # WCAG 2.2, 2.5.8

SMALL_TARGETS = """
(least) => [...document.querySelectorAll("button, summary, input, a")]
  .filter((element) => element.offsetParent && !element.closest("p, .pa-skip") && element.type !== "hidden")
  .map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
  .filter(([_, box]) => box.width < least || box.height < least)
  .map(([html]) => html)
"""
VIOLATIONS = """
() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then((found) => found.violations.map((fault) => [fault.id, fault.nodes.map((node) => node.html)]))
"""


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_is_in_order(street: Street, language: str, mode: str, width: int) -> None:
    """No accessibility violation, no sideways scrolling, no small target; a screenshot of each is kept."""
    page = street.visitor(language=language, mode=mode, width=width)
    SCREENSHOTS.mkdir(exist_ok=True)
    faults = {}

    for name in walk(street, page):
        page.screenshot(path=SCREENSHOTS / f"{name}-{language}-{mode}-{width}.png", full_page=True)
        page.evaluate(AXE)
        faults[name] = (
            page.evaluate("document.documentElement.scrollWidth > innerWidth"),
            page.evaluate(SMALL_TARGETS, MIN_TARGET_PX),
            page.evaluate(VIOLATIONS),
            page.evaluate("document.documentElement.dataset.bsTheme") != mode,
            page.evaluate("document.documentElement.lang") != language,
        )

    assert len(faults) == 27
    assert {name: fault for name, fault in faults.items() if any(fault)} == {}


def walk(street: Street, page: Page) -> Iterator[str]:
    """Open one page after another; answers their names."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    page.goto(street.url)
    yield "welcome"
    page.goto(f"{street.url}/login/{office.login_secret(tenant)}")
    yield "login"
    page.locator("main button").click()
    yield "empty"
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    page.goto(f"{street.url}/connections/{connection.id}/disconnect")
    yield "disconnect"
    entry = office.entry(connection, "Ihre Rechnung RE-2026-0042", reference="RE-2026-0042")
    page.goto(f"{street.url}/messages/{entry.id}")
    yield "queued"
    office.tried(entry, State.SENT, status=200, receipt="18f2c3d4e5", reply="labels: SENT")
    yield from walk_outcomes(street, page, entry.id)
    yield from walk_consent(street, page)
    yield from walk_full(street, page)
    yield from walk_set_ups(street, page)
    yield from walk_delegation(street, page)


def walk_outcomes(street: Street, page: Page, sent: str) -> Iterator[str]:
    """How messages end."""
    office = street.office
    page.goto(f"{street.url}/messages/{sent}")
    page.locator("summary").last.click()
    yield "sent"
    (tenant,) = office.stores.tenants.all()
    (connection,) = office.stores.connections.of_tenant(tenant.id)
    failed = office.entry(connection, "Ihre Rechnung RE-2026-0043")
    office.tried(failed, State.FAILED, status=400, code="message-refused", reply="Invalid To header " * 20)
    page.goto(f"{street.url}/messages/{failed.id}")
    page.locator("summary").first.click()
    yield "failed"
    unclear = office.entry(connection, "Ihre Rechnung RE-2026-0044")
    office.tried(unclear, State.UNCERTAIN, status=503, code="answer-lost", reply="backendError")
    page.goto(f"{street.url}/messages/{unclear.id}")
    yield "unclear"
    page.goto(f"{street.url}/problems/connection-revoked")
    yield "explained"
    page.goto(f"{street.url}/problems")
    yield "problems"


def walk_consent(street: Street, page: Page) -> Iterator[str]:
    """The pages around Google."""
    office = street.office
    (tenant,) = office.stores.tenants.all()
    secret = office.link(tenant, expected_address="rechnung@muster.de", return_url="https://app.example.com/")
    page.goto(f"{street.url}/connect/{secret}")
    yield "link"
    for name, failure in (
        ("scope-missing", ScopeMissingError("rechnung@muster.de")),
        ("wrong-account", WrongAccountError("rechnung@muster.de", "privat.und.sehr.lang@googlemail.com")),
    ):
        office.consent.failure = failure
        page.goto(f"{street.url}/connect/{secret}")
        page.locator(".pa-google").click()
        yield name
    office.consent.failure = None
    page.goto(f"{street.url}/connect/{secret}")
    page.locator(".pa-google").click()
    yield "confirm"
    page.locator("main button").first.click()
    yield "connected"
    page.goto(f"{street.url}/consent/callback?state=old&code=c")
    yield "state-invalid"


def walk_full(street: Street, page: Page) -> Iterator[str]:
    """The page with mailboxes in every condition, a notice and a refused test mail."""
    office = street.office
    (tenant,) = office.stores.tenants.all()
    long = "buchhaltung-mit-sehr-langer-adresse@muster-und-soehne-gmbh.example.de"
    paused = office.connection(tenant, long)
    office.stores.connections.pause(tenant.id, paused.id, office.clock.now())
    page.goto(street.url)
    yield "home"
    page.locator("summary").first.click()
    page.locator("input[name=to]").first.fill("kein Postfach")
    page.locator(".pa-field button").first.click()
    yield "test-refused"


def walk_set_ups(street: Street, page: Page) -> Iterator[str]:
    """Every form, one that is refused, and the mailbox that came of one."""
    for name, path in (
        ("new", ""),
        ("new-app-password", "/app-password"),
        ("new-server", "/server"),
        ("new-relay", "/relay"),
    ):
        page.goto(f"{street.url}/connections/new{path}")
        yield name
    reply = "535-5.7.8 Username and Password not accepted. For more information, go to " + "x" * 90
    street.office.probe.failing = ProbeStep(ProbeName.SIGN_IN, "app-password-rejected", reply)
    page.goto(f"{street.url}/connections/new/app-password")
    page.get_by_role("textbox").nth(0).fill("buchhaltung@gmail.com")
    page.locator("input[name=password]").fill("abcd efgh ijkl mnop")
    page.locator("main .btn-primary").click()
    yield "refused-app-password"
    street.office.probe.failing = None
    page.locator("input[name=password]").fill("abcd efgh ijkl mnop")
    page.locator("main .btn-primary").click()
    yield "home-app-password"


def walk_delegation(street: Street, page: Page) -> Iterator[str]:
    """Before there is one, after it was kept, and after Google refused it."""
    office = street.office
    page.goto(f"{street.url}/delegations")
    yield "delegation-none"
    (tenant,) = office.stores.tenants.all()
    add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    page.goto(f"{street.url}/delegations")
    yield "delegation"
    office.google.failures["*"] = DelegationError("delegation-denied", "unauthorized_client")
    page.locator("form[action$=check] button").click()
    yield "delegation-refused"
