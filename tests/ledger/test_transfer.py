"""Transferring: quantity and value are conserved exactly, lines pass stock on in order, and both hubs are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from inventory.models import Bin, Hub, Item
from ledger.models import Entry, Kind, Posting
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
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.ledger.balances import assert_books_agree, bins, entries, hubs, layers


@BOTH_COSTINGS
def test_works_between_hubs(master_data: MasterData, act_as: Acts, costing: str) -> None:
    """The exact value moves along: 10 at 1 and 5 at 20."""
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "0.1"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "4"))

    position = post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-2", "12"))

    worth = D("16.8") if costing == "average" else D(9)
    assert entries(position) == [(D(-12), -worth), (D(12), worth)]
    assert bins() == {"BOLT NORTH/A-1": D(3), "BOLT SOUTH/A-2": D(12)}
    assert hubs() == {"BOLT NORTH": (D(3), D(21) - worth), "BOLT SOUTH": (D(12), worth)}
    assert_books_agree()


def test_one_new_layer_for_each_that_was_used(master_data: MasterData, act_as: Acts) -> None:
    act = with_costing(act_as("receiver"), "fifo")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "0.1"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "4"))
    post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-2", "12"))
    assert layers("BOLT", "NORTH") == [(D(3), D(12))]
    assert layers("BOLT", "SOUTH") == [(D(10), D(1)), (D(2), D(8))]
    assert entries(post_movement(act, master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-2", "11"))) == [
        (D(-11), D(-5))
    ]
    assert_books_agree()


@BOTH_COSTINGS
def test_all_of_it_takes_all_the_value(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("receiver"), costing)
    receive(
        act, master_data, ("CABLE", "NORTH/A-1", "3", "0.333333"), ("CABLE", "NORTH/A-2", "0.0007", "0.77")
    )
    value = hubs()["CABLE NORTH"][1]
    moves = (("CABLE", "NORTH/A-1", "SOUTH/A-1", "3"), ("CABLE", "NORTH/A-2", "SOUTH/A-1", "0.0007"))
    post_movement(act, master_data, Kind.TRANSFER, *moves)
    assert hubs() == {"CABLE SOUTH": (D("3.0007"), value)}
    assert_books_agree()


@BOTH_COSTINGS
def test_within_a_hub_nothing_changes_its_worth(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "3"))
    post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/DOCK", "NORTH/A-1", "20"))
    assert bins() == {"BOLT NORTH/A-1": D(20)}
    assert hubs() == {"BOLT NORTH": (D(20), D(40))}
    assert_books_agree()


def test_putting_away_does_not_make_the_oldest_the_newest(master_data: MasterData, act_as: Acts) -> None:
    """The layers of a hub keep their order, and a receipt that was put away can still be reversed."""
    act = with_costing(act_as("manager"), "fifo")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    latest = receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "3"))
    moved = post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/DOCK", "NORTH/A-1", "10"))
    assert entries(moved) == [(D(-10), D(-10)), (D(10), D(10))]
    assert layers("BOLT", "NORTH") == [(D(10), D(10)), (D(10), D(30))]
    reverse_posting(act, moved)
    reverse_posting(act, latest)
    assert hubs() == {"BOLT NORTH": (D(10), D(10))}
    assert_books_agree()


@BOTH_COSTINGS
def test_lines_hand_stock_on(master_data: MasterData, act_as: Acts, costing: str) -> None:
    """Dock to shelf to the other hub, in one document, in the order written; the reverse order is refused."""
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "5", "2"))
    put_away, send = ("BOLT", "NORTH/DOCK", "NORTH/A-1", "5"), ("BOLT", "NORTH/A-1", "SOUTH/A-1", "5")
    with pytest.raises(ValidationFailed) as refused:
        post_movement(act, master_data, Kind.TRANSFER, send, put_away)
    assert list(refused.value.details["lines"]) == ["1"]
    position = post_movement(act, master_data, Kind.TRANSFER, put_away, send)
    assert Entry.objects.filter(posting=position).count() == 4
    assert hubs() == {"BOLT SOUTH": (D(5), D(10))}
    total = Entry.objects.filter(posting=position).aggregate(Sum("quantity"), Sum("value"))
    assert set(total.values()) == {D(0)}
    assert_books_agree()


def test_is_recorded(master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]]) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    position = post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "4"))
    (event,) = events(action="ledger.transfer.post")
    assert (event.outcome, event.first_position) == ("allowed", position)


def test_refuses_the_same_bin_and_too_much(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    for move, field, reason in (
        (("BOLT", "NORTH/A-1", "NORTH/A-1", "1"), "to_bin", Reason.SAME_BIN),
        (("BOLT", "NORTH/A-1", "NORTH/A-2", "11"), "quantity", Reason.INSUFFICIENT_STOCK),
        (("BOLT", "NORTH/A-1", "NORTH/A-2", "0"), "quantity", Reason.QUANTITY_NOT_POSITIVE),
    ):
        with pytest.raises(ValidationFailed) as refused:
            post_movement(act, master_data, Kind.TRANSFER, move)
        (entry,) = refused.value.details["lines"]["1"]
        assert (entry["field"], entry["reason"]) == (field, reason)
    assert Posting.objects.count() == 1


def test_an_archived_bin_can_be_emptied_but_not_filled(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("BOLT", "SOUTH/A-1", "10", "1"))
    Bin.objects.filter(pk=master_data.bins["NORTH/A-1"].pk).update(archived_at=timezone.now())
    with pytest.raises(ValidationFailed) as refused:
        post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "SOUTH/A-1", "NORTH/A-1", "1"))
    assert refused.value.details["lines"]["1"][0]["reason"] == Reason.BIN_ARCHIVED
    Hub.objects.filter(pk=master_data.north.pk).update(archived_at=timezone.now())
    with pytest.raises(ValidationFailed) as refused:
        post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "SOUTH/A-1", "NORTH/A-2", "1"))
    assert refused.value.details["lines"]["1"][0]["reason"] == Reason.HUB_ARCHIVED
    Item.objects.update(archived_at=timezone.now())  # its stock can still be moved out
    post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-2", "10"))
    assert "BOLT NORTH/A-1" not in bins()


def test_needs_both_hubs(master_data: MasterData, act_as: Acts) -> None:
    receive(
        act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("BOLT", "SOUTH/A-1", "10", "1")
    )
    local = people.add_person("receiver", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.north)
    act = act_as(user=local)
    post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "NORTH/A-2", "1"))
    for ends in (("NORTH/A-1", "SOUTH/A-1"), ("SOUTH/A-1", "NORTH/A-1")):
        with pytest.raises(PermissionDenied) as refused:
            post_movement(act, master_data, Kind.TRANSFER, ("BOLT", *ends, "1"))
        assert refused.value.reason is Reason.HUB_NOT_GRANTED
        row = f"T-1,2026-03-02,BOLT,{ends[0].replace('/', ',')},{ends[1].replace('/', ',')},1"
        with pytest.raises(PermissionDenied):
            import_rows(act, Kind.TRANSFER, row)


@pytest.mark.parametrize("role", ["viewer", "counter"])
def test_refuses_the_viewer(master_data: MasterData, act_as: Acts, role: str) -> None:
    receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    with pytest.raises(PermissionDenied):
        post_movement(act_as(role), master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "NORTH/A-2", "1"))


def test_the_same_submission_posts_once(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    wanted = draft(master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "NORTH/A-2", "1"))
    post(act, master_data, wanted)
    with pytest.raises(StateConflict) as refused:
        post(act, master_data, wanted)
    assert refused.value.reason is Reason.ALREADY_POSTED
    assert bins()["BOLT NORTH/A-2"] == 1


@BOTH_COSTINGS
def test_a_file_posts_by_reference(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    done = import_rows(
        act,
        Kind.TRANSFER,
        "T-1,2026-03-02,BOLT,NORTH,DOCK,NORTH,A-1,6",
        "T-1,2026-03-02,BOLT,NORTH,A-1,SOUTH,A-1,4",
        "T-2,2026-03-02,BOLT,SOUTH,A-1,SOUTH,A-2,4",
    )
    assert (done.postings, done.lines, done.quantity, done.value) == (2, 3, D(14), D(0))
    assert bins() == {"BOLT NORTH/DOCK": D(4), "BOLT NORTH/A-1": D(2), "BOLT SOUTH/A-2": D(4)}
    assert_books_agree()


BAD = [
    ("T-9,2026-03-02,BOLT,NORTH,DOCK,NOWHERE,A-1,1", "to_hub_code", Reason.UNKNOWN_HUB),
    ("T-9,2026-03-02,BOLT,NORTH,DOCK,SOUTH,Z-9,1", "to_bin_code", Reason.UNKNOWN_BIN),
    ("T-9,2026-03-02,BOLT,NORTH,DOCK,NORTH,DOCK,1", "to_bin", Reason.SAME_BIN),
    ("T-9,2026-03-02,BOLT,NORTH,DOCK,NORTH,A-1,11", "quantity", Reason.INSUFFICIENT_STOCK),
    ("T-9,2026-03-02,BOLT,NORTH,DOCK,NORTH,A-1,0", "quantity", Reason.QUANTITY_NOT_POSITIVE),
    ("T-1,2026-03-03,BOLT,NORTH,DOCK,NORTH,A-1,1", "effective_on", Reason.DATE_DIFFERS),
]


@pytest.mark.parametrize(("row", "column", "reason"), BAD, ids=[str(reason) for _, _, reason in BAD])
def test_one_bad_line_refuses_the_file(
    master_data: MasterData, act_as: Acts, row: str, column: str, reason: Reason
) -> None:
    act = act_as("receiver")
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    with pytest.raises(ValidationFailed) as refused:
        import_rows(act, Kind.TRANSFER, "T-1,2026-03-02,BOLT,NORTH,DOCK,NORTH,A-1,1", row)
    named = {(entry["field"], entry["reason"]) for entry in refused.value.details["lines"]["3"]}
    assert (column, str(reason)) in named
    assert Posting.objects.count() == 1


@BOTH_COSTINGS
def test_a_posting_that_is_left_out_neither_brings_nor_takes(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    """T-2 needs stock of T-1 and is left out with it; T-3 gets all stock, since T-1 took nothing."""
    act = with_costing(act_as("receiver"), costing)
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "3", "1"), ("BOLT", "NORTH/DOCK", "2", "2"))
    done = import_rows(
        act,
        Kind.TRANSFER,
        "T-1,2026-03-02,BOLT,NORTH,DOCK,SOUTH,A-2,4",
        "T-1,2026-03-02,BOLT,NORTH,DOCK,NORTH,A-2,2",
        "T-2,2026-03-02,BOLT,SOUTH,A-2,NORTH,A-1,2",
        "T-3,2026-03-02,BOLT,NORTH,DOCK,SOUTH,A-1,5",
        skip_refused=True,
    )
    assert (done.postings, done.left_out_postings, sorted(done.left_out.lines)) == (1, 2, [3, 4])
    assert bins() == {"BOLT SOUTH/A-1": D(5)}
    assert hubs() == {"BOLT SOUTH": (D(5), D(7))}
    assert_books_agree()
