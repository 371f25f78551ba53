"""A delivery note of another program, from its own header to postings, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.models import Kind, Posting
from plans.models import Tenant
from tests.ledger.balances import bins

NOTE = (
    "PO Number;Date;Supplier;Part number;Warehouse;Location;Quantity delivered;Price;Buyer\r\n"
    "PO-1;2026-03-02;ACME;BOLT;NORTH;A-1;10;2.5;Ann\r\n"
    "PO-1;2026-03-02;ACME;{sku};NORTH;A-2;4;3;Ann\r\n"
    "PO-2;2026-03-03;ACME;BOLT;NORTH;A-1;5;2.6;Bob\r\n"
)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_a_foreign_file_is_mapped_put_right_imported_and_taken_back(
    shop: Tenant, open_as: Callable[..., Page], tmp_path: Path, scripts: bool
) -> None:
    page = open_as("manager", java_script_enabled=scripts)
    note = tmp_path / "delivery note.csv"
    page.goto("/imports/")
    page.get_by_role("link", name="Receive from a file").click()
    note.write_text(NOTE.format(sku="BULT"), newline="")
    page.get_by_label("CSV file").set_input_files(note)
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_role("heading", name="Match the columns")).to_be_visible()
    expect(page.get_by_role("combobox", name="vendor_code")).to_have_value("3")
    quantity = page.get_by_role("combobox", name="quantity")
    expect(quantity).to_have_value("")
    quantity.select_option(label="Quantity delivered · 10")
    if scripts:
        row = page.get_by_role("row").filter(has=quantity)
        expect(row).to_contain_text("10 · 4 · 5")
        expect(page.locator("[data-not-used]")).to_have_text("Buyer")
    page.get_by_role("button", name="Check the file").first.click()

    lines = page.locator("#refused-lines tbody tr")
    expect(lines).to_have_count(1)
    wrong = lines.locator(".is-wrong")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text("BULT")
    expect(wrong).to_contain_text("UNKNOWN_ITEM")
    assert not Posting.objects.exists()

    note.write_text(NOTE.format(sku="CABLE"), newline="")
    page.get_by_text("Take another file").click()
    page.get_by_label("CSV file").set_input_files(note)
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_role("heading", name="What would be posted")).to_be_visible()
    expect(page.locator("#outcome")).to_contain_text("not used: Buyer")
    expect(page.locator("#outcome tfoot")).to_contain_text("2 documents would be posted")
    assert not Posting.objects.exists()
    page.get_by_role("button", name="Import 2 documents").click()

    expect(page.get_by_text("2 documents with 3 lines were posted")).to_be_visible()
    assert bins() == {"BOLT NORTH/A-1": 15, "CABLE NORTH/A-2": 4}
    page.goto("/imports/")
    row = page.locator("#listing tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("PO-1")
    row.get_by_role("link").first.click()
    if not scripts:
        return
    page.get_by_role("button", name="Reverse").click()
    page.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    expect(page.get_by_text("All postings of this import have been reversed.")).to_be_visible()
    assert bins() == {}
    assert Posting.objects.filter(kind=Kind.REVERSAL).count() == 2
    page.goto("/imports/")
    expect(page.locator("#listing tbody tr")).to_contain_text("Reversed")
