"""The trail in a browser: an event of a hub where the reader does not work, and a whole event with its links."""

from __future__ import annotations

import os
from collections.abc import Callable

from guardian.shortcuts import assign_perm
from playwright.sync_api import Page, expect

from inventory.models import Hub
from ledger.models import Kind
from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.factories import people
from tests.factories.documents import import_rows


def test_what_concerns_another_hub_is_withheld_and_said_to_be(
    shop: Tenant, open_as: Callable[..., Page]
) -> None:
    act = people.act_of(people.person("owner", shop), shop)
    position = import_rows(act, Kind.RECEIPT, "PO-1,2026-03-02,ACME,BOLT,SOUTH,A-1,10,2").positions[0]
    limited = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, Hub.objects.get(code="NORTH"))

    page = open_as(user=limited)
    page.goto("/audit/?action=ledger.receipt.import")
    row = page.locator("details.event")
    expect(row).to_contain_text("Another hub")
    row.locator("summary").click()
    expect(row).to_contain_text("This event concerns a hub where you do not work.")
    expect(page.get_by_text("SOUTH")).to_have_count(0)
    _look(page, "trail-withheld")

    page = open_as("owner")
    page.goto("/audit/?action=ledger.receipt.import")
    page.locator("details.event summary").click()
    expect(page.get_by_role("link", name=str(position), exact=True)).to_be_visible()
    expect(page.get_by_text("This event concerns a hub")).to_have_count(0)
    _look(page, "trail-whole")


def _look(page: Page, name: str) -> None:
    """Nothing serious in either theme, at any width; with ASORA_PHOTOGRAPHS, for people to look at."""
    assert faults_of(page) == []
    if folder := os.environ.get("ASORA_PHOTOGRAPHS"):
        page.screenshot(path=f"{folder}/{name}-390-dark.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.screenshot(path=f"{folder}/{name}-1440-light.png", full_page=True)
