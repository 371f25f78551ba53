"""The steps on pages of movements and counts before they are checked: a refused form, an open dialog, a posted file.

All steps fit the demo's data and can be repeated; later steps build on the results of earlier ones."""

from __future__ import annotations

import re

from playwright.sync_api import Page

HUB = "SHOP"


MUCH = "90000"


HEADERS = {
    "issue": "reference,effective_on,sku,hub_code,bin_code,quantity",
    "transfer": "reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity",
    "adjust": "reference,effective_on,sku,hub_code,bin_code,quantity,reason",
    "receive": "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost",
}


def type_document(page: Page, *lines: dict[str, str], reference: str) -> None:
    """The head, as far as it is not chosen yet, and these lines."""
    page.get_by_label("Reference").fill(reference)
    reason = page.get_by_label("Reason")
    if reason.count():
        reason.select_option("FOUND")
    for number, line in enumerate(lines):
        if number:
            page.get_by_role("button", name="Add line").click()
        for name, value in line.items():
            page.locator(f"[name=lines-{number}-{name}]").fill(value)


def refuse_issue(page: Page) -> None:
    """One line asks for more than there is, one for something unknown."""
    lines = (
        {"sku": "CH-1100", "bin": "A-1", "quantity": MUCH},
        {"sku": "NUT", "bin": "A-1", "quantity": "1"},
    )
    type_document(page, {"sku": "OL-1110", "bin": "A-2", "quantity": "0"}, *lines, reference="SO-9001")
    page.get_by_role("button", name="Post issue").click()
    page.get_by_role("alert").wait_for()


def lack_stock(page: Page) -> None:
    """Everything is right except the stock."""
    type_document(page, {"sku": "CH-1100", "bin": "A-1", "quantity": MUCH}, reference="SO-9002")
    page.get_by_role("button", name="Post issue").click()
    page.get_by_role("alert").wait_for()


def refuse_transfer(page: Page) -> None:
    """More than the stock, and an unknown bin."""
    lines = (
        {"sku": "CH-1100", "bin": "A-1", "to_bin": "A-2", "quantity": MUCH},
        {"sku": "CH-1100", "bin": "A-1", "to_bin": "Z-9", "quantity": "1"},
    )
    type_document(page, *lines, reference="MV-9001")
    page.get_by_role("button", name="Post transfer").click()
    page.get_by_role("alert").wait_for()


def refuse_adjustment(page: Page) -> None:
    """A line that takes away more than there is."""
    type_document(page, {"sku": "CH-1100", "bin": "A-1", "quantity": f"-{MUCH}"}, reference="ADJ-9001")
    page.get_by_role("button", name="Post adjustment").click()
    page.get_by_role("alert").wait_for()


def ask_for_adjustment(page: Page) -> None:
    """A request that waits, as its page."""
    lines = (
        {"sku": "CH-1100", "bin": "A-1", "quantity": "2"},
        {"sku": "OL-1110", "bin": "A-2", "quantity": "1.5"},
    )
    type_document(page, *lines, reference="ADJ-9002")
    page.get_by_role("button", name="Request only").click()
    page.wait_for_url(re.compile(r"/adjust/requests/[0-9a-f-]{36}/$"))


def list_requests(page: Page) -> None:
    """One that waits and one that was declined, in the list."""
    ask_for_adjustment(page)
    page.get_by_label("Note").fill("Look behind the shelf first")
    page.get_by_role("button", name="Decline").click()
    page.get_by_text("Stock did not change").wait_for()
    page.goto("/adjust/")
    ask_for_adjustment(page)
    page.goto("/adjust/requests/")


def refuse_reason(page: Page) -> None:
    """A reason that already exists."""
    page.get_by_label("Code").fill("FOUND")
    page.get_by_role("button", name="Add reason").click()
    page.get_by_role("alert").wait_for()


def import_receipts(page: Page) -> None:
    """A file of three deliveries, on the page of its batch."""
    rows = [f"PO-98{number},2026-03-02,ALDER,CH-1100,SHOP,A-1,{number},14.20" for number in (11, 12, 13)]
    paste(page, "receive", *rows)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/ledger/batches/**")


def ask_to_reverse_batch(page: Page) -> None:
    """The question before an import is taken back."""
    paste(page, "receive", "PO-9821,2026-03-02,ALDER,CH-1100,SHOP,A-1,5,14.20")
    page.get_by_role("button", name="Import", exact=True).click()
    ask_to_reverse(page)


def reverse_batch(page: Page) -> None:
    """An import that was taken back."""
    rows = [f"PO-98{number},2026-03-02,ALDER,CH-1100,SHOP,A-1,{number},14.20" for number in (31, 32)]
    paste(page, "receive", *rows)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/ledger/batches/**")
    if page.get_by_role("button", name="Reverse").count():
        reverse(page)


def paste(page: Page, kind: str, *rows: str) -> None:
    """The lines of a file, below its header."""
    paste_text(page, "\n".join([HEADERS[kind], *rows, ""]))


def paste_text(page: Page, text: str) -> None:
    """Any text, in place of a file."""
    place = page.get_by_label("Or paste it here")
    # Waits for the field: after a click on a link, the page before may still be shown.
    place.evaluate("field => { field.closest('details').open = true }")
    place.fill(text)


def ask_to_reverse(page: Page) -> None:
    """The question before something is taken back."""
    page.get_by_role("button", name="Reverse").click()
    page.get_by_role("dialog").wait_for()


def reverse(page: Page, *, note: str = "Entered twice") -> None:
    """Take back what the page shows."""
    ask_to_reverse(page)
    page.get_by_role("dialog").get_by_label("Note").fill(note)
    page.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    page.get_by_text("reversed").first.wait_for()


def post_adjustment(page: Page) -> None:
    """An adjustment, on the page of its posting."""
    type_document(page, {"sku": "CH-1100", "bin": "A-1", "quantity": "2"}, reference="ADJ-9003")
    page.get_by_role("button", name="Post adjustment").click()
    page.get_by_text("is now in the ledger").wait_for()


def reverse_posting(page: Page) -> None:
    """A posting that was reversed."""
    post_adjustment(page)
    position = page.url
    reverse(page)
    page.goto(position)


def see_reversal(page: Page) -> None:
    """The mirror image of a posting."""
    post_adjustment(page)
    reverse(page)


def refuse_reversal(page: Page) -> None:
    """A receipt cannot be reversed after its stock was issued."""
    line = {"sku": "CH-1100", "bin": "A-7", "quantity": "2"}
    type_document(page, line, reference="ADJ-9004")
    page.get_by_role("button", name="Post adjustment").click()
    page.get_by_text("is now in the ledger").wait_for()
    position = page.url
    page.goto("/issue/")
    type_document(page, line, reference="SO-9003")
    page.get_by_role("button", name="Post issue").click()
    page.get_by_text("is now in the ledger").wait_for()
    page.goto(position)
    ask_to_reverse(page)
    page.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    page.get_by_role("heading", name="What prevents the reversal").wait_for()
