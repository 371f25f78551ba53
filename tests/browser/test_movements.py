"""Issues, transfers and adjustments as they are made: by keyboard, between hubs, by two people, and by file."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from asora.kernel.refusals import Refusal
from ledger.adjustments.actions.requests import post_request
from ledger.models import AdjustmentRequest, Entry, Kind, Posting
from plans.models import Tenant
from tests.browser.page_states.stock import paste
from tests.factories import people
from tests.factories.documents import import_rows
from tests.factories.master_data import make_master_data
from tests.fixture_types import Open
from tests.ledger.balances import bins, hubs

FOR_GOOD = "is now in the ledger"


def stock(tenant: Tenant) -> None:
    """Ten bolts at 2 and 7.5 litres of oil at 3, in two bins of NORTH."""
    act = people.act_of(people.person("owner", tenant), tenant)
    rows = ("PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,2", "PO-1,2026-03-02,ACME,OIL,NORTH,A-2,7.5,3")
    import_rows(act, Kind.RECEIPT, *rows)


def press(page: Page, *keys: str) -> None:
    """Type each text and end it with Enter, as a scanner does; `Tab` and key combinations are pressed."""
    for key in keys:
        if key == "Tab" or "+" in key[1:]:
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)
            page.keyboard.press("Enter")


def values(page: Page, *names: str) -> list[list[str]]:
    """The values of these columns, line by line."""
    lines = page.locator("[data-line]:visible")
    return [
        [lines.nth(number).locator(f"[name$=-{name}]").input_value() for name in names]
        for number in range(lines.count())
    ]


def test_an_issue_is_refused_at_its_line_and_put_right_without_a_mouse(shop: Tenant, open_as: Open) -> None:
    stock(shop)
    page = open_as("receiver")
    page.goto("/issue/")
    page.get_by_label("Reference").focus()
    page.keyboard.type("WO-7")
    page.get_by_label("Note").fill("for the workshop")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "4", "OIL", "8")  # the bin is carried over: there is no oil in A-1
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    refused = page.locator("[data-line].is-refused")
    expect(refused).to_have_count(1)
    expect(refused.locator("[name$=-sku]")).to_have_value("OIL")
    expect(refused.locator(".line-refusal")).to_contain_text(
        "Not enough OIL in bin NORTH/A-1: 8 needed, 0 available."
    )
    expect(refused.locator(".line-refusal")).to_contain_text("INSUFFICIENT_STOCK")
    assert values(page, "sku", "bin", "quantity")[:2] == [["BOLT", "A-1", "4"], ["OIL", "A-1", "8"]]
    expect(page.get_by_label("Reference")).to_have_value("WO-7")
    expect(page.get_by_label("Note")).to_have_value("for the workshop")
    assert bins() == {"BOLT NORTH/A-1": 10, "OIL NORTH/A-2": Decimal("7.5")}

    page.get_by_role("alert").get_by_role("link", name="Line 2").focus()
    page.keyboard.press("Enter")  # leads into the line that it is about
    line = page.locator("[data-line].is-refused")
    line.locator("[name$=-bin]").fill("A-2")
    line.locator("[name$=-quantity]").fill("7.5")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text(FOR_GOOD)).to_be_visible()
    assert bins() == {"BOLT NORTH/A-1": 6}
    assert Posting.objects.get(kind=Kind.ISSUE).note == "for the workshop"


def test_the_refusal_leads_to_the_field_it_is_about(shop: Tenant, open_as: Open) -> None:
    stock(shop)
    page = open_as("receiver")
    page.goto("/issue/")
    page.get_by_label("Reference").fill("WO-8")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "11", "Control+Enter")

    page.get_by_role("alert").get_by_role("link", name="Line 1").click()
    expect(page.locator("[name=lines-0-quantity]")).to_be_focused()


def test_a_transfer_between_hubs_carries_its_value(shop: Tenant, open_as: Open) -> None:
    stock(shop)
    page = open_as("receiver")
    page.goto("/transfer/")
    page.get_by_label("Reference").fill("MV-1")
    page.get_by_label("From hub").select_option("NORTH")
    page.get_by_label("To hub").select_option("SOUTH")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "DOCK", "6", "Control+Enter")

    expect(page.get_by_text(FOR_GOOD)).to_be_visible()
    expect(page.get_by_role("cell", name="NORTH/A-1")).to_be_visible()
    expect(page.get_by_role("cell", name="SOUTH/DOCK")).to_be_visible()
    assert bins() == {"BOLT NORTH/A-1": 4, "BOLT SOUTH/DOCK": 6, "OIL NORTH/A-2": Decimal("7.5")}
    assert hubs()["BOLT SOUTH"] == (6, 12)


def test_an_adjustment_says_why(shop: Tenant, open_as: Open) -> None:
    stock(shop)
    page = open_as("manager")
    page.goto("/adjust/")
    page.get_by_label("Reference").fill("ADJ-1")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "-3", "Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Reason")
    assert values(page, "sku", "bin", "quantity")[0] == ["BOLT", "A-1", "-3"]

    page.get_by_label("Reason").select_option("DAMAGED")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text(FOR_GOOD)).to_be_visible()
    expect(page.get_by_text("DAMAGED")).to_be_visible()
    assert bins()["BOLT NORTH/A-1"] == 7
    assert Posting.objects.get(kind=Kind.ADJUSTMENT).reason == "DAMAGED"


@pytest.fixture
def segregated(committed_tenant: Callable[..., Tenant]) -> Tenant:
    """A throw-away tenant of four eyes, with stock."""
    tenant = committed_tenant(role_model="segregated")
    make_master_data()
    stock(tenant)
    return tenant


def request_adjustment(page: Page) -> AdjustmentRequest:
    page.goto("/adjust/")
    page.get_by_label("Reference").fill("ADJ-1")
    page.get_by_label("Reason").select_option("FOUND")
    page.locator("[name=lines-0-sku]").focus()
    press(page, "BOLT", "A-1", "3")
    expect(page.get_by_role("button", name="Post adjustment")).to_have_count(0)
    page.get_by_role("button", name="Request adjustment").click()
    expect(page.get_by_text("Stock does not change until someone posts the request.")).to_be_visible()
    return AdjustmentRequest.objects.get()


def test_one_asks_and_another_posts(segregated: Tenant, open_as: Open) -> None:
    asked = request_adjustment(open_as("receiver"))
    assert not Entry.objects.filter(kind=Kind.ADJUSTMENT).exists()

    page = open_as("approver")
    page.goto("/adjust/requests/")
    page.get_by_role("link", name="ADJ-1").click()
    expect(page.get_by_text("Receiver")).to_be_visible()
    page.get_by_label("Note").fill("seen with my own eyes")
    page.get_by_role("button", name="Post adjustment").click()

    expect(page.get_by_text(FOR_GOOD)).to_be_visible()
    assert bins()["BOLT NORTH/A-1"] == 13
    asked.refresh_from_db()
    assert asked.decision_note == "seen with my own eyes"
    assert asked.posting_id == Posting.objects.get(kind=Kind.ADJUSTMENT).position


def test_who_asked_does_not_post(segregated: Tenant, open_as: Open) -> None:
    """The owner may post adjustments, but not their own: the page offers no button, and a forged click is refused."""
    page = open_as("owner")
    asked = request_adjustment(page)
    expect(page.get_by_text("You requested this adjustment, so someone else must post it.")).to_be_visible()
    expect(page.get_by_role("button", name="Post adjustment")).to_have_count(0)

    page.get_by_role("button", name="Decline").evaluate(
        "(button, address) => button.setAttribute('formaction', address)",
        f"/adjust/requests/{asked.pk}/post/",
    )
    page.get_by_role("button", name="Decline").click()
    expect(page.locator("#refusal")).to_contain_text("FOUR_EYES")
    asked.refresh_from_db()
    assert asked.state == AdjustmentRequest.State.REQUESTED
    assert bins()["BOLT NORTH/A-1"] == 10

    act = people.act_of(people.person("owner", segregated), segregated)
    with pytest.raises(Refusal) as refused:
        post_request(act, request=asked)
    assert refused.value.reason == "FOUR_EYES"


def test_a_file_of_issues_is_put_right_and_imported_once(shop: Tenant, open_as: Open) -> None:
    stock(shop)
    page = open_as("receiver")
    page.goto("/issue/")
    page.get_by_role("link", name="From a file").click()
    good = ("WO-1,2026-03-02,BOLT,NORTH,A-1,4", "WO-1,2026-03-02,OIL,NORTH,A-2,2.5")
    paste(page, "issue", *good, "WO-2,2026-03-02,BOLT,NORTH,A-1,7")
    page.get_by_role("button", name="Import", exact=True).click()

    row = page.locator("#refused-lines tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("4")  # the line in the file, its header counted
    expect(row).to_contain_text("Not enough BOLT in bin NORTH/A-1: 7 needed, 6 available.")
    expect(row).to_contain_text("INSUFFICIENT_STOCK")
    assert "WO-2" in page.get_by_label("or paste it here").input_value()
    assert bins()["BOLT NORTH/A-1"] == 10

    paste(page, "issue", *good, "WO-2,2026-03-02,BOLT,NORTH,A-1,6")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="What would be posted")).to_be_visible()
    assert bins()["BOLT NORTH/A-1"] == 10
    page.get_by_role("button", name="Import 2 documents").click()
    expect(page.get_by_text("2 documents with 3 lines were posted")).to_be_visible()
    assert bins() == {"OIL NORTH/A-2": 5}

    page.goto("/issue/import/")
    paste(page, "issue", *good, "WO-2,2026-03-02,BOLT,NORTH,A-1,6")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Nothing was posted. Every document")).to_be_visible()
    assert Posting.objects.filter(kind=Kind.ISSUE).count() == 2
