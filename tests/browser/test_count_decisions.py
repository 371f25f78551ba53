"""Deciding a count in the browser: corrected after it was counted, superseded by another count."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from plans.models import Tenant
from tests.factories import people
from tests.factories.counts import adjust_by, approve, counted, left_in
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Open

MINUS = "\N{MINUS SIGN}"


def stocked(tenant: Tenant) -> tuple[MasterData, Callable[[], object]]:
    """Ten bolts in A-1 and oil in A-2; and an act of the manager."""
    master_data = make_master_data()

    def act() -> object:
        return people.act_of(people.person("manager", tenant), tenant)

    lines = (
        line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
        line(master_data, "OIL", "NORTH/A-2", "7.25", "3", number=2),
    )
    deliver(act(), master_data, receipt(master_data, *lines))
    return master_data, act


def test_the_same_loss_or_another_one(committed_tenant: Callable[..., Tenant], open_as: Open) -> None:
    """The buttons show both outcomes; approving before is refused, and afterwards it books the decision."""
    master_data, act = stocked(committed_tenant())
    session = counted(act(), master_data, "8")
    position = adjust_by(act(), master_data, "-2")
    page = open_as("manager")
    page.goto(f"/counts/{session.pk}/review/")
    row = page.get_by_role("row").filter(has_text="BOLT")
    expect(row.get_by_role("link", name=f"#{position}")).to_be_visible()
    expect(row.get_by_role("button", name="Same loss: 8 pcs")).to_be_visible()
    expect(row.get_by_role("button", name="Another loss: 6 pcs")).to_be_visible()

    page.get_by_role("button", name="Approve and post").click()
    page.locator("#approve").get_by_role("button", name="Approve and post").click()
    expect(page.locator("#refusal")).to_contain_text("1 line was corrected after it was counted")

    page.get_by_role("button", name="Same loss").click()
    page.get_by_role("link", name="All").click()
    expect(page.get_by_role("row").filter(has_text="BOLT")).to_contain_text("same difference")
    page.get_by_role("button", name="Approve and post").click()
    page.locator("#approve").get_by_role("button", name="Approve and post").click()
    expect(page.get_by_text("is now in the ledger")).to_be_visible()
    assert left_in(master_data) == 8


def test_a_count_that_another_one_superseded(committed_tenant: Callable[..., Tenant], open_as: Open) -> None:
    """It names the posting, and changes nothing."""
    master_data, act = stocked(committed_tenant())
    early, late = counted(act(), master_data, "9"), counted(act(), master_data, "8")
    page = open_as("manager")
    page.goto(f"/counts/{early.pk}/review/")
    expect(page.get_by_text("Another open count covers the same places")).to_be_visible()
    position = approve(act(), late)
    # A page from before decides nothing.
    page.get_by_role("button", name="Approve and post").click()
    page.locator("#approve").get_by_role("button", name="Approve and post").click()
    expect(page.locator("#refusal")).to_contain_text("check it again")
    expect(page.get_by_role("link", name=f"posting {position}")).to_be_visible()
    assert left_in(master_data) == 8


def test_enter_in_the_note_decides_nothing(committed_tenant: Callable[..., Tenant], open_as: Open) -> None:
    """It sends back what was ticked, as the button beside it does, although buttons that decide come before it."""
    master_data, act = stocked(committed_tenant())
    session = counted(act(), master_data, "8")
    adjust_by(act(), master_data, "-2")
    page = open_as("manager")
    page.goto(f"/counts/{session.pk}/review/")
    expect(page.get_by_role("button", name="Same loss")).to_be_visible()
    page.get_by_label("BOLT").check()
    page.locator(".count-note").fill("look again")
    page.locator(".count-note").press("Enter")
    expect(page.get_by_text("Still being counted")).to_be_visible()
    line_ = session.lines.get(item__sku="BOLT")
    assert (line_.round, line_.decision) == (2, "")
