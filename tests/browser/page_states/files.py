"""The steps on the pages of files: columns chosen, refused lines shown, a check that would pass."""

from __future__ import annotations

from itertools import count

from playwright.sync_api import Page

from tests.browser.page_states.stock import MUCH, paste, paste_text

# A file that was mapped once is known when it comes again, so each is another one.
NUMBERS = count(1)
DELIVERIES = (
    "PO Number;Date;Supplier;Part number;Warehouse;Location;Qty;Price;Buyer\n"
    "PO-99-{0};2026-03-02;ALDER;CH-1100;SHOP;A-1;12;14.20;Ann Example\n"
    "PO-98-{0};2026-03-03;ALDER;OL-1110;SHOP;A-2;2.5;9;Bob Example\n"
)
ITEMS = (
    "sku,name,category_code,unit,standard_cost,reorder_point\n"
    "NEW-1,A new chain,CHAINS,pcs,14.20,40\nNEW-2,Another one,CHAINS,pcs,9,\n"
)


def check(page: Page, text: str) -> None:
    """A text, pasted and checked."""
    paste_text(page, text)
    page.get_by_role("button", name="Check the file").first.click()


def ask_for_columns(page: Page) -> None:
    """A header of another program, and the guessed mapping."""
    check(page, DELIVERIES.format(next(NUMBERS)))
    page.get_by_role("heading", name="Match the columns").wait_for()


def refuse_columns(page: Page) -> None:
    """One column chosen twice, and a required one missing."""
    ask_for_columns(page)
    page.get_by_role("combobox", name="unit_cost").select_option("7")
    page.get_by_role("combobox", name="sku").select_option("")
    page.get_by_role("button", name="Check the file").first.click()
    page.get_by_role("alert").first.wait_for()


def check_mapped(page: Page) -> None:
    """A check that shows what would be posted."""
    ask_for_columns(page)
    page.get_by_role("button", name="Check the file").first.click()
    page.get_by_role("heading", name="What would be posted").wait_for()


def leave_out(page: Page) -> None:
    """A check that skips a document, with the reason."""
    page.get_by_label("Skip every document").check()
    check(
        page,
        "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
        "PO-9903,2026-03-02,ALDER,CH-1100,SHOP,A-1,5,14.20\nPO-9904,2026-03-02,ALDER,NUT,SHOP,A-1,0,1\n",
    )
    page.get_by_role("heading", name="What would be posted").wait_for()


def check_items(page: Page) -> None:
    """A file of items that would be imported."""
    check(page, ITEMS)
    page.get_by_role("button", name="Import 2 records").wait_for()


def lose_file(page: Page) -> None:
    """A file that is no longer stored."""
    check_items(page)
    page.locator("[name=upload]").first.evaluate("field => { field.value = 'nothing' }")
    page.get_by_role("button", name="Import 2 records").click()
    page.get_by_role("alert").wait_for()


def check_issues(page: Page) -> None:
    """The check of a file that would be refused at three lines."""
    rows = (
        f"SO-1,2026-03-02,CH-1100,SHOP,A-1,{MUCH}",
        "SO-1,2026-03-02,NUT,SHOP,A-1,1",
        "SO-2,3 May,OL-1110,X,A,0",
    )
    paste(page, "issue", *rows)
    page.get_by_role("button", name="Check the file").click()
    page.locator("#refused-lines").wait_for()


def check_transfers(page: Page) -> None:
    """The same for transfers."""
    paste(page, "transfer", f"MV-1,2026-03-02,CH-1100,SHOP,A-1,SHOP,A-2,{MUCH}")
    page.get_by_role("button", name="Check the file").click()
    page.locator("#refused-lines").wait_for()


def check_adjustments(page: Page) -> None:
    """The check of a file that would be posted."""
    paste(
        page, "adjust", "A-1,2026-03-02,CH-1100,SHOP,A-1,3,FOUND", "A-2,2026-03-02,OL-1110,SHOP,A-2,2.5,FOUND"
    )
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("heading", name="What would be posted").wait_for()
