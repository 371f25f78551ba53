"""Counting, from the first figure to the posting: works, is recorded, refuses, and leaves no trace when refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from ledger.counts.actions.approval import approve_count, cancel_count, choose_reading, request_recount
from ledger.counts.actions.counting import record_counts, scan_one, submit_count
from ledger.counts.actions.opening import open_count
from ledger.counts.queries.figures import figures_of
from ledger.counts.queries.review import review_of
from ledger.models import BinBalance, CountLine, CountReading, CountSession, Entry, HubBalance, Posting
from tests.factories import people
from tests.factories.counts import approve, enter, figure, hand_in, line_of, start, take_out
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts, Events


@pytest.fixture
def stocked(master_data: MasterData, act_as: Acts) -> MasterData:
    """10 bolts in A-1, 5 in A-2, 1.5 oil in A-1; 7 bolts in the other hub."""
    deliver(
        act_as("owner"),
        master_data,
        receipt(
            master_data,
            line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
            line(master_data, "BOLT", "NORTH/A-2", "5", "5", number=2),
            line(master_data, "OIL", "NORTH/A-1", "1.5", "4", number=3),
            line(master_data, "BOLT", "SOUTH/A-1", "7", "1", number=4),
        ),
    )
    return master_data


def quantity_of(master_data: MasterData, sku: str, address: str) -> Decimal:
    return BinBalance.objects.get(item=master_data.items[sku], bin=master_data.bins[address]).quantity


class TestWorks:
    """From opening to the posting."""

    def test_a_count_is_posted_with_its_evidence(self, stocked: MasterData, act_as: Acts) -> None:
        counter, manager = act_as("counter"), act_as("manager")
        session = start(counter, stocked)
        assert session.lines.count() == 3, "one line for each balance above zero of this hub"

        found = {"BOLT NORTH/A-1": "8", "BOLT NORTH/A-2": "5", "OIL NORTH/A-1": "2.25"}
        assert enter(counter, stocked, session, **found).state == "counting"
        assert hand_in(counter, session).state == "submitted"
        position = approve(manager, session)

        session.refresh_from_db()
        assert (session.state, session.posting_id, session.closed_by) == (
            "approved",
            position,
            manager.actor.ref,
        )
        posting = Posting.objects.get(position=position)
        assert (posting.kind, posting.reference) == ("count", str(session))
        entries = {
            (entry.item.sku, entry.bin.code): (
                entry.counted_quantity,
                entry.expected_quantity,
                entry.quantity,
            )
            for entry in posting.entries.select_related("item", "bin")
        }
        assert entries == {
            ("BOLT", "A-1"): (8, 10, -2),
            ("BOLT", "A-2"): (5, 5, 0),
            ("OIL", "A-1"): (Decimal("2.25"), Decimal("1.5"), Decimal("0.75")),
        }
        assert quantity_of(stocked, "BOLT", "NORTH/A-1") == 8
        # 15 bolts were worth 45, 3 each; 2 are gone. Found oil costs the hub's average, 4.
        assert HubBalance.objects.get(item=stocked.items["BOLT"], hub=stocked.north).value == 39
        assert HubBalance.objects.get(item=stocked.items["OIL"], hub=stocked.north).value == 9

    def test_a_zero_variance_is_kept_as_evidence(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "10"})
        hand_in(act, session)
        position = approve_count(act, session=session, accepted=[], seen=session.version + 1)

        (entry,) = Entry.objects.filter(posting=position)
        assert (entry.quantity, entry.value, entry.counted_quantity) == (0, 0, 10)
        assert entry.bin_quantity == 10

    def test_scanning_adds_one(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        session = start(act, stocked)
        again = uuid4()
        for scan in (uuid4(), uuid4(), again, again):
            bolt, bin_ = stocked.items["BOLT"], stocked.bins["NORTH/A-1"]
            scan_one(act, session=session, item=bolt, bin_=bin_, scan=scan)
        assert CountReading.objects.get().quantity == 3, "the same scan sent twice counts once"

    def test_a_scan_that_is_sent_again_late_counts_once(self, stocked: MasterData, act_as: Acts) -> None:
        """After other scans, after a figure was typed, and after the line was sent back."""
        act, late = act_as("counter"), uuid4()
        session = start(act, stocked)
        bolt = {"item": stocked.items["BOLT"], "bin_": stocked.bins["NORTH/A-1"]}
        for scan in (late, uuid4(), late):
            scan_one(act, session=session, **bolt, scan=scan)
        assert CountReading.objects.get().quantity == 2
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "9"})
        scan_one(act, session=session, **bolt, scan=late)
        assert CountReading.objects.get().quantity == 9
        session = hand_in(act, session)
        again = [line_of(session, "BOLT", "A-1").id]
        request_recount(act_as("manager"), session=session, lines=again, seen=session.version)
        scan_one(act, session=session, **bolt, scan=late)
        assert CountReading.objects.get().quantity == 9
        scan_one(act, session=session, **bolt, scan=uuid4())
        assert CountReading.objects.order_by("round").last().quantity == 1

    def test_found_stock_is_added_within_scope(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked, bins=[stocked.bins["NORTH/A-2"]])
        enter(act, stocked, session, **{"CABLE NORTH/A-2": "3.5", "BOLT NORTH/A-2": "5"})
        assert CountLine.objects.get(item__sku="CABLE").is_found
        hand_in(act, session)
        approve(act, session)
        assert quantity_of(stocked, "CABLE", "NORTH/A-2") == Decimal("3.5")

    def test_a_line_left_uncounted_changes_nothing(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "0"})
        hand_in(act, session)
        position = approve(act, session)
        assert Entry.objects.filter(posting=position).count() == 1
        assert quantity_of(stocked, "BOLT", "NORTH/A-2") == 5
        assert CountLine.objects.filter(is_left_out=True).count() == 2

    def test_the_scope_is_narrowed(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        category = stocked.items["BOLT"].category
        assert start(act, stocked, items=[stocked.items["OIL"]]).lines.count() == 1
        assert start(act, stocked, bins=[stocked.bins["NORTH/A-1"]]).lines.count() == 2
        assert start(act, stocked, categories=[category]).lines.count() == 3
        session = start(act, stocked, items=[stocked.items["OIL"]])
        enter(act, stocked, session, **{"OIL NORTH/A-1": "1.5"})
        hand_in(act, session)
        approve(act, session)
        assert start(act, stocked, not_counted_since=act.today).lines.count() == 2
        assert start(act, stocked, not_counted_since=act.today - timedelta(days=400)).lines.count() == 2

    def test_figures_of_a_hub(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        found = {"BOLT NORTH/A-1": "8", "BOLT NORTH/A-2": "5", "OIL NORTH/A-1": "2.5"}
        enter(act, stocked, session, **found)
        hand_in(act, session)
        approve(act, session)
        (figures,) = figures_of(hubs=[stocked.north.pk, stocked.south.pk])
        assert (figures.accuracy.lines, figures.accuracy.exact) == (3, 1)
        assert figures.accuracy.by_lines == Decimal("33.3")
        # Of bolts 8 + 5 agree, of 10 + 5; of oil 1.5 of 2.5. Nobody adds bolts to oil.
        assert [
            (unit.unit, unit.accuracy, unit.up, unit.down, unit.net) for unit in figures.accuracy.units
        ] == [
            ("l", 60, 1, 0, 1),
            ("pcs", Decimal("86.6"), 0, -2, -2),
        ]
        assert (figures.value_up, figures.value_down, figures.net_value) == (4, -6, -2)


class TestStockThatMoves:
    """A count stays right while stock moves."""

    def test_expected_is_the_balance_when_the_line_was_counted(
        self, stocked: MasterData, act_as: Acts
    ) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "9"})
        take_out(act, stocked, "BOLT", "NORTH/A-1", "4")
        enter(act, stocked, session, **{"BOLT NORTH/A-2": "5"})
        hand_in(act, session)

        bolts = line_of(session, "BOLT", "A-1").readings[0]
        assert (bolts.expected, bolts.variance, bolts.moved_since) == (10, -1, -4)
        approve(act, session)
        assert quantity_of(stocked, "BOLT", "NORTH/A-1") == 5, "10 - 4 issued - 1 missing"

    def test_counting_again_looks_again(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "10"})
        take_out(act, stocked, "BOLT", "NORTH/A-1", "4")
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "6"})
        assert line_of(session, "BOLT", "A-1").readings[0].variance == 0

    def test_below_zero_is_refused_by_line_and_sent_back(
        self, stocked: MasterData, act_as: Acts, events: Events
    ) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "4", "BOLT NORTH/A-2": "5"})
        hand_in(act, session)
        take_out(act, stocked, "BOLT", "NORTH/A-1", "8")
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
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "1"})
        submit_count(act, session=session)
        approve(act, session)
        assert quantity_of(stocked, "BOLT", "NORTH/A-1") == 1


class TestTolerance:
    """Small variances are approved by themselves; the rest needs a word."""

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
        self, stocked: MasterData, act_as: Acts, kind: str, amount: str, within: bool
    ) -> None:
        act = act_as("manager")
        session = start(act, stocked, tolerance_kind=kind, tolerance=Decimal(amount))
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "8"})
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
        self, stocked: MasterData, act_as: Acts
    ) -> None:
        """Two people miss two bolts, before and after dear ones came in: the later reading holds, and its cost."""
        act, other = act_as("manager"), act_as("counter")
        session = start(act, stocked, tolerance_kind="value", tolerance=Decimal(6))
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "8"})
        assert line_of(session, "BOLT", "A-1").is_within
        deliver(act, stocked, receipt(stocked, line(stocked, "BOLT", "NORTH/DOCK", "10", "100")))
        enter(other, stocked, session, **{"BOLT NORTH/A-1": "8"})
        found = line_of(session, "BOLT", "A-1")
        assert found.settled is not None
        assert found.settled.unit_cost > 3
        assert not found.is_within
        assert found.variance_value == -round(2 * found.settled.unit_cost, 2)

    def test_what_has_no_known_cost_has_no_small_value(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked, tolerance_kind="value", tolerance=Decimal(1000))
        enter(act, stocked, session, **{"CABLE NORTH/A-1": "1"})
        session = hand_in(act, session)
        assert not line_of(session, "CABLE", "A-1").is_within


class TestRecount:
    """Lines that were sent back are counted again; the others are not."""

    def test_only_the_new_round_holds(self, stocked: MasterData, act_as: Acts) -> None:
        counter, manager = act_as("counter"), act_as("manager")
        session = start(counter, stocked)
        enter(counter, stocked, session, **{"BOLT NORTH/A-1": "1", "BOLT NORTH/A-2": "4"})
        session = hand_in(counter, session)
        again = line_of(session, "BOLT", "A-1").id
        session = request_recount(manager, session=session, lines=[again], seen=session.version, note="again")
        assert (session.state, session.round) == ("recount", 2)

        with pytest.raises(ValidationFailed) as refused:
            enter(counter, stocked, session, **{"BOLT NORTH/A-2": "5"})
        assert refused.value.reason is Reason.OUT_OF_SCOPE
        with pytest.raises(ValidationFailed) as refused:
            submit_count(counter, session=session)
        assert refused.value.reason is Reason.NOT_COUNTED

        enter(counter, stocked, session, **{"BOLT NORTH/A-1": "10"})
        session = submit_count(counter, session=session, without=_oil(session))
        position = approve(manager, session)
        assert {(entry.bin.code, entry.quantity) for entry in Entry.objects.filter(posting=position)} == {
            ("A-1", 0),
            ("A-2", -1),
        }
        assert CountReading.objects.filter(line=again).count() == 2, "what was counted before is kept"

    def test_refuses_an_unknown_line_and_none(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "1"})
        session = hand_in(act, session)
        for lines, reason in (([], Reason.NO_DATA), ([10**9], Reason.UNKNOWN_LINE)):
            with pytest.raises(ValidationFailed) as refused:
                request_recount(act, session=session, lines=lines, seen=session.version)
            assert refused.value.reason is reason
        session.refresh_from_db()
        assert session.state == "submitted"


class TestTwoPeople:
    """Two people may count one line; the approver sees both, and chooses where they differ."""

    def test_both_readings_and_a_choice(self, stocked: MasterData, act_as: Acts, events: Events) -> None:
        counter, owner, manager = act_as("counter"), act_as("owner"), act_as("manager")
        session = start(counter, stocked)
        enter(counter, stocked, session, **{"BOLT NORTH/A-1": "9", "BOLT NORTH/A-2": "5"})
        enter(owner, stocked, session, **{"BOLT NORTH/A-1": "10", "BOLT NORTH/A-2": "5"})
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
        assert quantity_of(stocked, "BOLT", "NORTH/A-1") == 10

    def test_different_figures_may_mean_the_same_variance(self, stocked: MasterData, act_as: Acts) -> None:
        counter, owner = act_as("counter"), act_as("owner")
        session = start(counter, stocked)
        enter(counter, stocked, session, **{"BOLT NORTH/A-1": "9"})
        take_out(owner, stocked, "BOLT", "NORTH/A-1", "4")
        enter(owner, stocked, session, **{"BOLT NORTH/A-1": "5"})
        assert not line_of(session, "BOLT", "A-1").is_disputed

    def test_refuses_a_reading_of_another_count(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        first, second = start(act, stocked), start(act, stocked)
        for session in (first, second):
            enter(act, stocked, session, **{"BOLT NORTH/A-1": "1"})
        second = hand_in(act, second)
        foreign = CountReading.objects.get(line__session=first).pk
        with pytest.raises(ValidationFailed) as refused:
            choose_reading(act, session=second, reading=foreign, seen=second.version)
        assert refused.value.reason is Reason.UNKNOWN_LINE


class TestIsRecorded:
    """One event each, none of which knows what was expected."""

    def test_every_step(self, stocked: MasterData, act_as: Acts, events: Events) -> None:
        counter, manager = act_as("counter"), act_as("manager")
        session = start(counter, stocked)
        enter(counter, stocked, session, **{"BOLT NORTH/A-1": "8"})
        hand_in(counter, session)
        position = approve(manager, session)

        opened, counted, handed_in, approved = (
            events(action=f"ledger.count.{step}")[-1] for step in ("open", "record", "submit", "approve")
        )
        assert {event.outcome for event in (opened, counted, handed_in, approved)} == {"allowed"}
        assert opened.changes[0]["after"]["lines"] == 3
        assert counted.facts["figures"] == [{"item": "BOLT", "bin": "A-1", "counted": "8"}]
        assert counted.resource_label == str(session)
        assert handed_in.changes[0]["after"]["state"] == "submitted"
        assert (approved.first_position, approved.facts["quantities"]) == (position, {"pcs": "-2.0000"})
        assert approved.facts["accepted"] == 1
        assert Posting.objects.get(position=position).request_id == approved.request_id


class TestRefuses:
    """Each with its code and reason, and nothing left behind but the event."""

    def test_a_figure_that_cannot_be(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        session = start(act, stocked, bins=[stocked.bins["NORTH/A-1"]])
        for place, quantity, reason in (
            ("BOLT NORTH/A-1", "-1", Reason.COUNT_NEGATIVE),
            ("BOLT NORTH/A-1", "1.5", Reason.QUANTITY_TOO_PRECISE),
            ("BOLT NORTH/A-1", "1e17", Reason.INVALID_INPUT),
            ("BOLT NORTH/A-2", "1", Reason.OUT_OF_SCOPE),
            ("BOLT SOUTH/A-1", "1", Reason.OUT_OF_SCOPE),
        ):
            with pytest.raises(ValidationFailed) as refused:
                enter(act, stocked, session, **{place: quantity})
            assert refused.value.reason is reason
            assert "1" in refused.value.details["lines"]
        twice = [figure(stocked, "BOLT", "NORTH/A-1", "1", number=n) for n in (1, 2)]
        with pytest.raises(ValidationFailed) as refused:
            record_counts(act, session=session, figures=twice)
        assert refused.value.reason is Reason.DUPLICATE_ROW
        assert not CountReading.objects.exists()
        assert CountSession.objects.get().state == "open"

    def test_an_opening_that_cannot_be(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        for values, reason in (
            ({"bins": [stocked.bins["SOUTH/A-1"]]}, Reason.OUT_OF_SCOPE),
            ({"tolerance_kind": "units", "tolerance": Decimal(-1)}, Reason.INVALID_INPUT),
            ({"not_counted_since": act.today + timedelta(days=1)}, Reason.DATE_IN_FUTURE),
            ({"assignee": "nobody"}, Reason.INVALID_INPUT),
        ):
            with pytest.raises(ValidationFailed) as refused:
                start(act, stocked, **values)
            assert refused.value.reason is reason
        assert not CountSession.objects.exists()

    def test_a_second_submit_of_the_opening_form(self, stocked: MasterData, act_as: Acts) -> None:
        act, submission = act_as("counter"), uuid4()
        values: dict[str, Any] = {"submission": submission, "hub": stocked.north, "title": "Twice"}
        first = open_count(act, **values)
        with pytest.raises(StateConflict) as refused:
            open_count(act, **values)
        assert (refused.value.reason, refused.value.details["count"]) == (Reason.ALREADY_POSTED, first.pk)

    def test_what_the_state_does_not_allow(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        with pytest.raises(ValidationFailed) as empty:
            hand_in(act, session)
        assert empty.value.reason is Reason.NO_DATA
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "8"})
        with pytest.raises(StateConflict):
            approve(act, session)
        with pytest.raises(ValidationFailed) as missing:
            submit_count(act, session=session)
        assert missing.value.reason is Reason.NOT_COUNTED
        assert [entry["sku"] for entry in missing.value.details["uncounted"]] == ["OIL", "BOLT"]

        hand_in(act, session)
        for again in (
            lambda: hand_in(act, session),
            lambda: enter(act, stocked, session, **{"BOLT NORTH/A-1": "9"}),
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

    def test_an_older_look(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "8"})
        session = hand_in(act, session)
        for late in (
            lambda: approve_count(act, session=session, accepted=[], seen=session.version - 1),
            lambda: request_recount(act, session=session, lines=[1], seen=session.version - 1),
        ):
            with pytest.raises(StateConflict) as refused:
                late()
            assert refused.value.reason is Reason.STALE_FORM

    @pytest.mark.parametrize("role", ["viewer", "receiver"])
    def test_who_does_not_count(self, stocked: MasterData, act_as: Acts, role: str) -> None:
        session = start(act_as("counter"), stocked)
        for attempt in (
            lambda act: start(act, stocked),
            lambda act: enter(act, stocked, session, **{"BOLT NORTH/A-1": "8"}),
            lambda act: hand_in(act, session),
            lambda act: approve(act, session),
            lambda act: cancel_count(act, session=session),
        ):
            with pytest.raises(PermissionDenied):
                attempt(act_as(role))
        assert CountSession.objects.get().state == "open"

    def test_the_counter_who_approves_or_cancels(self, stocked: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "8"})
        hand_in(act, session)
        for attempt in (lambda: approve(act, session), lambda: cancel_count(act, session=session)):
            with pytest.raises(PermissionDenied) as refused:
                attempt()
            assert refused.value.details["permission"] == "ledger.approve_count"

    def test_a_hub_that_is_not_granted(self, stocked: MasterData, act_as: Acts) -> None:
        session = start(act_as("counter"), stocked)
        local = act_as(user=people.add_person("counter", name="local", all_hubs=False))
        for attempt in (
            lambda: start(local, stocked),
            lambda: enter(local, stocked, session, **{"BOLT NORTH/A-1": "8"}),
        ):
            with pytest.raises(PermissionDenied) as refused:
                attempt()
            assert refused.value.reason is Reason.HUB_NOT_GRANTED


class TestCancel:
    """A cancelled count changes nothing."""

    def test_works(self, stocked: MasterData, act_as: Acts, events: Events) -> None:
        act = act_as("manager")
        session = start(act, stocked)
        enter(act, stocked, session, **{"BOLT NORTH/A-1": "0"})
        session = cancel_count(act, session=session, note="wrong hub")
        assert (session.state, session.note) == ("cancelled", "wrong hub")
        assert quantity_of(stocked, "BOLT", "NORTH/A-1") == 10
        assert events(action="ledger.count.cancel")[0].changes[0]["before"] == {"state": "counting"}
        with pytest.raises(StateConflict):
            enter(act, stocked, session, **{"BOLT NORTH/A-1": "0"})


def _oil(session: CountSession) -> set[int]:
    return {line.id for line in review_of(session) if line.sku == "OIL"}
