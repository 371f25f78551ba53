"""A figure typed in a count: saved on leaving its field, kept when the bin changes, with its error at its line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from ledger.models import CountReading, CountSession
from plans.models import Tenant
from tests.factories import people
from tests.factories.counts import start
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import make_master_data
from tests.fixture_types import Open

Sheet = tuple[Page, CountSession]

# Answers come late, as over a slow network; what is typed and clicked meanwhile is not.
SLOW = """() => {
  const real = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    const answer = await real(...request);
    await new Promise((resolve) => setTimeout(resolve, 400));
    return answer;
  };
}"""


@pytest.fixture
def sheet(committed_tenant: Callable[..., Tenant], open_as: Open) -> Sheet:
    """The counter's sheet of bin A-1 in NORTH: bolts and oil in it, cable in A-2."""
    tenant = committed_tenant()
    master_data = make_master_data()

    def act(role: str) -> object:
        return people.act_of(people.person(role, tenant), tenant)

    lines = (
        line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
        line(master_data, "OIL", "NORTH/A-1", "7.25", "3", number=2),
        line(master_data, "CABLE", "NORTH/A-2", "20", "1", number=3),
    )
    deliver(act("owner"), master_data, receipt(master_data, *lines))
    session = start(act("counter"), master_data)
    page = open_as("counter")
    page.goto(f"/counts/{session.pk}/?bin=A-1", wait_until="networkidle")
    return page, session


def field(page: Page, sku: str) -> Locator:
    return page.get_by_label(f"Counted quantity of {sku}")


def found() -> dict[str, str]:
    """SKU to what was saved."""
    readings = CountReading.objects.select_related("line__item")
    return {reading.line.item.sku: f"{reading.quantity.normalize():f}" for reading in readings}


def test_it_is_saved_on_leaving_its_field(sheet: Sheet) -> None:
    page, _session = sheet
    field(page, "BOLT").fill("9")
    with page.expect_response("**/record/"):
        field(page, "OIL").focus()
    expect(page.get_by_role("status")).to_contain_text("BOLT")
    expect(field(page, "OIL")).to_be_focused()  # saving moves nobody away
    assert found() == {"BOLT": "9"}
    # Leaving it as it is saves nothing again.
    field(page, "BOLT").focus()
    field(page, "OIL").focus()
    page.wait_for_load_state("networkidle")
    assert CountReading.objects.count() == 1


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_click_on_another_bin_saves_it_first(sheet: Sheet, is_slow: bool) -> None:
    page, _session = sheet
    if is_slow:
        page.evaluate(SLOW)
    field(page, "BOLT").fill("9")
    page.get_by_role("link", name="A-2").click(delay=150)
    expect(page.get_by_role("heading", name="Bin A-2")).to_be_visible()
    assert found() == {"BOLT": "9"}


def test_a_scan_of_another_bin_saves_it_first(sheet: Sheet) -> None:
    page, _session = sheet
    page.evaluate(SLOW)
    field(page, "BOLT").fill("9")
    page.get_by_label("Scan").focus()
    for code in ("A-2", "CABLE"):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bin A-2")).to_be_visible()
    expect(field(page, "CABLE")).to_be_focused()
    assert found() == {"BOLT": "9"}


def test_handing_in_saves_it_first(sheet: Sheet) -> None:
    page, session = sheet
    page.evaluate(SLOW)
    page.get_by_label("uncounted").check()
    field(page, "BOLT").fill("9")
    page.get_by_role("button", name="Hand in for approval").click()
    expect(page.get_by_text("was handed in").first).to_be_visible()
    session.refresh_from_db()
    assert (session.state, found()) == ("submitted", {"BOLT": "9"})


def test_what_is_refused_stays_with_its_error_at_its_line(sheet: Sheet) -> None:
    """It keeps the bin: scans wait and links are not followed until it is corrected."""
    page, _session = sheet
    field(page, "BOLT").fill("9.5")
    page.get_by_label("Scan").focus()
    row = page.get_by_role("row").filter(has_text="BOLT")
    expect(row.locator(".error")).to_contain_text("QUANTITY_TOO_PRECISE")
    expect(field(page, "BOLT")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("row").filter(has_text="OIL").locator(".error")).to_have_count(0)
    page.get_by_label("Scan").focus()
    page.keyboard.type("A-2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Correct or clear it first")).to_be_visible()
    page.get_by_role("link", name="A-2").click()
    expect(field(page, "BOLT")).to_be_focused()
    expect(page.get_by_role("heading", name="Bin A-1")).to_be_visible()
    expect(field(page, "BOLT")).to_have_value("9.5")
    assert found() == {}

    field(page, "BOLT").fill("9")
    page.keyboard.press("Enter")
    # The scan that waited goes on by itself.
    expect(page.get_by_role("heading", name="Bin A-2")).to_be_visible()
    assert found() == {"BOLT": "9"}


def test_who_clears_what_was_refused_goes_on(sheet: Sheet) -> None:
    page, _session = sheet
    field(page, "BOLT").fill("many")
    field(page, "BOLT").press("Enter")
    expect(page.get_by_role("row").filter(has_text="BOLT").locator(".error")).to_be_visible()
    field(page, "BOLT").fill("")
    page.get_by_role("link", name="A-2").click()
    expect(page.get_by_role("heading", name="Bin A-2")).to_be_visible()
    assert found() == {}


def test_without_scripts_the_error_is_at_its_line_too(sheet: Sheet, open_as: Open) -> None:
    _page, session = sheet
    page = open_as("counter", java_script_enabled=False)
    page.goto(f"/counts/{session.pk}/?bin=A-1")
    row = page.get_by_role("row").filter(has_text="BOLT")
    field(page, "BOLT").fill("9.5")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".error")).to_contain_text("QUANTITY_TOO_PRECISE")
    expect(field(page, "BOLT")).to_have_value("9.5")
