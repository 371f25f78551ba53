"""Counts that are refused or cancelled, and who may count and approve."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from ledger.counts.actions.approval import approve_count, cancel_count, choose_reading, request_recount
from ledger.counts.actions.counting import record_counts, submit_count
from ledger.counts.actions.opening import open_count
from ledger.models import CountReading, CountSession, Posting
from tests.factories import people
from tests.factories.counts import approve, enter, figure, hand_in, line_of, quantity_of, start, take_out
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts, Events


class TestTwoPeople:
    """Two people may count one line; the approver sees both figures, and chooses if they differ."""

    def test_both_readings_and_a_choice(
        self, stock_to_count: MasterData, act_as: Acts, events: Events
    ) -> None:
        counter, owner, manager = act_as("counter"), act_as("owner"), act_as("manager")
        session = start(counter, stock_to_count)
        enter(counter, stock_to_count, session, **{"BOLT NORTH/A-1": "9", "BOLT NORTH/A-2": "5"})
        enter(owner, stock_to_count, session, **{"BOLT NORTH/A-1": "10", "BOLT NORTH/A-2": "5"})
        session = hand_in(counter, session)
        disputed = line_of(session, "BOLT", "A-1")
        assert [reading.quantity for reading in disputed.readings] == [9, 10]
        assert disputed.is_disputed
        assert not line_of(session, "BOLT", "A-2").is_disputed, "they agree"

        with pytest.raises(ValidationFailed) as refused:
            approve(manager, session)
        assert refused.value.reason is Reason.COUNTS_DIFFER

        session = choose_reading(
            manager, session=session, reading=disputed.readings[1].id, seen=session.version
        )
        assert events(action="ledger.count.choose")[0].facts["counted"] == "10"
        approve(manager, session)
        assert quantity_of(stock_to_count, "BOLT", "NORTH/A-1") == 10

    def test_different_figures_may_mean_the_same_variance(
        self, stock_to_count: MasterData, act_as: Acts
    ) -> None:
        counter, owner = act_as("counter"), act_as("owner")
        session = start(counter, stock_to_count)
        enter(counter, stock_to_count, session, **{"BOLT NORTH/A-1": "9"})
        take_out(owner, stock_to_count, "BOLT", "NORTH/A-1", "4")
        enter(owner, stock_to_count, session, **{"BOLT NORTH/A-1": "5"})
        assert not line_of(session, "BOLT", "A-1").is_disputed

    def test_refuses_a_reading_of_another_count(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        first, second = start(act, stock_to_count), start(act, stock_to_count)
        for session in (first, second):
            enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "1"})
        second = hand_in(act, second)
        foreign = CountReading.objects.get(line__session=first).pk
        with pytest.raises(ValidationFailed) as refused:
            choose_reading(act, session=second, reading=foreign, seen=second.version)
        assert refused.value.reason is Reason.UNKNOWN_LINE


class TestRefuses:
    """Each refusal has its code and reason, and leaves nothing but its event."""

    def test_a_figure_that_cannot_be(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        session = start(act, stock_to_count, bins=[stock_to_count.bins["NORTH/A-1"]])
        for place, quantity, reason in (
            ("BOLT NORTH/A-1", "-1", Reason.COUNT_NEGATIVE),
            ("BOLT NORTH/A-1", "1.5", Reason.QUANTITY_TOO_PRECISE),
            ("BOLT NORTH/A-1", "1e17", Reason.INVALID_INPUT),
            ("BOLT NORTH/A-2", "1", Reason.OUT_OF_SCOPE),
            ("BOLT SOUTH/A-1", "1", Reason.OUT_OF_SCOPE),
        ):
            with pytest.raises(ValidationFailed) as refused:
                enter(act, stock_to_count, session, **{place: quantity})
            assert refused.value.reason is reason
            assert "1" in refused.value.details["lines"]
        twice = [figure(stock_to_count, "BOLT", "NORTH/A-1", "1", number=n) for n in (1, 2)]
        with pytest.raises(ValidationFailed) as refused:
            record_counts(act, session=session, figures=twice)
        assert refused.value.reason is Reason.DUPLICATE_ROW
        assert not CountReading.objects.exists()
        assert CountSession.objects.get().state == "open"

    def test_an_opening_that_cannot_be(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        for values, reason in (
            ({"bins": [stock_to_count.bins["SOUTH/A-1"]]}, Reason.OUT_OF_SCOPE),
            ({"tolerance_kind": "units", "tolerance": Decimal(-1)}, Reason.INVALID_INPUT),
            ({"not_counted_since": act.today + timedelta(days=1)}, Reason.DATE_IN_FUTURE),
            ({"assignee": "nobody"}, Reason.INVALID_INPUT),
        ):
            with pytest.raises(ValidationFailed) as refused:
                start(act, stock_to_count, **values)
            assert refused.value.reason is reason
        assert not CountSession.objects.exists()

    def test_a_second_submit_of_the_opening_form(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act, submission = act_as("counter"), uuid4()
        values: dict[str, Any] = {"submission": submission, "hub": stock_to_count.north, "title": "Twice"}
        first = open_count(act, **values)
        with pytest.raises(StateConflict) as refused:
            open_count(act, **values)
        assert (refused.value.reason, refused.value.details["count"]) == (Reason.ALREADY_POSTED, first.pk)

    def test_what_the_state_does_not_allow(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        with pytest.raises(ValidationFailed) as empty:
            hand_in(act, session)
        assert empty.value.reason is Reason.NO_DATA
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
        with pytest.raises(StateConflict):
            approve(act, session)
        with pytest.raises(ValidationFailed) as missing:
            submit_count(act, session=session)
        assert missing.value.reason is Reason.NOT_COUNTED
        assert [entry["sku"] for entry in missing.value.details["uncounted"]] == ["OIL", "BOLT"]

        hand_in(act, session)
        for again in (
            lambda: hand_in(act, session),
            lambda: enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "9"}),
        ):
            with pytest.raises(StateConflict) as conflict:
                again()
            assert conflict.value.reason is Reason.COUNT_STATE
        position = approve(act, session)
        with pytest.raises(StateConflict) as conflict:
            approve(act, session)
        assert (conflict.value.reason, conflict.value.details["position"]) == (
            Reason.ALREADY_POSTED,
            position,
        )
        with pytest.raises(StateConflict):
            cancel_count(act, session=session)
        assert Posting.objects.filter(kind="count").count() == 1

    def test_an_older_look(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
        session = hand_in(act, session)
        for late in (
            lambda: approve_count(act, session=session, accepted=[], seen=session.version - 1),
            lambda: request_recount(act, session=session, lines=[1], seen=session.version - 1),
        ):
            with pytest.raises(StateConflict) as refused:
                late()
            assert refused.value.reason is Reason.STALE_FORM

    @pytest.mark.parametrize("role", ["viewer", "receiver"])
    def test_who_does_not_count(self, stock_to_count: MasterData, act_as: Acts, role: str) -> None:
        session = start(act_as("counter"), stock_to_count)
        for attempt in (
            lambda act: start(act, stock_to_count),
            lambda act: enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "8"}),
            lambda act: hand_in(act, session),
            lambda act: approve(act, session),
            lambda act: cancel_count(act, session=session),
        ):
            with pytest.raises(PermissionDenied):
                attempt(act_as(role))
        assert CountSession.objects.get().state == "open"

    def test_the_counter_who_approves_or_cancels(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
        hand_in(act, session)
        for attempt in (lambda: approve(act, session), lambda: cancel_count(act, session=session)):
            with pytest.raises(PermissionDenied) as refused:
                attempt()
            assert refused.value.details["permission"] == "ledger.approve_count"

    def test_a_hub_that_is_not_granted(self, stock_to_count: MasterData, act_as: Acts) -> None:
        session = start(act_as("counter"), stock_to_count)
        local = act_as(user=people.add_person("counter", name="local", all_hubs=False))
        for attempt in (
            lambda: start(local, stock_to_count),
            lambda: enter(local, stock_to_count, session, **{"BOLT NORTH/A-1": "8"}),
        ):
            with pytest.raises(PermissionDenied) as refused:
                attempt()
            assert refused.value.reason is Reason.HUB_NOT_GRANTED


class TestCancel:
    """A cancelled count changes nothing."""

    def test_works(self, stock_to_count: MasterData, act_as: Acts, events: Events) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "0"})
        session = cancel_count(act, session=session, note="wrong hub")
        assert (session.state, session.note) == ("cancelled", "wrong hub")
        assert quantity_of(stock_to_count, "BOLT", "NORTH/A-1") == 10
        assert events(action="ledger.count.cancel")[0].changes[0]["before"] == {"state": "counting"}
        with pytest.raises(StateConflict):
            enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "0"})
