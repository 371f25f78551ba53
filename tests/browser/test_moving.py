"""Issuing, transferring, adjusting and taking back as it is done: by keyboard, on an old browser, and by two people."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import Page, expect

from ledger.models import BinBalance, Entry, Kind, Posting
from plans.models import Tenant
from tests.browser.page_states.stock import paste_text
from tests.factories import people
from tests.factories.documents import import_rows
from tests.factories.master_data import make_master_data
from tests.ledger.balances import bins


def stock(tenant: Tenant) -> None:
    """Ten bolts at A-1 in NORTH, by a file."""
    act = people.act_of(people.person("owner", tenant), tenant)
    import_rows(act, Kind.RECEIPT, "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,1")


def type_lines(page: Page, *cells: str) -> None:
    """Type from the first SKU on; a scanner ends each with Enter."""
    page.locator("[name=lines-0-sku]").focus()
    for cell in cells:
        page.keyboard.type(cell)
        page.keyboard.press("Enter")


def test_an_issue_that_asks_too_much_is_put_right(shop: Tenant, open_as: Callable[..., Page]) -> None:
    stock(shop)
    page = open_as("receiver")
    page.goto("/issue/")
    page.get_by_label("Reference").fill("WO-1")
    page.get_by_label("Hub").select_option("NORTH")
    type_lines(page, "bolt", "A-1", "4", "BOLT", "7")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".line-refusal")).to_contain_text(
        "Not enough BOLT in bin NORTH/A-1: 7 needed, 6 available."
    )
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("4")
    page.locator("[name=lines-1-quantity]").fill("6")
    page.get_by_role("button", name="Post issue").dblclick(no_wait_after=True)

    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert bins() == {}
    assert Posting.objects.filter(kind=Kind.ISSUE).count() == 1


def test_a_transfer_without_javascript(shop: Tenant, open_as: Callable[..., Page]) -> None:
    stock(shop)
    page = open_as("receiver", java_script_enabled=False)
    page.goto("/transfer/")
    page.get_by_label("Reference").fill("MV-1")
    page.get_by_label("From hub").select_option("NORTH")
    page.get_by_label("To hub").select_option("SOUTH")
    for number, (place, quantity) in enumerate((("A-1", "4"), ("A-2", "1"))):
        cells = {"sku": "BOLT", "bin": "A-1", "to_bin": place, "quantity": quantity}
        for name, value in cells.items():
            page.locator(f"[name=lines-{number}-{name}]").fill(value)
        if not number:
            page.get_by_role("button", name="Add line").click()
    page.get_by_role("button", name="Post transfer").click()

    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert bins() == {
        "BOLT NORTH/A-1": Decimal(5),
        "BOLT SOUTH/A-1": Decimal(4),
        "BOLT SOUTH/A-2": Decimal(1),
    }


def test_an_adjustment_by_two_people(
    committed_tenant: Callable[..., Tenant], open_as: Callable[..., Page]
) -> None:
    committed_tenant(role_model="segregated")
    make_master_data()
    page = open_as("receiver")
    page.goto("/adjust/")
    page.get_by_label("Reference").fill("ADJ-1")
    page.get_by_label("Reason").select_option("FOUND")
    page.get_by_label("Hub").select_option("NORTH")
    type_lines(page, "BOLT", "A-1", "3")
    page.get_by_role("button", name="Request adjustment").click()
    expect(page.get_by_text("Stock does not change until someone posts the request.")).to_be_visible()
    assert not Entry.objects.exists()

    page = open_as("approver")
    page.goto("/adjust/requests/")
    page.get_by_role("link", name="ADJ-1").click()
    page.get_by_label("Note").fill("seen")
    page.get_by_role("button", name="Post adjustment").click()
    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert BinBalance.objects.get().quantity == 3


def test_an_import_is_taken_back(shop: Tenant, open_as: Callable[..., Page]) -> None:
    stock(shop)
    page = open_as("manager")
    page.goto("/adjust/import/")
    rows = "A-1,2026-03-02,BOLT,NORTH,A-1,-4,LOST\nA-2,2026-03-02,OIL,NORTH,A-1,2.5,FOUND\n"
    content = f"reference,effective_on,sku,hub_code,bin_code,quantity,reason\n{rows}"
    paste_text(page, content)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 documents with 2 lines were posted")).to_be_visible()

    page.get_by_role("button", name="Reverse").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("wrong file")
    dialog.get_by_role("button", name="Reverse").click()

    expect(page.get_by_text("All postings of this import have been reversed.")).to_be_visible()
    assert bins() == {"BOLT NORTH/A-1": Decimal(10)}
