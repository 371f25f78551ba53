"""A complete blind count in the browser: scanning as fast as a scanner, recount, a second look, approval."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Bin, Hub, Item, Vendor
from ledger.models import BinBalance, CountReading, CountSession, Posting
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.fixture_types import Open

# The server has counted it, but its answer is lost.
LOSE_ONE_ANSWER = """() => {
  const real = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    await real(...request);
    globalThis.fetch = real;
    throw new TypeError("lost");
  };
}"""


@pytest.fixture
def stocked(shop: Tenant) -> MasterData:
    """The shop with 12 bolts in A-1 and oil in A-2."""
    hubs = {hub.code: hub for hub in Hub.objects.all()}
    master_data = MasterData(
        north=hubs["NORTH"],
        south=hubs["SOUTH"],
        bins={bin_.address: bin_ for bin_ in Bin.objects.select_related("hub")},
        vendor=Vendor.objects.get(code="ACME"),
        banned=Vendor.objects.get(code="BANNED"),
        items={item.sku: item for item in Item.objects.all()},
    )
    act = people.act_of(people.person("owner", shop), shop)
    draft = receipt(
        master_data,
        line(master_data, "BOLT", "NORTH/A-1", "4321", "2"),
        line(master_data, "OIL", "NORTH/A-2", "7.25", "3", number=2),
    )
    deliver(act, master_data, draft)
    return master_data


def scan(page: Page, *codes: str) -> None:
    """As a scanner types: code, Enter, code, Enter, without waiting for anybody."""
    page.get_by_label("Scan").focus()
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def open_count(page: Page) -> None:
    page.goto("/counts/")
    page.get_by_role("link", name="New count").first.click()
    page.get_by_label("Title").fill("Aisle A")
    page.get_by_label("Hub").select_option("NORTH")
    page.get_by_role("button", name="Open count").click()
    expect(page.get_by_label("Scan")).to_be_visible()
    page.wait_for_load_state("networkidle")  # a scanner is faster than the page's scripts


def test_a_blind_count_with_recount(stocked: MasterData, open_as: Open) -> None:
    counter = open_as("counter")
    open_count(counter)
    scan(counter, "A-1", *["BOLT"] * 6)
    figure = counter.get_by_label("Counted quantity of BOLT")
    expect(figure).to_have_value("6")
    figure.fill("4300")
    figure.press("Enter")
    scan(counter, "A-2")
    expect(counter.get_by_role("heading", name="Bin A-2")).to_be_visible()
    scan(counter, "OIL")  # what is measured opens its line instead of adding one
    expect(counter.get_by_label("Counted quantity of OIL")).to_be_focused()
    counter.keyboard.type("7.25")
    counter.keyboard.press("Enter")
    expect(counter.get_by_text("2 of 2")).to_be_visible()
    assert "4,321" not in counter.content()
    counter.get_by_role("button", name="Hand in for approval").click()
    expect(counter.get_by_text("CC-00001 was handed in")).to_be_visible()

    manager = open_as("manager")
    manager.goto("/counts/")
    manager.get_by_role("link", name="CC-").click()
    manager.get_by_role("link", name="Review").or_(
        manager.get_by_role("heading", name="Aisle A")
    ).first.wait_for()
    expect(manager.get_by_text("4,321")).to_be_visible()
    manager.get_by_label("BOLT").check()
    manager.get_by_role("button", name="Send selected lines back").click()
    expect(manager.get_by_text("Still being counted")).to_be_visible()
    assert "4,321" not in manager.content()

    counter.reload(wait_until="networkidle")
    scan(counter, "A-1")
    figure = counter.get_by_label("Counted quantity of BOLT")
    expect(figure).to_have_value("")
    figure.fill("4319")
    figure.press("Enter")
    expect(counter.get_by_role("status")).to_contain_text("BOLT")
    counter.get_by_role("button", name="Hand in for approval").click()

    manager.reload()
    manager.get_by_role("button", name="Approve and post").click()
    manager.locator("#approve").get_by_role("button", name="Approve and post").click()
    expect(manager.get_by_text("is now in the ledger")).to_be_visible()
    assert BinBalance.objects.get(item__sku="BOLT").quantity == 4319
    assert BinBalance.objects.get(item__sku="OIL").quantity == 7.25
    assert Posting.objects.get(kind="count").entries.count() == 2


def test_without_scripts(stocked: MasterData, open_as: Open) -> None:
    """The same by plain forms."""
    page = open_as("counter", java_script_enabled=False)
    open_count(page)
    for code in ("A-1", "BOLT", "BOLT"):
        page.get_by_label("Scan").fill(code)
        page.get_by_role("button", name="Enter").click()
    expect(page.get_by_label("Counted quantity of BOLT")).to_have_value("2")
    page.get_by_label("Scan").fill("NONSENSE")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_text("Neither an item nor a bin")).to_be_visible()
    assert CountReading.objects.get().quantity == 2


def test_a_scan_that_meets_no_network_is_sent_again(stocked: MasterData, open_as: Open) -> None:
    """Nothing scanned is lost, and nothing is counted twice."""
    page = open_as("counter")
    open_count(page)
    scan(page, "A-1", "BOLT")
    expect(page.get_by_label("Counted quantity of BOLT")).to_have_value("1")
    page.evaluate(LOSE_ONE_ANSWER)
    scan(page, "BOLT", "BOLT")
    expect(page.get_by_label("Counted quantity of BOLT")).to_have_value("3")
    assert CountReading.objects.get().quantity == 3
    assert CountSession.objects.get().state == "counting"


def test_the_state_follows_the_first_scan_and_the_bin_outlives_a_reload(
    stocked: MasterData, open_as: Open
) -> None:
    page = open_as("counter")
    open_count(page)
    state = page.locator("h1 .badge")
    expect(state).to_have_text("open")
    scan(page, "A-1")
    expect(page.get_by_role("heading", name="Bin A-1")).to_be_visible()
    page.reload(wait_until="networkidle")
    expect(page.get_by_role("heading", name="Bin A-1")).to_be_visible()
    scan(page, "BOLT")
    expect(page.get_by_label("Counted quantity of BOLT")).to_have_value("1")
    expect(state).to_have_text("counting")
    scan(page, "A-2", "OIL")
    expect(page.get_by_label("Counted quantity of OIL")).to_be_focused()
    page.reload(wait_until="networkidle")
    expect(page.get_by_role("heading", name="Bin A-2")).to_be_visible()
    expect(state).to_have_text("counting")
