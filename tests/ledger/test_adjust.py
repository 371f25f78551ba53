"""Adjusting: up or down with a reason from the list, the cost of found stock, and the rule of two people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from inventory.models import Bin, Item
from ledger.models import AdjustmentReason, Entry, Kind, Posting
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import (
    BOTH_COSTINGS,
    D,
    draft,
    import_rows,
    post,
    post_movement,
    receive,
    reverse_posting,
    with_costing,
)
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Acts
from tests.ledger.balances import assert_books_agree, bins, entries, hubs, layers


@BOTH_COSTINGS
def test_works_up_and_down(master_data: MasterData, act_as: Acts, costing: str) -> None:
    """Incoming lines come before outgoing ones, at the average cost before the document."""
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "3"))

    position = post_movement(
        act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-5"), ("BOLT", "NORTH/A-2", "2")
    )

    cost = D(-10) if costing == "average" else D(-5)
    assert entries(position) == [(D(2), D(4)), (D(-5), cost)]
    assert bins() == {"BOLT NORTH/A-1": D(15), "BOLT NORTH/A-2": D(2)}
    assert Posting.objects.get(position=position).reason == "DAMAGED"
    assert_books_agree()


@BOTH_COSTINGS
def test_found_stock_costs_the_average_of_its_hub_before_the_document(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    """Not the average of another hub, not the cost of the latest receipt, and not an average after the document."""
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "3", "1"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "2"))
    receive(act, master_data, ("BOLT", "SOUTH/A-1", "1", "99"))
    wanted = draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"), ("BOLT", "NORTH/A-2", "1"))
    priced = replace(wanted.lines[0], unit_cost=D(50))
    position = post(act, master_data, replace(wanted, lines=[priced, wanted.lines[1]]))
    assert entries(position) == [(D(1), D(50)), (D(1), D("1.25"))]
    if costing == "fifo":
        assert layers("BOLT", "NORTH")[-2:] == [(D(1), D(50)), (D(1), D("1.25"))]
    assert_books_agree()


@BOTH_COSTINGS
def test_where_the_hub_has_none_it_costs_what_the_latest_receipt_did(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    """In any hub. Without a receipt it is the standard cost, which may be zero."""
    act = with_costing(act_as("manager"), costing)
    Item.objects.filter(sku="OIL").update(standard_cost=D("7.5"))
    receive(act, master_data, ("BOLT", "SOUTH/A-1", "1", "4"))
    receive(act, master_data, ("BOLT", "SOUTH/A-2", "1", "6"))
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-1", "1"), ("BOLT", "SOUTH/A-2", "1"))

    moves = (("BOLT", "NORTH/A-1", "2"), ("OIL", "NORTH/A-1", "1.5"), ("CABLE", "NORTH/A-1", "0.5"))
    position = post_movement(act, master_data, Kind.ADJUSTMENT, *moves)

    assert entries(position) == [(D(2), D(12)), (D("1.5"), D("11.25")), (D("0.5"), D(0))]
    assert_books_agree()


@BOTH_COSTINGS
def test_down_and_up_of_the_last_unit_keeps_its_cost(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "3"))
    receive(act, master_data, ("BOLT", "SOUTH/A-1", "1", "8"))
    position = post_movement(
        act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1"), ("BOLT", "NORTH/A-2", "1")
    )
    assert entries(position) == [(D(1), D(3)), (D(-1), D(-3))]
    assert hubs()["BOLT NORTH"] == (D(1), D(3))
    assert_books_agree()


@BOTH_COSTINGS
def test_a_layer_of_found_stock_is_used_in_its_turn(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "2", "3"))
    found = post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "2"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "2", "9"))
    if costing == "fifo":
        assert entries(post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "5"))) == [
            (D(-5), D(-21))
        ]
        receive(act, master_data, ("BOLT", "NORTH/A-1", "9", "9"))
        with pytest.raises(ValidationFailed) as refused:
            reverse_posting(act, found)
        assert refused.value.reason is Reason.COST_CONSUMED
    assert_books_agree()


def test_is_recorded(master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]]) -> None:
    position = post_movement(act_as("manager"), master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "4"))
    (event,) = events(action="ledger.adjustment.post")
    assert (event.outcome, event.first_position) == ("allowed", position)
    assert event.facts["reasons"] == ["DAMAGED"]


def test_refuses_zero_too_much_and_unknown_reasons(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("manager")
    AdjustmentReason.objects.filter(code="LOST").update(archived_at=timezone.now())
    for wanted, reason in (
        (draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "0")), Reason.QUANTITY_ZERO),
        (draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "0.5")), Reason.QUANTITY_TOO_PRECISE),
        (draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1")), Reason.INSUFFICIENT_STOCK),
        (
            draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"), reason="WHIM"),
            Reason.UNKNOWN_REASON,
        ),
        (
            draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"), reason="LOST"),
            Reason.UNKNOWN_REASON,
        ),
    ):
        with pytest.raises(ValidationFailed) as refused:
            post(act, master_data, wanted)
        assert refused.value.reason is reason
    assert not Entry.objects.exists()


def test_what_is_archived_can_still_be_put_right(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("manager")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    for model in (Item, Bin):
        model.objects.update(archived_at=timezone.now())
    post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-10"))
    post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))
    assert bins() == {"BOLT NORTH/A-1": D(1)}


@pytest.mark.parametrize("role", ["receiver", "viewer", "counter"])
def test_refuses_the_viewer(master_data: MasterData, act_as: Acts, role: str) -> None:
    with pytest.raises(PermissionDenied):
        post_movement(act_as(role), master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))
    assert not Posting.objects.exists()


def test_refuses_a_hub_that_is_not_granted(master_data: MasterData, act_as: Acts) -> None:
    local = people.add_person("manager", name="local", all_hubs=False)
    with pytest.raises(PermissionDenied) as refused:
        post_movement(act_as(user=local), master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))
    assert refused.value.reason is Reason.HUB_NOT_GRANTED


def test_the_same_submission_posts_once(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("manager")
    wanted = draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))
    post(act, master_data, wanted)
    with pytest.raises(StateConflict) as refused:
        post(act, master_data, wanted)
    assert refused.value.reason is Reason.ALREADY_POSTED


@pytest.mark.parametrize("role", ["owner", "approver"])
def test_where_two_are_needed_nobody_adjusts_alone(
    cedar: Tenant, act_as: Acts, events: Callable[..., list[Any]], role: str
) -> None:
    master_data = make_master_data()
    with pytest.raises(PermissionDenied) as refused:
        post_movement(act_as(role), master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))
    assert refused.value.reason is Reason.FOUR_EYES
    with pytest.raises(PermissionDenied) as refused:
        import_rows(act_as(role), Kind.ADJUSTMENT, "A-1,2026-03-02,BOLT,NORTH,A-1,1,DAMAGED")
    assert refused.value.reason is Reason.FOUR_EYES
    assert not Posting.objects.exists()
    assert {event.reason for event in events()} == {"FOUR_EYES"}


@BOTH_COSTINGS
def test_a_file_posts_by_reference(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    done = import_rows(
        act,
        Kind.ADJUSTMENT,
        "A-1,2026-03-02,BOLT,NORTH,A-1,-4,SCRAPPED",
        "A-2,2026-03-02,BOLT,NORTH,A-2,3,FOUND",
    )
    assert (done.postings, done.lines, done.quantity) == (2, 2, D(-1))
    assert list(Posting.objects.order_by("position").values_list("reason", flat=True))[1:] == [
        "SCRAPPED",
        "FOUND",
    ]
    assert_books_agree()


def test_a_file_names_every_bad_line(master_data: MasterData, act_as: Acts) -> None:
    """Unknown reasons and unknown items are all reported at once, and can be skipped."""
    rows = (
        "A-1,2026-03-02,BOLT,NORTH,A-1,4,WHIM",
        "A-2,2026-03-02,NOTHING,NORTH,A-1,3,FOUND",
        "A-3,2026-03-02,BOLT,NORTH,A-1,0,FOUND",
        "A-4,2026-03-02,BOLT,NORTH,A-1,1,FOUND",
        "A-4,2026-03-02,BOLT,NORTH,A-1,1,LOST",
    )
    with pytest.raises(ValidationFailed) as refused:
        import_rows(act_as("manager"), Kind.ADJUSTMENT, *rows)
    named = {line: entries[0]["reason"] for line, entries in refused.value.details["lines"].items()}
    assert named == {
        "2": "UNKNOWN_REASON",
        "3": "UNKNOWN_ITEM",
        "4": "QUANTITY_ZERO",
        "6": "REASON_DIFFERS",
    }
    done = import_rows(
        act_as("manager"), Kind.ADJUSTMENT, *rows, "A-5,2026-03-02,OIL,NORTH,A-1,1,FOUND", skip_refused=True
    )
    assert (done.postings, done.left_out_postings) == (1, 4)
    assert bins() == {"OIL NORTH/A-1": D(1)}


def test_a_receipt_that_was_taken_back_prices_nothing(
    master_data: MasterData, act_as: Callable[..., Any]
) -> None:
    """The cost of a reversed receipt is not used: found stock costs what the receipt before it did."""
    act = act_as("owner")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "2"))
    wrong = receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "99"))
    reverse_posting(act, wrong)

    position = post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "SOUTH/A-1", "3"))

    assert entries(position) == [(3, 6)]
