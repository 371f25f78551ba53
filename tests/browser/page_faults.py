"""The faults of an open page: checked on every page, including those at the end of a longer story."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1440, 820, 390)
SERIOUS = {"serious", "critical"}
SETTLED = "Promise.all(document.getAnimations().map((animation) => animation.finished)).then(() => {})"
# Dark mode changes colours and nothing else.
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


def faults_of(page: Page) -> list[str]:
    """The serious faults that axe finds in both themes, and overflow; the page stays dark."""
    found = _violations(page, "light")
    page.emulate_media(color_scheme="dark")
    page.evaluate(SETTLED)
    found += _violations(page, "dark", options=COLOURS)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"at {width} the page is {wide} wide")
    return found


def _violations(page: Page, theme: str, *, options: dict[str, Any] | None = None) -> list[str]:
    results = Axe().run(page, options=options or {"resultTypes": ["violations"]})
    return [
        f"{theme}: {violation['id']}: {', '.join(node['target'][0] for node in violation['nodes'][:5])}"
        for violation in results.response["violations"]
        if violation["impact"] in SERIOUS
    ]
