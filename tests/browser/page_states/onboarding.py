"""Onboarding in a browser: every step as an operator clicks it. Each scene starts a new company."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page

FILES = {
    "categories": "code,name,parent_code\nPARTS,Parts,\nCHAINS,Chains,PARTS\nTYRES,Tyres,PARTS\n",
    "hubs": "code,name\nNORTH,Northgate warehouse\n",
    "bins": "hub_code,code\nNORTH,A-1\nNORTH,A-2\nNORTH,A-3\n",
    "vendors": "code,name,eligible\nALDER,Alder Components,true\n",
    "items": (
        "sku,name,category_code,unit,standard_cost,reorder_point,putaway_bin\n"
        "CH-101,Chain 11-speed,CHAINS,EA,14.20,40,NORTH/A-1\nTY-700,Tyre 700x32,TYRES,EA,31.50,20,NORTH/A-2\n"
    ),
}
NOTES = ("Register entry seen", "About 2,000 items in one hub", "Pro", "Standard", "One hub, aisles A to C")


def begin(page: Page, *, name: str = "Harbour Cycles", slug: str = "") -> None:
    """A new draft, on its checklist."""
    page.goto(urljoin(page.url, "/admin/onboarding/new/"))
    page.get_by_label("Company").fill(name)
    page.get_by_label("Name in addresses").fill(slug or f"harbour-{secrets.token_hex(3)}")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile(r"/admin/onboarding/\d+/"))


def confirm(page: Page) -> None:
    """The five confirmations."""
    for number, note in enumerate(NOTES, start=1):
        form = page.locator(".confirmation form").first
        form.get_by_label("Note").fill(note)
        form.get_by_role("button").click()
        page.locator(f".confirmation.is-done >> nth={number - 1}").wait_for()


def assign(page: Page) -> None:
    """Plan and role model."""
    page.get_by_role("button", name="Assign plan").click()
    page.get_by_role("button", name="Assign role model").first.click()
    page.get_by_role("button", name="Create the tenant").wait_for()


def create_tenant(page: Page) -> None:
    """Its schema and its host name."""
    page.get_by_role("button", name="Create the tenant").click()
    page.get_by_text("is open and has no data yet").wait_for()


def paste(page: Page, step: str, text: str = "") -> None:
    """The lines of a file for one step."""
    place = page.locator(f"#{step}")
    place.get_by_text("Paste the lines instead").click()
    place.locator("textarea").fill(text or FILES[step])


def seed(page: Page, *steps: str) -> None:
    """All five files, or those that are named."""
    for step in steps or FILES:
        paste(page, step)
        page.locator(f"#{step}").get_by_role("button", name="Import").click()
        page.locator(f"#{step}[data-state=done]").wait_for()


def verify(page: Page) -> None:
    """The four rehearsals."""
    page.get_by_role("button", name="Verify").click()
    page.locator(".proof").first.wait_for()


def _all(*steps: Callable[[Page], None]) -> Callable[[Page], None]:
    def play(page: Page) -> None:
        for step in steps:
            step(page)

    return play


def refuse_beginning(page: Page) -> None:
    """A name that is taken."""
    page.get_by_label("Company").fill("Birch and Daughters")
    page.get_by_label("Name in addresses").fill("birch")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("alert").wait_for()


def check_items(page: Page) -> None:
    """The check of a file that would be refused at two lines."""
    paste(page, "categories", "code,name,parent_code\nPARTS,Parts,\nbad code,Bad,\nLOST,Lost,NOWHERE\n")
    page.locator("#categories").get_by_role("button", name="Check the file").click()
    page.locator("#categories .refusal").wait_for()


def check_categories(page: Page) -> None:
    """The check of a file that would be taken."""
    paste(page, "categories")
    page.locator("#categories").get_by_role("button", name="Check the file").click()
    page.get_by_text("would be created").first.wait_for()


def verify_in_vain(page: Page) -> None:
    """Vendors none of which is eligible: receiving is refused."""
    files = FILES | {"vendors": FILES["vendors"].replace("true", "false")}
    for step, text in files.items():
        paste(page, step, text)
        page.locator(f"#{step}").get_by_role("button", name="Import").click()
        page.locator(f"#{step}[data-state=done]").wait_for()
    verify(page)


begun = begin
confirmed = _all(begin, confirm)
assigned = _all(begin, confirm, assign)
created = _all(assigned, create_tenant)
checked = _all(created, check_categories)
refused = _all(created, check_items)
verified = _all(created, seed, verify)
red = _all(created, verify_in_vain)


def listed(page: Page) -> None:
    """The list, with some onboardings in progress."""
    begin(page, name="Alder & Sons")
    created(page)
    page.goto(urljoin(page.url, "/admin/onboarding/"))
