"""The steps on pages of counts before they are checked."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.browser.page_states.stock import HUB


def open_count(page: Page) -> None:
    """A blind count of two bins."""
    page.get_by_label("Title").fill("Chains and oil")
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
    """A scan of an unknown code."""
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
    page.get_by_text("is now in the ledger").wait_for()


def send_back(page: Page) -> None:
    """A count that waits for a recount, as its approver sees it."""
    hand_in(page)
    page.locator("[name=line]").first.check()
    page.get_by_role("button", name="Send selected lines back").click()
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
