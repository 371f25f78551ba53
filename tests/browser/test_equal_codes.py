"""A code that could mean two items says so as soon as it is scanned, and posts neither."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from inventory.models import Barcode, Item
from ledger.models import Posting
from plans.models import Tenant


def test_a_scan_that_could_mean_two_items(shop: Tenant, open_as: Any) -> None:
    for code, sku, shares in (("qrA1x", "BOLT", False), ("QRa1X", "OIL", True)):
        Barcode.objects.create(code=code, item=Item.objects.get(sku=sku), shares_code=shares)
    page = open_as("manager")
    page.goto("/receive/?vendor=acme&hub=north")
    expect(page.get_by_label("Hub")).to_have_value("NORTH")
    sku = page.locator("[name=lines-0-sku]")
    sku.fill("bolt")
    sku.press("Tab")
    expect(page.locator(".line-name").first).to_have_text("Bolt M8")
    sku.fill("qra1x")
    sku.press("Tab")
    expect(page.locator(".line-name").first).to_contain_text("This code can mean BOLT or OIL.")
    for name, value in {"bin": "dock", "quantity": "1", "unit_cost": "1"}.items():
        page.locator(f"[name=lines-0-{name}]").fill(value)
    page.get_by_label("Reference").fill("PO-1")
    page.get_by_role("button", name="Post receipt").click()
    expect(page.get_by_role("alert").first).to_contain_text("This code can mean BOLT or OIL.")
    assert not Posting.objects.exists()
    sku.fill("Bolt")
    page.get_by_role("button", name="Post receipt").click()
    page.wait_for_url("**/ledger/*/")
    assert Posting.objects.count() == 1
