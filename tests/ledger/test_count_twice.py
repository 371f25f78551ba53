"""Two counts of one place book a difference once: the later reading of an item in a bin is used, in any order."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from asora.kernel import positions
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from ledger.counts.actions.approval import approve_count, cancel_count, choose_reading, request_recount
from ledger.counts.actions.counting import submit_count
from ledger.counts.queries.figures import figures_of
from ledger.models import Entry
from ledger.proof.verification import verify
from tests.factories.counts import (
    PLACE,
    adjust_by,
    approve,
    counted,
    enter,
    hand_in,
    left_in,
    line_of,
    reading_of,
    start,
    take_out,
)
from tests.factories.documents import deliver, line, receipt, reverse_posting
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts


class TestTwoCounts:
    """Two counts of one place, in every order of reading and approving."""

    @pytest.mark.parametrize(("first", "second"), [("8", "8"), ("8", "9"), ("12", "12"), ("0", "0")])
    def test_the_later_reading_is_approved_last(
        self, ten_bolts: MasterData, act_as: Acts, first: str, second: str
    ) -> None:
        act = act_as("manager")
        a, b = counted(act, ten_bolts, first), counted(act, ten_bolts, second)
        approve(act, a)
        assert left_in(ten_bolts) == Decimal(first)
        booked = reading_of(b)
        assert (booked.expected, booked.variance) == (Decimal(first), Decimal(second) - Decimal(first))
        assert booked.moved_since == 0, "what the other count booked is no movement"
        position = approve(act, b)
        assert left_in(ten_bolts) == Decimal(second)
        (entry,) = Entry.objects.filter(posting=position)
        assert (entry.expected_quantity, entry.counted_quantity) == (Decimal(first), Decimal(second))

    @pytest.mark.parametrize(("first", "second"), [("8", "8"), ("8", "9"), ("0", "5")])
    def test_the_later_reading_is_approved_first(
        self, ten_bolts: MasterData, act_as: Acts, first: str, second: str
    ) -> None:
        act = act_as("manager")
        a, b = counted(act, ten_bolts, first), counted(act, ten_bolts, second)
        position = approve(act, b)
        assert left_in(ten_bolts) == Decimal(second)
        assert line_of(a, "BOLT", "A-1").superseded_by == position
        with pytest.raises(StateConflict) as refused:
            approve(act, a)
        assert refused.value.reason is Reason.READING_SUPERSEDED
        assert refused.value.details["positions"] == [position]
        assert f"#{position}" in refused.value.message
        assert left_in(ten_bolts) == Decimal(second)
        a.refresh_from_db()
        again = line_of(a, "BOLT", "A-1").id
        a = request_recount(act, session=a, lines=[again], seen=a.version)
        enter(act, ten_bolts, a, **{PLACE: "7"})
        submit_count(act, session=a)
        approve(act, a)
        assert left_in(ten_bolts) == 7, "counted again, it is the latest"

    def test_stock_that_moves_between_the_readings(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        a = counted(act, ten_bolts, "8")
        take_out(act, ten_bolts, "BOLT", "NORTH/A-1", "3")
        b = counted(act, ten_bolts, "5")
        take_out(act, ten_bolts, "BOLT", "NORTH/A-1", "1")
        approve(act, a)
        assert reading_of(b).moved_since == -1
        approve(act, b)
        assert left_in(ten_bolts) == 4, "8 found, 4 issued"

    def test_found_stock(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        place = "BOLT NORTH/A-2"
        a, b = counted(act, ten_bolts, "5", place), counted(act, ten_bolts, "5", place)
        approve(act, a)
        approve(act, b)
        assert left_in(ten_bolts, "NORTH/A-2") == 5

    @pytest.mark.parametrize("order", list(permutations("abc")))
    def test_three_counts_in_every_order_of_approval(
        self, ten_bolts: MasterData, act_as: Acts, order: tuple[str, ...]
    ) -> None:
        act = act_as("manager")
        sessions = {
            name: counted(act, ten_bolts, found) for name, found in zip("abc", ("8", "7", "9"), strict=True)
        }
        latest = ""
        for name in order:
            if name > latest:
                approve(act, sessions[name])
                latest = name
            else:
                with pytest.raises(StateConflict):
                    approve(act, sessions[name])
            assert left_in(ten_bolts) == {"a": 8, "b": 7, "c": 9}[latest]
        assert [check.name for check in verify() if check.broken and check.name != "named"] == []

    def test_a_superseded_line_is_left_out_of_the_posting(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        deliver(act, ten_bolts, receipt(ten_bolts, line(ten_bolts, "OIL", "NORTH/A-1", "4", "2")))
        a = start(act, ten_bolts)
        enter(act, ten_bolts, a, **{PLACE: "9", "OIL NORTH/A-1": "3"})
        a = hand_in(act, a)
        approve(act, counted(act, ten_bolts, "8"))
        position = approve(act, a)
        (entry,) = Entry.objects.filter(posting=position).select_related("item")
        assert (entry.item.sku, entry.quantity) == ("OIL", -1)
        assert left_in(ten_bolts) == 8
        a.refresh_from_db()
        assert line_of(a, "BOLT", "A-1").superseded_by, "and a closed count still says so"

    def test_a_count_that_was_reversed_wins_over_nothing(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        a, b = counted(act, ten_bolts, "8"), counted(act, ten_bolts, "9")
        reverse_posting(act, approve(act, b))
        assert (left_in(ten_bolts), line_of(a, "BOLT", "A-1").superseded_by) == (10, None)
        approve(act, a)
        assert left_in(ten_bolts) == 8

    def test_a_count_before_the_reading_that_is_reversed_after_it(
        self, ten_bolts: MasterData, act_as: Acts
    ) -> None:
        """Wrongly counted as 8, then found to be 10: the reversal explains the difference."""
        act = act_as("manager")
        wrong = approve(act, counted(act, ten_bolts, "8"))
        right = counted(act, ten_bolts, "10")
        assert reading_of(right).variance == 2
        reverse_posting(act, wrong)
        assert reading_of(right).variance == 0
        approve(act, right)
        assert left_in(ten_bolts) == 10

    def test_what_is_shown_of_a_closed_count_stays(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        a, b, c = (counted(act, ten_bolts, found) for found in ("8", "7", "6"))
        approve(act, a)
        approve(act, b)
        cancelled = cancel_count(act, session=counted(act, ten_bolts, "1"))
        b.refresh_from_db()
        before = [reading_of(b), reading_of(cancelled)]
        approve(act, c)
        adjust_by(act, ten_bolts, "1")
        after = [reading_of(b), reading_of(cancelled)]
        assert [(each.expected, each.superseded_by, each.corrections) for each in after] == [
            (each.expected, each.superseded_by, each.corrections) for each in before
        ]

    def test_figures_know_only_what_was_booked(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        a, b = counted(act, ten_bolts, "8"), counted(act, ten_bolts, "8")
        approve(act, a)
        approve(act, b)
        (figures,) = figures_of(hubs=[ten_bolts.north.pk])
        assert (figures.accuracy.lines, figures.accuracy.exact) == (2, 1)

    def test_a_look_from_before_another_count_was_posted(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        a, b = counted(act, ten_bolts, "8"), counted(act, ten_bolts, "9")
        looked_at = positions.current()
        lines = [line_of(b, "BOLT", "A-1").id]
        approve(act, a)
        values: dict[str, Any] = {"session": b, "accepted": lines, "seen": b.version}
        with pytest.raises(StateConflict) as refused:
            approve_count(act, **values, looked_at=looked_at)
        assert refused.value.reason is Reason.STALE_FORM
        approve_count(act, **values, looked_at=positions.current())
        assert left_in(ten_bolts) == 9

    def test_a_superseded_reading_disputes_nothing_and_cannot_be_chosen(
        self, ten_bolts: MasterData, act_as: Acts
    ) -> None:
        act, counter = act_as("manager"), act_as("counter")
        session = start(act, ten_bolts)
        enter(counter, ten_bolts, session, **{PLACE: "7"})
        approve(act, counted(act, ten_bolts, "8"))
        enter(act, ten_bolts, session, **{PLACE: "6"})
        session = hand_in(act, session)
        disputed = line_of(session, "BOLT", "A-1")
        assert not disputed.is_disputed
        old = next(each for each in disputed.readings if each.superseded_by)
        with pytest.raises(StateConflict) as refused:
            choose_reading(act, session=session, reading=old.id, seen=session.version)
        assert refused.value.reason is Reason.READING_SUPERSEDED
        approve(act, session)
        assert left_in(ten_bolts) == 6

    def test_a_choice_that_is_superseded_has_to_be_made_again(
        self, ten_bolts: MasterData, act_as: Acts
    ) -> None:
        act, counter = act_as("manager"), act_as("counter")
        session = start(act, ten_bolts)
        enter(counter, ten_bolts, session, **{PLACE: "7"})
        other = counted(act, ten_bolts, "8")
        enter(act, ten_bolts, session, **{PLACE: "6"})
        session = hand_in(act, session)
        first, second = line_of(session, "BOLT", "A-1").readings
        session = choose_reading(act, session=session, reading=first.id, seen=session.version)
        approve(act, other)
        with pytest.raises(ValidationFailed) as refused:
            approve(act, session)
        assert refused.value.reason is Reason.COUNTS_DIFFER
        session.refresh_from_db()
        choose_reading(act, session=session, reading=second.id, seen=session.version)
        approve(act, session)
        assert left_in(ten_bolts) == 6
