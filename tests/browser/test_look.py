"""Every page in both languages, light and dark, wide and narrow: nothing cut off, readable by all."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.street import Street
from tests.browser.walks import WALKS, Walk

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
MODES = ("light", "dark")
WIDTHS = (1280, 320)
MIN_TARGET_PX = 24  # WCAG 2.2, 2.5.8

HAS_MODE = "(mode) => document.documentElement.dataset.bsTheme === mode"
END_TRANSITIONS = "document.getAnimations().forEach((change) => change.finish())"
IS_TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
SMALL_TARGETS = """
(least) => [...document.querySelectorAll("button, summary, input, a")]
  .filter((element) => element.offsetParent && !element.closest("p, .pa-skip") && element.type !== "hidden")
  .map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
  .filter(([_, box]) => box.width < least || box.height < least)
  .map(([html]) => html)
"""
CUT_TEXTS = """
() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((element) => element.offsetParent && !element.closest(".visually-hidden, input"))
  .filter((element) => ["hidden", "clip"].includes(getComputedStyle(element).overflowX))
  .filter((element) => element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))
"""
VIOLATIONS = """
() => axe.run({
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
})
  .then((found) => found.violations.map((fault) => [fault.id, fault.nodes.map((node) => node.html)]))
"""


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("walk", WALKS)
def test_every_page_is_in_order(street: Street, walk: Walk, language: str) -> None:
    """No accessibility violation, no sideways scrolling, no small target; a screenshot of each is kept."""
    page = street.visitor(language=language)
    SCREENSHOTS.mkdir(exist_ok=True)
    faults: dict[tuple[object, ...], list[Any]] = {}

    for name in walk(street, page):
        page.wait_for_load_state()
        page.evaluate(AXE)
        for width, mode in product(WIDTHS, MODES):
            faults[name, mode, width] = _look(page, f"{name}-{language}", mode, width)
        faults[name, language] = [page.evaluate("document.documentElement.lang") != language]

    assert faults
    assert {seen: fault for seen, fault in faults.items() if any(fault)} == {}


def _look(page: Page, name: str, mode: Any, width: int) -> list[Any]:
    """What is wrong with the page in this mode and width; each is falsy when all is well."""
    page.emulate_media(color_scheme=mode)
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(HAS_MODE, arg=mode)
    page.evaluate(END_TRANSITIONS)
    page.screenshot(path=SCREENSHOTS / f"{name}-{mode}-{width}.png", full_page=True)
    return [
        page.evaluate(IS_TOO_WIDE),
        page.evaluate(SMALL_TARGETS, MIN_TARGET_PX),
        page.evaluate(CUT_TEXTS),
        page.evaluate(VIOLATIONS),
    ]
