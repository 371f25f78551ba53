"""Reversing an import with one click and a posting with its dialog, and what prevents it."""

from __future__ import annotations

from playwright.sync_api import expect

from ledger.models import Kind, Posting
from plans.models import Tenant
from tests.browser.page_states.stock import paste
from tests.factories import people
from tests.factories.documents import import_rows
from tests.fixture_types import Open
from tests.ledger.balances import assert_books_agree, bins, hubs


def stock(tenant: Tenant) -> int:
    """Ten bolts at 2; the position of their delivery."""
    act = people.act_of(people.person("owner", tenant), tenant)
    return import_rows(act, Kind.RECEIPT, "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,2").positions[0]


def test_an_import_of_receipts_is_taken_back_whole(shop: Tenant, open_as: Open) -> None:
    stock(shop)
    before = bins(), hubs()
    page = open_as("manager")
    page.goto("/receive/import/")
    paste(
        page,
        "receive",
        "PO-2,2026-03-02,ACME,BOLT,NORTH,A-1,5,3",
        "PO-2,2026-03-02,ACME,OIL,NORTH,A-2,2.5,4",
        "PO-3,2026-03-03,ACME,BOLT,SOUTH,DOCK,7,2.5",
    )
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Import", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="PO-2").or_(page.get_by_text("PO-2")).first).to_be_visible()
    expect(page.get_by_text("PO-3").first).to_be_visible()
    assert bins() != before[0]

    page.get_by_role("button", name="Reverse").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Reverse the 2 postings of this import?")
    dialog.get_by_role("button", name="Reverse").click()

    expect(page.get_by_text("2 postings were reversed, newest first.")).to_be_visible()
    expect(page.get_by_text("All postings of this import have been reversed.")).to_be_visible()
    expect(page.get_by_role("button", name="Reverse")).to_have_count(0)
    assert (bins(), hubs()) == before
    assert_books_agree()


def test_an_import_whose_goods_are_gone_stays_whole(shop: Tenant, open_as: Open) -> None:
    """All of it or nothing: one bolt went out since, so neither delivery is taken back."""
    act = people.act_of(people.person("owner", shop), shop)
    rows = ("PO-1,2026-03-02,ACME,OIL,NORTH,A-1,10,2", "PO-2,2026-03-02,ACME,BOLT,NORTH,A-1,10,2")
    batch = import_rows(act, Kind.RECEIPT, *rows).batch
    import_rows(act, Kind.ISSUE, "WO-1,2026-03-02,BOLT,NORTH,A-1,1")
    page = open_as("manager")
    page.goto(f"/ledger/batches/{batch}/")
    page.get_by_role("button", name="Reverse").click()
    page.get_by_role("dialog").get_by_role("button", name="Reverse").click()

    expect(page.get_by_role("heading", name="What prevents the reversal")).to_be_visible()
    expect(page.get_by_text("INSUFFICIENT_STOCK").first).to_be_visible()
    assert bins() == {"OIL NORTH/A-1": 10, "BOLT NORTH/A-1": 9}


def test_one_posting_is_taken_back_once(shop: Tenant, open_as: Open) -> None:
    position = stock(shop)
    page, late = open_as("manager"), open_as("owner")
    for each in (page, late):
        each.goto(f"/ledger/{position}/")
        each.get_by_role("button", name="Reverse").click()
        expect(each.get_by_role("dialog")).to_contain_text("Reverse this posting?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.get_by_role("button", name="Reverse").click()
    page.get_by_role("dialog").get_by_label("Note").fill("delivered next door")
    page.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    expect(page.get_by_text(f"reverses position {position}.")).to_be_visible()
    expect(page.get_by_text("delivered next door")).to_be_visible()
    assert bins() == {}

    late.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    expect(late.locator("#refusal")).to_contain_text("ALREADY_REVERSED")
    late.get_by_role("link", name="Open the reversal").click()
    expect(late.get_by_text("This posting reverses")).to_be_visible()
    expect(late.get_by_role("button", name="Reverse")).to_have_count(0)
    assert Posting.objects.filter(kind=Kind.REVERSAL).count() == 1


def test_who_may_not_take_back_is_not_asked(shop: Tenant, open_as: Open) -> None:
    position = stock(shop)
    page = open_as("receiver")
    page.goto(f"/ledger/{position}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(position))
    expect(page.get_by_role("button", name="Reverse")).to_have_count(0)
