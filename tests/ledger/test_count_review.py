"""Reviewing a count: stock that moves meanwhile, tolerance, and sending lines back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from asora.kernel.refusals import Reason, ValidationFailed
from ledger.counts.actions.approval import approve_count, request_recount
from ledger.counts.actions.counting import submit_count
from ledger.models import CountReading, Entry, Posting
from tests.factories.counts import (
    approve,
    enter,
    hand_in,
    line_of,
    oil_lines,
    quantity_of,
    start,
    take_out,
)
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts, Events


class TestStockThatMoves:
    """A count stays right while stock moves."""

    def test_expected_is_the_balance_when_the_line_was_counted(
        self, stock_to_count: MasterData, act_as: Acts
    ) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "9"})
        take_out(act, stock_to_count, "BOLT", "NORTH/A-1", "4")
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-2": "5"})
        hand_in(act, session)

        bolts = line_of(session, "BOLT", "A-1").readings[0]
        assert (bolts.expected, bolts.variance, bolts.moved_since) == (10, -1, -4)
        approve(act, session)
        assert quantity_of(stock_to_count, "BOLT", "NORTH/A-1") == 5, "10 - 4 issued - 1 missing"

    def test_counting_again_looks_again(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "10"})
        take_out(act, stock_to_count, "BOLT", "NORTH/A-1", "4")
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "6"})
        assert line_of(session, "BOLT", "A-1").readings[0].variance == 0

    def test_below_zero_is_refused_by_line_and_sent_back(
        self, stock_to_count: MasterData, act_as: Acts, events: Events
    ) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "4", "BOLT NORTH/A-2": "5"})
        hand_in(act, session)
        take_out(act, stock_to_count, "BOLT", "NORTH/A-1", "8")
        short = line_of(session, "BOLT", "A-1")
        assert short.is_short

        with pytest.raises(ValidationFailed) as refused:
            approve(act, session)
        assert refused.value.reason is Reason.INSUFFICIENT_STOCK
        assert list(refused.value.details["lines"]) == [str(short.id)]
        assert not Posting.objects.filter(kind="count").exists()
        (event,) = events(action="ledger.count.approve")
        assert (event.outcome, event.reason) == ("refused", "INSUFFICIENT_STOCK")

        session.refresh_from_db()
        assert session.state == "submitted"
        request_recount(act, session=session, lines=[short.id], seen=session.version)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "1"})
        submit_count(act, session=session)
        approve(act, session)
        assert quantity_of(stock_to_count, "BOLT", "NORTH/A-1") == 1


class TestTolerance:
    """Small variances are approved automatically; all others need a decision."""

    @pytest.mark.parametrize(
        ("kind", "amount", "within"),
        [
            ("none", "0", False),
            ("units", "2", True),
            ("units", "1", False),
            ("percent", "20", True),
            ("percent", "19.9", False),
            ("value", "6", True),
            ("value", "5.99", False),
        ],
    )
    def test_lines_within_it(
        self, stock_to_count: MasterData, act_as: Acts, kind: str, amount: str, within: bool
    ) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count, tolerance_kind=kind, tolerance=Decimal(amount))
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
        session = hand_in(act, session)
        found = line_of(session, "BOLT", "A-1")
        assert (found.is_within, found.needs_decision) == (within, not within)
        if within:
            assert approve_count(act, session=session, accepted=[], seen=session.version)
            return
        with pytest.raises(ValidationFailed) as refused:
            approve_count(act, session=session, accepted=[], seen=session.version)
        assert refused.value.reason is Reason.VARIANCE_UNDECIDED
        assert refused.value.details["undecided"] == [{"line": found.id, "bin": "A-1", "sku": "BOLT"}]

    def test_a_variance_is_worth_what_a_unit_cost_at_the_reading_that_holds(
        self, stock_to_count: MasterData, act_as: Acts
    ) -> None:
        """Two people find two bolts missing, before and after expensive ones came in: the later reading is used."""
        act, other = act_as("manager"), act_as("counter")
        session = start(act, stock_to_count, tolerance_kind="value", tolerance=Decimal(6))
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
        assert line_of(session, "BOLT", "A-1").is_within
        deliver(
            act,
            stock_to_count,
            receipt(stock_to_count, line(stock_to_count, "BOLT", "NORTH/DOCK", "10", "100")),
        )
        enter(other, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
        found = line_of(session, "BOLT", "A-1")
        assert found.settled is not None
        assert found.settled.unit_cost > 3
        assert not found.is_within
        assert found.variance_value == -round(2 * found.settled.unit_cost, 2)

    def test_what_has_no_known_cost_has_no_small_value(
        self, stock_to_count: MasterData, act_as: Acts
    ) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count, tolerance_kind="value", tolerance=Decimal(1000))
        enter(act, stock_to_count, session, **{"CABLE NORTH/A-1": "1"})
        session = hand_in(act, session)
        assert not line_of(session, "CABLE", "A-1").is_within


class TestRecount:
    """Lines that were sent back are counted again, and no others."""

    def test_only_the_new_round_holds(self, stock_to_count: MasterData, act_as: Acts) -> None:
        counter, manager = act_as("counter"), act_as("manager")
        session = start(counter, stock_to_count)
        enter(counter, stock_to_count, session, **{"BOLT NORTH/A-1": "1", "BOLT NORTH/A-2": "4"})
        session = hand_in(counter, session)
        again = line_of(session, "BOLT", "A-1").id
        session = request_recount(manager, session=session, lines=[again], seen=session.version, note="again")
        assert (session.state, session.round) == ("recount", 2)

        with pytest.raises(ValidationFailed) as refused:
            enter(counter, stock_to_count, session, **{"BOLT NORTH/A-2": "5"})
        assert refused.value.reason is Reason.OUT_OF_SCOPE
        with pytest.raises(ValidationFailed) as refused:
            submit_count(counter, session=session)
        assert refused.value.reason is Reason.NOT_COUNTED

        enter(counter, stock_to_count, session, **{"BOLT NORTH/A-1": "10"})
        session = submit_count(counter, session=session, without=oil_lines(session))
        position = approve(manager, session)
        assert {(entry.bin.code, entry.quantity) for entry in Entry.objects.filter(posting=position)} == {
            ("A-1", 0),
            ("A-2", -1),
        }
        assert CountReading.objects.filter(line=again).count() == 2, "what was counted before is kept"

    def test_refuses_an_unknown_line_and_none(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "1"})
        session = hand_in(act, session)
        for lines, reason in (([], Reason.NO_DATA), ([10**9], Reason.UNKNOWN_LINE)):
            with pytest.raises(ValidationFailed) as refused:
                request_recount(act, session=session, lines=lines, seen=session.version)
            assert refused.value.reason is reason
        session.refresh_from_db()
        assert session.state == "submitted"
