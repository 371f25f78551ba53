"""The story of Asora: an empty company is set up, receives a delivery, and hands its stock to an auditor."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Page, expect

from ledger.models import Entry, Export
from plans.models import Tenant
from tests.factories import people


def test_from_nothing_to_an_exact_export(
    committed_tenant: Callable[..., Tenant], open_as: Callable[..., Page], tmp_path: Path
) -> None:
    committed_tenant(name="Acacia Trading")
    page = open_as()

    _sign_in(page)
    _set_up(page)
    _receive(page)
    _look_at_the_item(page)
    _export(page, tmp_path)
    _sign_out(page)


def _sign_in(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Acacia Trading")
    page.get_by_label("E-mail").fill("manager@example.com")
    page.get_by_role("textbox", name="Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def _set_up(page: Page) -> None:
    """The checklist leads from step to step, in the order in which things need each other."""
    steps = [
        ("Create category", {"Code": "FASTENERS", "Name": "Fasteners"}),
        ("Create hub", {"Code": "NORTH", "Name": "Northgate"}),
        ("Create bin", {"Code": "A-1"}),
        ("Create vendor", {"Code": "ACME", "Name": "Acme Bolts"}),
        ("Create item", {"SKU": "BOLT", "Name": "Bolt M8", "Unit": "pcs", "Barcodes": "4006381333931"}),
    ]
    for done, (create, values) in enumerate(steps):
        page.goto("/")
        checklist = page.locator(".checklist")
        expect(checklist.locator(".is-done")).to_have_count(done)
        checklist.locator(".button-primary").click()
        for label, value in values.items():
            page.get_by_label(label).fill(value)
        for label, choice in (("Hub", "NORTH"), ("Category", "FASTENERS")):
            field = page.locator("main").get_by_label(re.compile(f"^{label}")).and_(page.locator("select"))
            if field.count():
                field.select_option(choice)
        page.get_by_role("button", name=create).click()
        expect(page.locator(".message[data-level=success]")).to_be_visible()


def _receive(page: Page) -> None:
    """Two lines, by keyboard alone, the first one by its barcode."""
    page.goto("/")
    page.locator(".checklist .button-primary").click()
    page.wait_for_load_state()  # with its scripts: the keyboard is faster than any person
    page.get_by_label("Vendor").fill("ACME")
    page.get_by_label("Reference").fill("PO-4711")
    page.locator("[name=lines-0-sku]").focus()
    for typed in ("4006381333931", "A-1", "1200", "0.125", "bolt", "300", "0.13"):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect(page.locator(".line-name").first).to_have_text("Bolt M8")
    expect(page.locator("[data-total=units]")).to_have_text("1,500 pcs")
    expect(page.locator("[data-total=value]")).to_have_text("189.00")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Position")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tfoot")).to_contain_text("+1,500")


def _look_at_the_item(page: Page) -> None:
    """Stock and history come from the entries."""
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bolt M8")
    expect(page.locator("#item-stock .stat-figure").first).to_have_text("1,500 pcs")
    expect(page.locator("#item-stock")).to_contain_text("189.00")
    history = page.locator(".table-frame").filter(has=page.get_by_role("heading", name="History"))
    expect(history.locator("tbody tr")).to_have_count(2)
    expect(history.locator("tbody tr").first).to_contain_text("1,500")  # the balance after the second line


def _export(page: Page, folder: Path) -> None:
    """What the page shows leaves as a file, and the file sums to what the database holds."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Stock on hand").click()
    expect(page.locator("#listing tbody tr")).to_have_count(1)
    expect(page.locator("#listing tfoot")).to_contain_text("1,500")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export CSV").click()
    path = folder / downloading.value.suggested_filename
    downloading.value.save_as(path)

    content = path.read_bytes()
    export = Export.objects.get()
    assert path.name == export.file_name
    assert hashlib.sha256(content).hexdigest() == export.file_sha256
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    entered = sum((entry.quantity for entry in Entry.objects.all()), Decimal(0))
    assert sum(Decimal(row["quantity"]) for row in rows) == entered == Decimal(1500)

    page.goto("/exports/")
    with page.expect_download() as again:
        page.get_by_role("link", name=export.file_name).click()
    assert again.value.path().read_bytes() == content


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Account and theme").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Acacia Trading")
