"""What is done on a page of the moves and counts before it is looked at: a form refused, a dialog open, a file posted.

Everything fits the demo's data and may be done once more: what it leaves behind is what the next one stands on.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page
from pyotp import TOTP

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
    """All is well but what is there."""
    type_document(page, {"sku": "CH-1100", "bin": "A-1", "quantity": MUCH}, reference="SO-9002")
    page.get_by_role("button", name="Post issue").click()
    page.get_by_role("alert").wait_for()


def refuse_transfer(page: Page) -> None:
    """More than there is, and a bin that is not there."""
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
    page.get_by_text("Nothing was moved").wait_for()
    page.goto("/adjust/")
    ask_for_adjustment(page)
    page.goto("/adjust/requests/")


def refuse_reason(page: Page) -> None:
    """A reason that exists already."""
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
    page.locator("details.disclosure").evaluate_all("all => all.forEach(one => { one.open = true })")
    page.get_by_label("Or paste it here").fill(text)


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
    page.get_by_text("is in the ledger for good").wait_for()


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
    """What came cannot be taken back once it went."""
    line = {"sku": "CH-1100", "bin": "A-7", "quantity": "2"}
    type_document(page, line, reference="ADJ-9004")
    page.get_by_role("button", name="Post adjustment").click()
    page.get_by_text("is in the ledger for good").wait_for()
    position = page.url
    page.goto("/issue/")
    type_document(page, line, reference="SO-9003")
    page.get_by_role("button", name="Post issue").click()
    page.get_by_text("is in the ledger for good").wait_for()
    page.goto(position)
    ask_to_reverse(page)
    page.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    page.get_by_role("heading", name="What prevents the reversal").wait_for()


def open_count(page: Page) -> None:
    """A blind count of two bins."""
    page.get_by_label("What it is called").fill("Chains and oil")
    page.get_by_label("Hub").select_option(HUB)
    page.get_by_label("Bins").fill("A-1 A-2 A-3")
    page.get_by_role("button", name="Open count").click()
    page.get_by_label("Scan").wait_for()
    page.wait_for_load_state("networkidle")  # a scanner is faster than the page's scripts


def count_one_bin(page: Page) -> None:
    """Halfway through: a bin with a figure in its first line."""
    open_count(page)
    scan(page, "A-1")
    page.get_by_role("heading", name="Bin A-1").wait_for()
    figure = page.locator("[data-count-figure] [name=quantity]").first
    figure.fill("7")
    figure.press("Enter")
    page.locator("#scan-result .icon-check, #scan-result svg").first.wait_for()


def scan_nonsense(page: Page) -> None:
    """A scan that means nothing here."""
    open_count(page)
    scan(page, "A-1", "NONSENSE")
    page.locator("#scan-result .error").wait_for()


def hand_in(page: Page) -> None:
    """A count with a variance and lines that were left out, before its approver."""
    count_one_bin(page)
    page.get_by_label("uncounted").check()
    page.get_by_role("button", name="Hand in for approval").click()
    page.wait_for_url("**/review/")


def ask_to_approve(page: Page) -> None:
    """The question before a count is posted."""
    hand_in(page)
    page.get_by_role("button", name="Approve and post").first.click()
    page.locator("#approve").wait_for()


def approve(page: Page) -> None:
    """A count that was posted."""
    ask_to_approve(page)
    page.locator("#approve").get_by_role("button", name="Approve and post").click()
    page.get_by_text("is in the ledger for good").wait_for()


def send_back(page: Page) -> None:
    """A count that waits for a recount, as its approver sees it."""
    hand_in(page)
    page.locator("[name=line]").first.check()
    page.get_by_role("button", name="Send chosen lines back").click()
    page.get_by_text("Still being counted").wait_for()


def see_variance(page: Page) -> None:
    """The posting of a count."""
    approve(page)
    page.locator("main a[href^='/ledger/']").first.click()
    page.wait_for_url(re.compile(r"/ledger/\d+/$"))


def scan(page: Page, *codes: str) -> None:
    """As a scanner types: code, Enter, code, Enter, without waiting for anybody."""
    page.get_by_label("Scan").focus()
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


#: Who signs in where something is seen on the way; the photographs put the demo's people here.
VISITOR = {"host": "example.com", "password": "correct horse battery", "with_app": "counter@example.com"}


def begin_as_operator(page: Page) -> None:
    """The first step of the first sign-in of somebody who needs an app: the app is to be set up."""
    page.get_by_label("E-mail").fill(f"platform_lead@{VISITOR['host']}")
    page.get_by_role("textbox", name="Password").fill(VISITOR["password"])
    page.get_by_role("button", name="Sign in").click()
    page.locator(".app-to-scan").wait_for()


def mistype_code(page: Page) -> None:
    """And a code that is not the one."""
    begin_as_operator(page)
    page.locator("[name=one_time_code]").fill("000000")
    page.get_by_role("button", name="Set up and sign in").click()
    page.get_by_role("alert").wait_for()


def go_to_tenant(page: Page) -> None:
    """The page of the tenant with the demo's data."""
    page.get_by_role("link", name="Birch & Daughters").first.click()
    page.get_by_role("heading", name="Plan and usage").wait_for()


