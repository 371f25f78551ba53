"""Receiving as it is done at a dock: by keyboard and scanner, twice by accident, on an old browser."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import Page, expect

from ledger.models import Entry, Posting
from plans.models import Tenant


def fill_head(page: Page, *, vendor: str = "ACME", reference: str = "PO-1") -> None:
    """What a delivery has once; the day is today, the hub the first."""
    page.get_by_label("Vendor").fill(vendor)
    page.get_by_label("Reference").fill(reference)


def fill_line(page: Page, number: int, *, sku: str, place: str, quantity: str, cost: str) -> None:
    """One line, by its fields."""
    for name, value in (("sku", sku), ("bin", place), ("quantity", quantity), ("unit_cost", cost)):
        page.locator(f"[name=lines-{number}-{name}]").fill(value)


def test_two_lines_by_keyboard_alone(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("receiver")
    page.goto("/receive/")
    fill_head(page)
    keys = page.keyboard

    page.locator("[name=lines-0-sku]").focus()
    for typed in ("bolt", "A-1", "12", "0.25"):  # a scanner ends with Enter, too
        keys.type(typed)
        keys.press("Enter")

    expect(page.locator("[data-line]:visible .line-name").first).to_have_text("Bolt M8")
    expect(page.locator("[name=lines-1-sku]")).to_be_focused()
    expect(page.locator("[name=lines-1-bin]")).to_have_value(
        "A-1"
    )  # carried over: a scanner does not stop there
    for typed in ("OIL", "2.50", "3.10"):
        keys.type(typed)
        keys.press("Enter")

    expect(page.locator("[data-line-value]").nth(1)).to_have_text("7.75")
    expect(page.locator("[data-total=lines]")).to_have_text("2")
    expect(page.locator("[data-total=units]")).to_have_text("12 pcs · 2.5 l")
    expect(page.locator("[data-total=value]")).to_have_text("10.75")

    keys.press("Control+Enter")
    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    lines = Entry.objects.order_by("line").values_list("item__sku", "bin__code", "quantity", "value")
    assert list(lines) == [
        ("BOLT", "A-1", Decimal(12), Decimal(3)),
        ("OIL", "A-1", Decimal("2.5"), Decimal("7.75")),
    ]


def test_a_double_click_posts_once(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("receiver")
    page.goto("/receive/")
    fill_head(page)
    fill_line(page, 0, sku="BOLT", place="A-1", quantity="5", cost="1")

    page.get_by_role("button", name="Post receipt").dblclick(no_wait_after=True)

    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert Posting.objects.count() == 1


def test_without_javascript_lines_are_added_by_a_button(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("receiver", java_script_enabled=False)
    page.goto("/receive/")
    fill_head(page)
    fill_line(page, 0, sku="BOLT", place="A-1", quantity="5", cost="1")
    page.get_by_role("button", name="Add line").click()
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("5")
    fill_line(page, 1, sku="OIL", place="A-2", quantity="1.5", cost="2")

    page.get_by_role("button", name="Post receipt").click()

    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert Entry.objects.count() == 2
