"""Issuing: it works at the right cost, is recorded, and refuses at the line, leaving nothing but its event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, StateConflict, ValidationFailed
from inventory.models import Bin, Hub, Item
from ledger.models import BinBalance, Entry, Kind, Posting
from tests.factories import people
from tests.factories.documents import (
    BOTH_COSTINGS,
    D,
    draft,
    import_rows,
    post,
    post_movement,
    receive,
    with_costing,
)
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.ledger.balances import assert_books_agree, bins, entries, hubs, layers


def test_works_at_the_average(master_data: MasterData, act_as: Acts) -> None:
    act = with_costing(act_as("receiver"), "average")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("BOLT", "NORTH/A-2", "5", "4"))

    position = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"))

    assert entries(position) == [(D(-4), D(-8))]  # 30 / 15 each
    assert bins() == {"BOLT NORTH/A-1": D(6), "BOLT NORTH/A-2": D(5)}
    assert hubs() == {"BOLT NORTH": (D(11), D(22))}
    entry = Entry.objects.get(posting=position)
    assert (entry.kind, entry.unit_cost, entry.bin_quantity, entry.hub_quantity) == (
        "issue",
        D(2),
        D(6),
        D(11),
    )
    assert_books_agree()


def test_works_first_in_first_out(master_data: MasterData, act_as: Acts) -> None:
    """The oldest layers of the hub are used first, whatever bin they are in."""
    act = with_costing(act_as("receiver"), "fifo")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    receive(act, master_data, ("BOLT", "NORTH/A-2", "5", "4"))

    position = post_movement(
        act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"), ("BOLT", "NORTH/A-2", "5")
    )
    assert entries(position) == [(D(-4), D(-4)), (D(-5), D(-5))]
    assert layers("BOLT", "NORTH") == [(D(1), D(1)), (D(5), D(20))]

    position = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
    assert entries(position) == [(D(-3), D(-9))]  # 1 at 1 and 2 at 4
    assert Entry.objects.get(posting=position).unit_cost == D(3)
    assert layers("BOLT", "NORTH") == [(D(3), D(12))]
    assert_books_agree()


@BOTH_COSTINGS
def test_the_last_unit_takes_all_the_value_that_is_left(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    """3 units worth 1.00: two take 0.333333 each, the last takes 0.333334, and no value is left."""
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("OIL", "NORTH/A-1", "0.03", "33.3333"))
    for value in ("-0.333333", "-0.333333", "-0.333333"):
        position = post_movement(act, master_data, Kind.ISSUE, ("OIL", "NORTH/A-1", "0.01"))
        assert entries(position) == [(D("-0.01"), D(value))]
    assert hubs() == {}
    receive(act, master_data, ("CABLE", "NORTH/A-1", "3", "0.333333"))
    receive(act, master_data, ("CABLE", "NORTH/A-1", "0.0001", "0.01"))  # worth 0.000001
    position = post_movement(act, master_data, Kind.ISSUE, ("CABLE", "NORTH/A-1", "3.0001"))
    assert entries(position) == [(D("-3.0001"), D("-1.000000"))]
    assert_books_agree()


@BOTH_COSTINGS
def test_costs_nothing_where_stock_cost_nothing(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "2", "0"))
    assert entries(post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))) == [(D(-1), D(0))]
    assert_books_agree()


def test_is_recorded(master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]]) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    position = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"))
    (event,) = events(action="ledger.issue.post")
    assert (event.outcome, event.first_position, event.resource_label) == ("allowed", position, "DOC-1")
    assert (event.facts["lines"], event.facts["postings"]) == (1, 1)
    assert event.request_id == Posting.objects.get(position=position).request_id


def test_names_bin_on_hand_and_asked(
    master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]]
) -> None:
    """If two lines take the same stock, the second is refused with what the first has left."""
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("BOLT", "NORTH/A-2", "90", "1"))
    with pytest.raises(ValidationFailed) as refused:
        post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "6"), ("BOLT", "NORTH/A-1", "5"))
    assert refused.value.reason is Reason.INSUFFICIENT_STOCK
    (entry,) = refused.value.details["lines"]["2"]
    assert entry["message"] == "Not enough BOLT in bin NORTH/A-1: 5 needed, 4 available."
    assert entry["field"] == "quantity"
    assert bins()["BOLT NORTH/A-1"] == 10
    (event,) = events(action="ledger.issue.post")
    assert (event.outcome, event.reason) == ("refused", "INSUFFICIENT_STOCK")
    assert event.first_position is None


def test_says_no_amounts_to_those_who_see_no_stock(master_data: MasterData, act_as: Acts) -> None:
    receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "7", "1"))
    here = connection.tenant
    blind = new_act(here, system(here.schema_name, "tests", "ledger.issue", "inventory.operate_hub"))
    with pytest.raises(ValidationFailed) as refused:
        post_movement(blind, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "8"))
    assert "7" not in str(refused.value.details)
    assert "NORTH/A-1" in str(refused.value.details)


def test_stock_of_another_bin_or_hub_does_not_help(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("BOLT", "SOUTH/A-1", "10", "1"))
    with pytest.raises(ValidationFailed):
        post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-2", "1"))


def test_what_is_archived_can_still_leave(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    for model in (Item, Bin, Hub):
        model.objects.update(archived_at=timezone.now())
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "10"))
    assert bins() == {}


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [
        ("0", Reason.QUANTITY_NOT_POSITIVE),
        ("-1", Reason.QUANTITY_NOT_POSITIVE),
        ("0.5", Reason.QUANTITY_TOO_PRECISE),
    ],
)
def test_refuses_a_quantity_that_makes_no_sense(
    master_data: MasterData, act_as: Acts, quantity: str, reason: Reason
) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    with pytest.raises(ValidationFailed) as refused:
        post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", quantity))
    assert refused.value.reason is reason
    assert Posting.objects.count() == 1


def test_refuses_tomorrow_and_nothing(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    late = draft(master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"), day=act.today + timedelta(days=1))
    for wanted, reason in ((late, Reason.DATE_IN_FUTURE), (draft(master_data, Kind.ISSUE), Reason.NO_DATA)):
        with pytest.raises(ValidationFailed) as refused:
            post(act, master_data, wanted)
        assert refused.value.reason is reason


@pytest.mark.parametrize("role", ["viewer", "counter"])
def test_refuses_the_viewer(master_data: MasterData, act_as: Acts, role: str) -> None:
    receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    with pytest.raises(PermissionDenied):
        post_movement(act_as(role), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
    assert Posting.objects.count() == 1


def test_refuses_a_hub_that_is_not_granted(master_data: MasterData, act_as: Acts) -> None:
    receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    local = people.add_person("receiver", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.south)
    with pytest.raises(PermissionDenied) as refused:
        post_movement(act_as(user=local), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
    assert refused.value.reason is Reason.HUB_NOT_GRANTED


def test_the_same_submission_posts_once(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    wanted = draft(master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "10"), submission=uuid4())
    position = post(act, master_data, wanted)
    with pytest.raises(StateConflict) as refused:
        post(act, master_data, wanted)
    assert refused.value.reason is Reason.ALREADY_POSTED
    assert refused.value.details["position"] == position


def test_hides_from_the_neighbour(master_data: MasterData, birch: Any, act_as: Acts) -> None:
    """A person of another tenant has no rights here."""
    receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    with pytest.raises(AuthRequired):
        post_movement(act_as("outsider"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))


@BOTH_COSTINGS
def test_a_file_posts_by_reference(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("OIL", "SOUTH/A-1", "5", "2"))
    rows = (
        "W-1,2026-03-02,BOLT,NORTH,A-1,4",
        "W-2,2026-03-03,OIL,SOUTH,A-1,1.25",
        "W-1,2026-03-02,BOLT,NORTH,A-1,1",
    )
    done = import_rows(act, Kind.ISSUE, *rows)
    assert (done.postings, done.lines, done.quantity) == (2, 3, D("6.25"))
    assert bins() == {"BOLT NORTH/A-1": D(5), "OIL SOUTH/A-1": D("3.75")}
    assert import_rows(act, Kind.ISSUE, *rows).already_posted == 2
    assert_books_agree()


def test_a_file_that_asks_too_much_is_refused_whole_or_left_out_by_posting(
    master_data: MasterData, act_as: Acts
) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    rows = (
        "W-1,2026-03-02,BOLT,NORTH,A-1,11",
        "W-2,2026-03-02,BOLT,NORTH,A-1,10",
        "W-3,2026-03-02,OIL,NORTH,A-1,1",
    )
    with pytest.raises(ValidationFailed) as refused:
        import_rows(act, Kind.ISSUE, *rows)
    assert set(refused.value.details["lines"]) == {"2", "4"}
    done = import_rows(act, Kind.ISSUE, *rows, skip_refused=True)
    assert (done.postings, done.left_out_postings, list(done.left_out.lines)) == (1, 2, [2, 4])
    assert bins() == {}
    assert not Item.objects.get(sku="OIL").is_moved, "what was left out moved nothing"
    assert not BinBalance.objects.filter(item__sku="OIL").exists()