def ask_for_plan(page: Page) -> None:
    """The form for another plan of it."""
    go_to_tenant(page)
    page.get_by_role("link", name="Change the plan", exact=True).click()
    page.get_by_label("Reason").wait_for()


def refuse_plan(page: Page) -> None:
    """The plan that it has, and no reason."""
    ask_for_plan(page)
    page.get_by_role("radio", name="Free").check()
    page.get_by_role("button", name="Change the plan").click()
    page.get_by_role("alert").wait_for()


def refuse_password(page: Page) -> None:
    """A password that is not the present one."""
    for label, text in (("Current password", "a guess"), ("New password", "another horse battery")):
        page.get_by_label(label).fill(text)
    page.get_by_label("Repeat the new password").fill("another horse")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("alert").wait_for()


def confirm_with_something_sent(page: Page) -> None:
    """A fresh proof after a form was sent: what it held is sent again by a button."""
    for name, value in {"is_sent": "True", "next": "/settings/security/", "carried": "note=kept"}.items():
        page.locator(f"[name={name}]").evaluate("(field, value) => { field.value = value }", value)
    page.get_by_role("textbox", name="Password").fill(VISITOR["password"])
    page.get_by_role("button", name="Confirm and continue").click()
    page.get_by_role("button", name="Send again").wait_for()


#: The recovery codes of the one who has an app, each good once.
KEPT: list[str] = []


def ask_for_code(page: Page) -> None:
    """The second step of somebody who has an app; set up on the way, the first time."""
    _give_password(page)
    if "/code/" not in page.url:
        page.goto("/settings/security/app/")
        secret = page.locator(".key code").inner_text().replace(" ", "")
        page.locator("[name=one_time_code]").fill(TOTP(secret).now())
        page.get_by_role("button", name="Set up app").click()
        _keep_codes(page)
        _give_password(page)
    page.locator("[name=one_time_code]").wait_for()


def ask_for_recovery_code(page: Page) -> None:
    """The same without the phone."""
    ask_for_code(page)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").wait_for()


def renew_codes(page: Page) -> None:
    """In by a code from paper, to new ones."""
    ask_for_recovery_code(page)
    page.get_by_label("Recovery code").fill(KEPT.pop())
    page.get_by_role("button", name="Sign in").click()
    page.goto("/settings/security/recovery-codes/")
    page.get_by_role("button", name="Make new codes").click()
    _keep_codes(page)


def list_devices(page: Page) -> None:
    """Their page of security: an app, codes, devices."""
    renew_codes(page)
    page.goto("/settings/security/")


def lose_the_session(page: Page) -> None:
    """A form that is sent after the session has ended: the sign-in says that it is kept."""
    renew_codes(page)
    page.goto("/counts/new/")
    page.get_by_label("Items").fill("CH-1100, OL-1110")
    page.context.clear_cookies(name="asora_session")
    page.get_by_role("button", name="Open count").click()
    page.get_by_label("E-mail").wait_for()


def find_the_form_again(page: Page) -> None:
    """After the sign-in, with everything typed."""
    lose_the_session(page)
    _type_password(page)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(KEPT.pop())
    page.get_by_role("button", name="Sign in").click()
    page.locator(".typed").wait_for()


def _give_password(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in/")
    _type_password(page)


def _type_password(page: Page) -> None:
    page.get_by_label("E-mail").fill(VISITOR["with_app"])
    page.get_by_role("textbox", name="Password").fill(VISITOR["password"])
    page.get_by_role("button", name="Sign in").click()


def _keep_codes(page: Page) -> None:
    page.locator(".recovery-codes").wait_for()
    KEPT[:] = page.locator(".recovery-codes code").all_inner_texts()


def ask_for_link(page: Page) -> None:
    """To a new password, for an address that nobody here has."""
    page.get_by_label("E-mail").fill("somebody@example.net")
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("heading", name="Check your e-mail").wait_for()
