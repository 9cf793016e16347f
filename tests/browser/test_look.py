"""Every page in both languages, light and dark, wide and narrow: nothing cut off, readable by all."""

from pathlib import Path

import pytest

from tests.browser.street import Street
from tests.browser.walks import WALKS, Walk

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
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
@pytest.mark.parametrize("walk", WALKS)
def test_every_page_is_in_order(street: Street, walk: Walk, language: str, mode: str, width: int) -> None:
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

    assert faults
    assert {name: fault for name, fault in faults.items() if any(fault)} == {}
