"""Reversing: exactly and once, as long as the stock of the posting is still there; a batch newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from inventory.models import Bin, Item
from ledger.actions.reversing import reverse, reverse_batch
from ledger.models import Entry, Kind, LayerUse, Posting
from tests.factories import people
from tests.factories.documents import (
    BOTH_COSTINGS,
    D,
    import_rows,
    post_movement,
    receive,
    reverse_posting,
    with_costing,
)
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Acts
from tests.ledger.balances import assert_books_agree, bins, entries, hubs, layers

MOVES = [
    (Kind.ISSUE, [("BOLT", "NORTH/A-1", "12"), ("BOLT", "NORTH/A-2", "1")]),
    (Kind.TRANSFER, [("BOLT", "NORTH/A-1", "SOUTH/A-1", "12")]),
    (Kind.TRANSFER, [("BOLT", "NORTH/A-1", "NORTH/DOCK", "12"), ("BOLT", "NORTH/DOCK", "SOUTH/A-1", "2")]),
    (
        Kind.ADJUSTMENT,
        [("BOLT", "NORTH/A-1", "-12"), ("BOLT", "SOUTH/A-2", "3"), ("OIL", "SOUTH/A-2", "1.5")],
    ),
]


@BOTH_COSTINGS
@pytest.mark.parametrize(("kind", "moves"), MOVES, ids=["issue", "transfer", "through", "adjustment"])
def test_mirrors_exactly(
    master_data: MasterData, act_as: Acts, costing: str, kind: Kind, moves: list[Any]
) -> None:
    """Quantities, values, bins and layers are as they were before the posting."""
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "0.333333"), ("BOLT", "NORTH/A-2", "3", "7"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "4.1"))
    before = bins(), hubs(), layers("BOLT", "NORTH"), layers("BOLT", "SOUTH")

    position = post_movement(act, master_data, kind, *moves)
    reversal = reverse_posting(act, position)

    assert (bins(), hubs(), layers("BOLT", "NORTH"), layers("BOLT", "SOUTH")) == before
    assert sorted(entries(reversal)) == sorted((-quantity, -value) for quantity, value in entries(position))
    assert set(Entry.objects.filter(posting=reversal).values_list("kind", "is_reversal")) == {(kind, True)}
    posting = Posting.objects.get(position=reversal)
    assert (posting.kind, posting.reverses_id, posting.reference) == (Kind.REVERSAL, position, "DOC-1")
    assert_books_agree()


@BOTH_COSTINGS
def test_a_receipt_is_taken_back_as_long_as_all_of_it_is_there(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    wrong = receive(act, master_data, ("BOLT", "NORTH/A-2", "10", "9"))
    reverse_posting(act, wrong)
    assert hubs() == {"BOLT NORTH": (D(10), D(10))}
    assert bins() == {"BOLT NORTH/A-1": D(10)}
    assert_books_agree()


@BOTH_COSTINGS
def test_what_left_the_bin_cannot_be_taken_back(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/A-2", "100", "1"))
    position = receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "3"))
    with pytest.raises(ValidationFailed) as refused:
        reverse_posting(act, position)
    assert refused.value.reason is Reason.INSUFFICIENT_STOCK
    assert refused.value.details["postings"] == [position]
    message = refused.value.details["lines"]["1"][0]["message"]
    assert message == "Not enough BOLT in bin NORTH/A-1: 10 needed, 7 available."
    assert_books_agree()


@BOTH_COSTINGS
def test_what_was_used_up_in_value_cannot_be_taken_back(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    """The units are in the bin, but their cost has left with other units of their hub."""
    act = with_costing(act_as("manager"), costing)
    first = receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "9"))
    receive(act, master_data, ("BOLT", "NORTH/A-2", "10", "1"))
    issued = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-2", "10"))
    with pytest.raises(ValidationFailed) as refused:
        reverse_posting(act, first)
    assert refused.value.reason is Reason.COST_CONSUMED
    assert not Posting.objects.filter(kind=Kind.REVERSAL).exists()
    reverse_posting(act, issued)
    reverse_posting(act, first)
    assert hubs() == {"BOLT NORTH": (D(10), D(10))}
    assert_books_agree()


@BOTH_COSTINGS
def test_no_worth_stays_without_stock_and_no_stock_without_worth(
    master_data: MasterData, act_as: Acts, costing: str
) -> None:
    """Found stock raised the average; without the receipt, the rest would have a value that it never cost."""
    act = with_costing(act_as("manager"), costing)
    first = receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "1"))
    receive(act, master_data, ("BOLT", "NORTH/A-2", "1", "3"))
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-2", "1"))
    if costing == "average":  # 1 unit worth 2 is left; the receipt brought 1 worth 1
        with pytest.raises(ValidationFailed) as refused:
            reverse_posting(act, first)
        assert refused.value.reason is Reason.COST_CONSUMED
    assert_books_agree()


def test_a_layer_that_was_given_back_is_used_again_first(master_data: MasterData, act_as: Acts) -> None:
    act = with_costing(act_as("manager"), "fifo")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    issued = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "7"))
    reversal = reverse_posting(act, issued)
    assert layers("BOLT", "NORTH") == [(D(5), D(5)), (D(5), D(10))]
    assert sorted(LayerUse.objects.filter(entry_position=reversal).values_list("quantity", "value")) == [
        (D(-5), D(-5)),
        (D(-2), D(-4)),
    ]
    assert entries(post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "6"))) == [
        (D(-6), D(-7))
    ]
    assert_books_agree()


@BOTH_COSTINGS
def test_happens_once(
    master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]], costing: str
) -> None:
    act = with_costing(act_as("manager"), costing)
    position = receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    reversal = reverse_posting(act, position)
    with pytest.raises(StateConflict) as refused:
        reverse_posting(act, position)
    assert refused.value.reason is Reason.ALREADY_REVERSED
    assert refused.value.details["position"] == reversal
    with pytest.raises(ValidationFailed):
        reverse_posting(act, reversal)
    assert [event.outcome for event in events(action="ledger.reversal.post")] == [
        "allowed",
        "refused",
        "refused",
    ]
    assert Posting.objects.filter(kind=Kind.REVERSAL).count() == 1


def test_is_recorded(master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]]) -> None:
    act = act_as("manager")
    position = receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    note = "counted twice"
    reversal = reverse(act, posting=Posting.objects.get(position=position), submission=uuid4(), note=note)
    (event,) = events(action="ledger.reversal.post")
    assert (event.outcome, event.first_position) == ("allowed", reversal)
    assert event.facts["reversed"] == [position]
    assert Posting.objects.get(position=reversal).note == note
    assert Posting.objects.get(position=reversal).effective_on == act.today


def test_what_is_archived_can_be_taken_back(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("manager")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    issued = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"))
    for model in (Item, Bin):
        model.objects.update(archived_at=timezone.now())
    reverse_posting(act, issued)
    assert bins() == {"BOLT NORTH/A-1": D(10)}


@pytest.mark.parametrize("role", ["receiver", "viewer", "counter"])
def test_refuses_the_viewer(master_data: MasterData, act_as: Acts, role: str) -> None:
    position = receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    with pytest.raises(PermissionDenied):
        reverse_posting(act_as(role), position)
    assert Posting.objects.count() == 1


def test_needs_every_hub_that_it_moved_stock_at(master_data: MasterData, act_as: Acts) -> None:
    """The hubs are read from the posting, not given by the caller."""
    receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    position = post_movement(
        act_as("receiver"), master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "1")
    )
    local = people.add_person("manager", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.north)
    with pytest.raises(PermissionDenied) as refused:
        reverse_posting(act_as(user=local), position)
    assert refused.value.reason is Reason.HUB_NOT_GRANTED
    assign_perm("inventory.operate_hub", local, master_data.south)
    reverse_posting(act_as(user=people.person("local", connection.tenant)), position)


FILE = (
    "T-1,2026-03-02,BOLT,NORTH,DOCK,NORTH,A-1,6",
    "T-2,2026-03-02,BOLT,NORTH,A-1,SOUTH,A-1,4",
    "T-3,2026-03-02,BOLT,SOUTH,A-1,SOUTH,A-2,4",
)


@BOTH_COSTINGS
def test_a_batch_is_taken_back_newest_first(
    master_data: MasterData, act_as: Acts, events: Callable[..., list[Any]], costing: str
) -> None:
    """Each posting of the file used stock of the one before, so only the newest first works."""
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "5", "1"))
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "5", "2"))
    before = bins(), hubs(), layers("BOLT", "NORTH")
    done = import_rows(act, Kind.TRANSFER, *FILE)

    taken = reverse_batch(act, batch=done.batch, submission=uuid4(), note="wrong file")

    assert (bins(), hubs(), layers("BOLT", "NORTH")) == before
    assert list(
        Posting.objects.filter(position__in=taken).order_by("position").values_list("reverses", flat=True)
    ) == sorted(done.positions, reverse=True)
    (event,) = events(action="ledger.batch.reverse")
    assert event.facts["reversed"] == sorted(done.positions, reverse=True)
    with pytest.raises(StateConflict) as refused:
        reverse_batch(act, batch=done.batch, submission=uuid4())
    assert refused.value.reason is Reason.ALREADY_REVERSED
    assert_books_agree()


@BOTH_COSTINGS
def test_a_batch_is_all_or_nothing(master_data: MasterData, act_as: Acts, costing: str) -> None:
    act = with_costing(act_as("manager"), costing)
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    done = import_rows(act, Kind.TRANSFER, *FILE)
    issued = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-2", "1"))
    before = bins()
    with pytest.raises(ValidationFailed) as refused:
        reverse_batch(act, batch=done.batch, submission=uuid4())
    # With FIFO, the layer that the second posting made in SOUTH is partly used, too.
    stopped = {"average": [done.positions[2]], "fifo": [done.positions[2], done.positions[1]]}
    assert "INSUFFICIENT_STOCK" in refused.value.details["reasons"]
    assert refused.value.details["postings"] == stopped[costing]
    assert bins() == before
    reverse_posting(act, issued)
    reverse_batch(act, batch=done.batch, submission=uuid4())
    assert bins() == {"BOLT NORTH/DOCK": D(10)}
    assert_books_agree()


def test_what_of_a_batch_was_taken_back_before_stays_so(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("manager")
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    done = import_rows(act, Kind.TRANSFER, *FILE)
    reverse_posting(act, done.positions[2])
    assert len(reverse_batch(act, batch=done.batch, submission=uuid4())) == 2
    assert bins() == {"BOLT NORTH/DOCK": D(10)}


def test_a_batch_reversal_that_is_sent_again_was_posted(master_data: MasterData, act_as: Acts) -> None:
    """The answer names its own reversals, although the oldest postings were reversed by themselves."""
    act = act_as("manager")
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    rows = (*FILE, "T-4,2026-03-02,BOLT,NORTH,DOCK,SOUTH,A-2,20")
    done = import_rows(act, Kind.TRANSFER, *rows, skip_refused=True)
    submission = uuid4()
    for position in reversed(done.positions):
        reverse_posting(act, position)
    with pytest.raises(StateConflict) as refused:
        reverse_batch(act, batch=done.batch, submission=submission)
    assert refused.value.reason is Reason.ALREADY_REVERSED
    receive(act, master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    # A document that was reversed by itself is posted again: reversed documents do not count.
    assert import_rows(act, Kind.TRANSFER, *rows, skip_refused=True).postings == len(done.positions)
    taken = max(reverse_batch(act, batch=done.batch, submission=submission))
    with pytest.raises(StateConflict) as refused:
        reverse_batch(act, batch=done.batch, submission=submission)
    assert refused.value.reason is Reason.ALREADY_POSTED
    assert refused.value.details["position"] == taken


def test_an_unknown_batch_is_refused(master_data: MasterData, act_as: Acts) -> None:
    with pytest.raises(ValidationFailed) as refused:
        reverse_batch(act_as("manager"), batch=uuid4(), submission=uuid4())
    assert refused.value.reason is Reason.NO_DATA


def test_a_batch_needs_every_hub(master_data: MasterData, act_as: Acts) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/DOCK", "10", "1"))
    done = import_rows(act_as("manager"), Kind.TRANSFER, *FILE)
    local = people.add_person("manager", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.north)
    with pytest.raises(PermissionDenied):
        reverse_batch(act_as(user=local), batch=done.batch, submission=uuid4())


def test_of_many_at_once_one_takes_it_back(
    committed_tenant: Callable[..., Any], act_as: Acts, threads: Callable[..., list[Any]]
) -> None:
    """The others are told that it is reversed, not that stock is missing."""
    committed_tenant()
    master_data = make_master_data()
    position = receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    acts = [act_as("manager") for _ in range(4)]
    results = threads(4, lambda number: reverse_posting(acts[number], position))
    refused = [result for result in results if isinstance(result, Exception)]
    assert [getattr(refusal, "reason", refusal) for refusal in refused] == [Reason.ALREADY_REVERSED] * 3
    assert bins() == {}
