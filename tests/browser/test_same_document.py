"""A delivery entered twice, and a file with a known reference: a question, an answer, a posting."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from ledger.models import Posting
from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.browser.page_states.stock import paste_text
from tests.factories.documents import receipts_csv


def type_delivery(page: Page) -> None:
    """Three bolts from Acme under DBL-1, by keyboard."""
    page.goto("/receive/")
    page.get_by_label("Vendor").fill("ACME")
    page.get_by_label("Reference").fill("DBL-1")
    page.get_by_label("Hub").select_option("NORTH")
    page.locator("[name=lines-0-sku]").focus()
    for cell in ("BOLT", "A-1", "3", "2.5"):
        page.keyboard.type(cell)
        page.keyboard.press("Enter")


def test_a_delivery_typed_twice(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("receiver")
    type_delivery(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is now in the ledger")).to_be_visible()

    type_delivery(page)
    page.keyboard.press("Control+Enter")
    question = page.get_by_label(
        "DBL-1 from ACME was already received at position 1 (3 pcs). Post another? Yes, post another."
    )
    expect(question).to_be_visible()
    expect(page.get_by_role("link", name="Open posting 1")).to_be_visible()
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("3")
    assert faults_of(page) == []
    assert Posting.objects.count() == 1

    question.check()
    page.get_by_role("button", name="Post receipt").click()
    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert Posting.objects.filter(reference="DBL-1").count() == 2


def test_a_file_with_a_known_reference(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("receiver")
    rows = ("DBL-1,2026-03-02,ACME,BOLT,NORTH,A-1,3,2.5", "DBL-2,2026-03-02,ACME,BOLT,NORTH,A-1,4,2.5")
    page.goto("/receive/import/")
    paste_text(page, receipts_csv(*rows).decode())
    page.get_by_role("button", name="Import").first.click()
    expect(page.get_by_text("2 documents with 2 lines were posted")).to_be_visible()

    page.goto("/receive/import/")
    paste_text(page, receipts_csv(rows[0].replace(",3,", ",5,"), rows[1]).decode())
    page.get_by_role("button", name="Check the file").first.click()
    expect(
        page.get_by_text("DBL-1 from ACME was already received at position 1 (3 pcs). Post another?").first
    ).to_be_visible()
    assert faults_of(page) == []
    page.get_by_label("Post a second document for each reference").check()
    page.get_by_role("button", name="Check again").first.click()
    expect(page.get_by_role("button", name="Import 1 document")).to_be_visible()
    expect(page.get_by_text("Already in the ledger", exact=True)).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("button", name="Import 1 document").click()
    expect(page.get_by_text("One document was posted")).to_be_visible()
    assert Posting.objects.count() == 3
