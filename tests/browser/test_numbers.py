"""The script that totals a form as one types reads numbers exactly as the server does."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Page, expect

from plans.models import Tenant
from tests.kernel.test_numbers import CASES

DECIMALS = Path(__file__).resolve().parents[2] / "static" / "js" / "decimals.js"
READ = """async (cases) => {
    const { parse } = await import("/static/js/decimals.js");
    const read = (typed, isWhole) => parse(typed, { digits: 20, scale: 4, isWhole })?.toString() ?? null;
    return cases.map(({ typed }) => [read(typed, false), read(typed, true)]);
}"""


def test_the_script_reads_what_the_server_reads(shop: Tenant, open_as: Callable[..., Page]) -> None:
    """Case by case: the same number, or none; and none for what could be thousands of whole pieces."""
    page = open_as("receiver")
    page.goto("/receive/")
    # Pages get it inside app.js only, so this file is given to the page by itself.
    page.route("**/decimals.js", lambda route: route.fulfill(path=DECIMALS, content_type="text/javascript"))
    for case, (number, of_pieces) in zip(CASES, page.evaluate(READ, CASES), strict=True):
        expected = None if case["read"] is None else str(int(Decimal(case["read"]).scaleb(4)))
        assert number == expected, case
        assert of_pieces == (None if case.get("could_be_thousands") else expected), case


def test_a_total_never_shows_what_is_not_posted(shop: Tenant, open_as: Callable[..., Page]) -> None:
    """ "1.000" bolts are in no total, and refused with both numbers that may be meant; "1.000" litres are one."""
    page = open_as("receiver")
    page.goto("/receive/")
    page.get_by_label("Vendor").fill("ACME")
    page.get_by_label("Reference").fill("DN-1")
    page.get_by_label("Hub").select_option("NORTH")
    page.locator("[name=lines-0-sku]").focus()
    for cell in ("OIL", "A-1", "1.000", "2", "BOLT", "1.000", "2"):
        page.keyboard.type(cell)
        page.keyboard.press("Enter")
    expect(page.locator("[data-total=units]")).to_have_text("1 l")
    expect(page.locator("[data-total=value]")).to_have_text("2.00")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line-refusal")).to_contain_text("can be read as 1 or as 1000")
    page.locator("[name=lines-1-quantity]").fill("1000")
    expect(page.locator("[data-total=units]")).to_have_text("1 l · 1,000 pcs")
