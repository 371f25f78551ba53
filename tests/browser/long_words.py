"""Long words on a page that is open: whatever the product allows must break or scroll inside its frame.

Every word of the tenant's data on the page becomes as long as the product allows, without a place to break.
So every page is tested, whatever words its own story happens to use. Headings of columns stay as they are: they are the
product's own words.
"""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page

from asora.accounts.models import User
from integrations.endpoints.models import Endpoint
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.models import Posting
from plans.models import Tenant

WIDTHS = (1280, 820, 390)
SKU, CODE, NAME, REFERENCE = 64, 40, 60, 80
SCRIPT = """
words => {
  const plain = word => word.replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&");
  const known = Object.keys(words).sort((a, b) => b.length - a.length).map(plain);
  if (!known.length) return 0;
  const pattern = new RegExp(`(?<![\\\\w-])(?:${known.join("|")})(?![\\\\w-])`, "g");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  let count = 0;
  for (const text of texts) {
    if (text.parentElement.closest("script, style, template, select, textarea, datalist, svg, thead")) continue;
    const longer = text.data.replace(pattern, word => { count += 1; return words[word]; });
    if (longer !== text.data) { text.data = longer; text.parentElement.dataset.stretched = ""; }
  }
  return count;
}
"""
# A line of a text may reach as far as each box that it is in, up to the first one that scrolls. One that is cut off
# must show that it is, by an ellipsis.
OUTSIDE = """
() => {
  const named = box => [box.tagName.toLowerCase() + (box.id ? `#${box.id}` : ""), ...box.classList].join(".");
  const found = new Set();
  for (const element of document.querySelectorAll("[data-stretched]")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".visually-hidden")) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    const lines = [...range.getClientRects()].filter(line => line.width > 1);
    if (!lines.length) continue;
    const right = Math.max(...lines.map(line => line.right)), left = Math.min(...lines.map(line => line.left));
    for (let box = element; box && box !== document.documentElement; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (style.display === "contents" || style.display === "inline") continue;
      const edge = box.getBoundingClientRect();
      const sticksOut = right > edge.right + 1.5 || left < edge.left - 1.5;
      if (["auto", "scroll"].includes(style.overflowX)) break;
      if (["hidden", "clip"].includes(style.overflowX)) {
        if (sticksOut && style.textOverflow !== "ellipsis") found.add(`cut off by ${named(box)}: ${named(element)}`);
        break;
      }
      if (sticksOut) { found.add(`sticks out of ${named(box)}: ${named(element)}`); break; }
    }
  }
  return [...found];
}
"""


def words_of(tenant: Tenant) -> dict[str, str]:
    """Every word of the bound tenant, with one in its place that is as long as the product takes it."""
    words = {tenant.name: _long(tenant.name, NAME)}
    for model, name, length in (
        (Bin, "code", CODE), (Category, "code", CODE), (Hub, "code", CODE), (Vendor, "code", CODE), (Item, "sku", SKU),
        (Category, "name", NAME), (Hub, "name", NAME), (Vendor, "name", NAME), (Item, "name", NAME),
        (Posting, "reference", REFERENCE), (User, "name", NAME), (User, "email", NAME),
        (Endpoint, "name", NAME), (Endpoint, "url", NAME),
    ):  # fmt: skip
        words |= {text: _long(text, length) for text in model.objects.values_list(name, flat=True) if text}
    return words


def _long(text: str, length: int) -> str:
    """As long as it may be, and without a space or a hyphen, where it could break."""
    return (text.replace(" ", "").replace("-", "") + "Wagenheber" * length)[:length]


def faults_of_long_words(page: Page, words: Mapping[str, str]) -> list[str]:
    """The places where a long word overflows its box, or makes the page wider than its window."""
    page.evaluate(SCRIPT, dict(words))
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"with long words, at {width} the page is {wide} wide")
        found += [f"with long words, at {width}: {fault}" for fault in page.evaluate(OUTSIDE)]
    return found
