"""Forms of lines by keyboard and scanner: Enter in the head, and which bin a line gets."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Bin, Item
from plans.models import Tenant
from tests.fixture_types import Open
from tests.ledger.balances import bins


def press(page: Page, *typed: str) -> None:
    """As a scanner does: a text, Enter, a text, Enter."""
    for text in typed:
        page.keyboard.type(text)
        page.keyboard.press("Enter")


def put_away(sku: str, address: str) -> None:
    """Give an item a bin of its own."""
    hub, code = address.split("/")
    Item.objects.filter(sku=sku).update(putaway_bin=Bin.objects.get(hub__code=hub, code=code))


@pytest.mark.parametrize("path", ["/receive/", "/issue/", "/transfer/", "/adjust/"])
def test_enter_in_the_head_goes_on_to_the_next_field(shop: Tenant, open_as: Open, path: str) -> None:
    page = open_as("manager")
    page.goto(path, wait_until="networkidle")
    head = page.locator(".form-grid :is(input:not([type=hidden]), select, textarea)")
    names = [head.nth(number).get_attribute("name") for number in range(head.count())]
    assert len(names) > 3
    head.first.focus()
    for name in [*names[1:], "lines-0-sku"]:
        page.keyboard.press("Enter")
        expect(page.locator(f"[name={name}]")).to_be_focused()
    expect(page.locator("[data-line]:visible")).to_have_count(1)
    assert page.url.endswith(path), "and nothing was sent"


def test_a_copied_bin_gives_way_to_the_items_own(shop: Tenant, open_as: Open) -> None:
    put_away("OIL", "SOUTH/A-2")
    page = open_as("manager")
    page.goto("/receive/", wait_until="networkidle")
    page.get_by_label("Vendor").fill("ACME")
    page.get_by_label("Reference").fill("PO-1")
    page.locator("[name=hub]").select_option("NORTH")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "1", "1", "OIL")
    own = page.locator("[name=lines-1-bin]")
    expect(own).to_have_value("SOUTH/A-2")
    expect(page.get_by_text("Usual bin of this item, not A-1 as above.")).to_be_visible()
    press(page, "2", "1", "CABLE")
    # An item without a bin of its own gets what was typed above, not the other item's own.
    expect(page.locator("[name=lines-2-bin]")).to_have_value("A-1")
    press(page, "3", "1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert bins() == {"BOLT NORTH/A-1": 1, "OIL SOUTH/A-2": 2, "CABLE NORTH/A-1": 3}


def test_the_field_says_when_what_is_typed_is_not_the_usual_bin(shop: Tenant, open_as: Open) -> None:
    put_away("OIL", "SOUTH/A-2")
    page = open_as("manager")
    page.goto("/receive/", wait_until="networkidle")
    page.locator("[name=hub]").select_option("NORTH")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "OIL")
    place = page.locator("[name=lines-0-bin]")
    expect(place).to_have_value("SOUTH/A-2")
    place.fill("A-1")
    message = page.get_by_text("The usual bin of this item is SOUTH/A-2.")
    expect(message).to_be_visible()
    place.fill("a-2")
    expect(message).to_be_visible()
    page.locator("[name=hub]").select_option("SOUTH")
    expect(message).not_to_be_visible()  # A-2 of SOUTH is the usual one
    # Another item in the same line leaves what was typed.
    page.locator("[name=lines-0-sku]").fill("BOLT")
    page.locator("[name=lines-0-sku]").press("Tab")
    expect(page.locator("[data-line]:visible .line-name")).to_have_text("Bolt M8")
    expect(place).to_have_value("a-2")


def test_a_line_that_becomes_another_item_loses_the_first_ones_bin(shop: Tenant, open_as: Open) -> None:
    put_away("OIL", "SOUTH/A-2")
    page = open_as("manager")
    page.goto("/receive/", wait_until="networkidle")
    sku, place = page.locator("[name=lines-0-sku]"), page.locator("[name=lines-0-bin]")
    sku.fill("OIL")
    sku.press("Tab")
    expect(place).to_have_value("SOUTH/A-2")
    sku.fill("BOLT")
    sku.press("Tab")
    expect(place).to_have_value("")


def test_a_post_that_is_faster_than_the_lookup_is_right_too(shop: Tenant, open_as: Open) -> None:
    put_away("OIL", "SOUTH/A-2")
    page = open_as("manager")
    page.goto("/receive/", wait_until="networkidle")
    page.get_by_label("Vendor").fill("ACME")
    page.get_by_label("Reference").fill("PO-1")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "1", "1")
    expect(page.locator("[name=lines-1-sku]")).to_be_focused()
    # From here on nobody hears what an item is.
    page.evaluate("() => { globalThis.fetch = () => new Promise(() => {}); }")
    press(page, "OIL", "2", "1")
    expect(page.locator("[name=lines-1-bin]")).to_have_value("A-1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert bins() == {"BOLT NORTH/A-1": 1, "OIL SOUTH/A-2": 2}
