"""Low stock: a posting that takes the stock of a hub across its reorder point, downward, once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from audit.events.models import Event
from integrations.types.describe import occurrences
from inventory.actions.items import archive_item, edit_item, restore_item
from ledger.models import Kind
from plans.models import Tenant
from tests.factories import counts, documents
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.integrations.payloads import sent

LOW = "inventory.stock.low.v1"


@pytest.fixture
def ten(master_data: MasterData, act_as: Acts) -> MasterData:
    """10 bolts at NORTH and 10 at SOUTH; the reorder point is 6, at SOUTH 3."""
    bolt, owner = master_data.items["BOLT"], act_as("owner")
    edit_item(
        owner, item=bolt, version=1, reorder_point=Decimal(6), reorder_points={master_data.south: Decimal(3)}
    )
    documents.receive(owner, master_data, ("BOLT", "NORTH/A-1", "10", "2"), ("BOLT", "SOUTH/A-1", "10", "2"))
    return master_data


def low(tenant: Tenant) -> list[dict[str, Any]]:
    """What the last event says about low stock."""
    found = occurrences(Event.objects.filter(outcome="allowed").latest("number"))
    return [sent(each, tenant) for each in found if each.type == LOW]


def places(tenant: Tenant) -> list[tuple[str, str, str, str]]:
    return [
        (each["hub"], each["quantity_before"], each["quantity"], each["reorder_point"])
        for each in low(tenant)
    ]


def issue(act_as: Acts, master_data: MasterData, *moves: tuple[str, str, str]) -> int:
    return documents.post_movement(act_as("owner"), master_data, Kind.ISSUE, *moves)


@pytest.mark.parametrize(("quantity", "is_low"), [("3", False), ("4", True), ("5", True), ("10", True)])
def test_stock_that_reaches_the_point_is_low(
    ten: MasterData, act_as: Acts, acacia: Tenant, quantity: str, is_low: bool
) -> None:
    issue(act_as, ten, ("BOLT", "NORTH/A-1", quantity))
    left = str(10 - int(quantity))
    assert places(acacia) == ([("NORTH", "10", left, "6")] if is_low else [])


def test_it_is_sent_once_until_the_stock_is_above_the_point_again(
    ten: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "4"))
    assert len(low(acacia)) == 1
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "1"))
    assert low(acacia) == []
    documents.receive(act_as("owner"), ten, ("BOLT", "NORTH/A-1", "1", "2"))
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "1"))
    assert low(acacia) == [], "it never was above the point"
    documents.receive(act_as("owner"), ten, ("BOLT", "NORTH/A-1", "2", "2"))
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "1"))
    assert places(acacia) == [("NORTH", "7", "6", "6")]


def test_the_point_of_a_hub_wins(ten: MasterData, act_as: Acts, acacia: Tenant) -> None:
    issue(act_as, ten, ("BOLT", "SOUTH/A-1", "6"))
    assert low(acacia) == []
    issue(act_as, ten, ("BOLT", "SOUTH/A-1", "1"))
    assert places(acacia) == [("SOUTH", "4", "3", "3")]
    assert low(acacia)[0]["shortfall"] == "0"


def test_a_point_of_a_hub_that_was_removed_gives_way_to_that_of_the_item(
    ten: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    bolt = ten.items["BOLT"]
    bolt.refresh_from_db()
    edit_item(act_as("owner"), item=bolt, version=bolt.version, reorder_points={ten.south: None})
    issue(act_as, ten, ("BOLT", "SOUTH/A-1", "4"))
    assert places(acacia) == [("SOUTH", "10", "6", "6")]


def test_several_lines_of_one_posting_cross_together(ten: MasterData, act_as: Acts, acacia: Tenant) -> None:
    documents.receive(act_as("owner"), ten, ("BOLT", "NORTH/A-2", "2", "2"))
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "4"), ("BOLT", "NORTH/A-2", "2"), ("BOLT", "SOUTH/A-1", "8"))
    assert places(acacia) == [("NORTH", "12", "6", "6"), ("SOUTH", "10", "2", "3")]


def test_a_transfer_inside_a_hub_makes_nothing_low(ten: MasterData, act_as: Acts, acacia: Tenant) -> None:
    documents.post_movement(act_as("owner"), ten, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "NORTH/A-2", "10"))
    assert low(acacia) == []


def test_a_transfer_makes_low_where_it_takes(ten: MasterData, act_as: Acts, acacia: Tenant) -> None:
    documents.post_movement(act_as("owner"), ten, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "5"))
    assert places(acacia) == [("NORTH", "10", "5", "6")]


def test_each_document_of_a_file_counts_by_itself(ten: MasterData, act_as: Acts, acacia: Tenant) -> None:
    done = documents.import_rows(
        act_as("owner"),
        Kind.ISSUE,
        "S-1,2026-03-02,BOLT,NORTH,A-1,3",
        "S-2,2026-03-02,BOLT,NORTH,A-1,3",
        "S-3,2026-03-02,BOLT,NORTH,A-1,3",
    )
    assert [(each["position"], each["quantity"]) for each in low(acacia)] == [(done.positions[1], "4")]
    found = occurrences(Event.objects.latest("number"))
    assert [each.type.split(".")[1] for each in found] == ["posting", "posting", "stock", "posting"]


def test_a_reversal_and_a_count_can_make_stock_low(ten: MasterData, act_as: Acts, acacia: Tenant) -> None:
    extra = documents.receive(act_as("owner"), ten, ("BOLT", "NORTH/A-2", "3", "2"))
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "5"))
    assert low(acacia) == []
    documents.reverse_posting(act_as("owner"), extra)
    assert places(acacia) == [("NORTH", "8", "5", "6")]

    session = counts.start(act_as("owner"), ten, hub="SOUTH")
    counts.enter(act_as("owner"), ten, session, **{"BOLT SOUTH/A-1": "1"})
    counts.hand_in(act_as("owner"), session)
    counts.approve(act_as("owner"), session)
    assert places(acacia) == [("SOUTH", "10", "1", "3")]


def test_an_item_without_a_point_or_archived_is_never_low(
    ten: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    documents.receive(act_as("owner"), ten, ("OIL", "NORTH/A-1", "10", "2"))
    issue(act_as, ten, ("OIL", "NORTH/A-1", "10"))
    assert low(acacia) == []
    bolt = ten.items["BOLT"]
    bolt.refresh_from_db()
    archive_item(act_as("owner"), item=bolt)
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "5"))
    assert low(acacia) == []
    bolt.refresh_from_db()
    restore_item(act_as("owner"), item=bolt)
    issue(act_as, ten, ("BOLT", "SOUTH/A-1", "8"))
    assert len(low(acacia)) == 1


def test_a_point_that_changes_later_does_not_change_what_was_sent(
    ten: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "4"))
    event = Event.objects.latest("number")
    before = [sent(each, acacia) for each in occurrences(event)]
    bolt = ten.items["BOLT"]
    bolt.refresh_from_db()
    edit_item(act_as("owner"), item=bolt, version=bolt.version, reorder_point=Decimal(2))
    assert [sent(each, acacia) for each in occurrences(event)] == before


def test_only_an_endpoint_of_the_hub_gets_it(ten: MasterData, act_as: Acts) -> None:
    issue(act_as, ten, ("BOLT", "NORTH/A-1", "4"))
    (_posting, found) = occurrences(Event.objects.latest("number"))
    assert found.at(frozenset({ten.north.pk})) == found
    assert found.at(frozenset({ten.south.pk})) is None
