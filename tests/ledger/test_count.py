"""Counting, from the first figure to the posting: it works, is recorded, refuses, and leaves no trace when refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from ledger.counts.actions.approval import approve_count, request_recount
from ledger.counts.actions.counting import scan_one
from ledger.counts.queries.figures import figures_of
from ledger.models import CountLine, CountReading, Entry, HubBalance, Posting
from tests.factories.counts import approve, enter, hand_in, line_of, quantity_of, start
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts, Events


class TestWorks:
    """From opening to the posting."""

    def test_a_count_is_posted_with_its_evidence(self, stock_to_count: MasterData, act_as: Acts) -> None:
        counter, manager = act_as("counter"), act_as("manager")
        session = start(counter, stock_to_count)
        assert session.lines.count() == 3, "one line for each balance above zero of this hub"

        found = {"BOLT NORTH/A-1": "8", "BOLT NORTH/A-2": "5", "OIL NORTH/A-1": "2.25"}
        assert enter(counter, stock_to_count, session, **found).state == "counting"
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
        assert quantity_of(stock_to_count, "BOLT", "NORTH/A-1") == 8
        # 15 bolts were worth 45, 3 each; 2 are gone. Found oil costs the hub's average, 4.
        assert HubBalance.objects.get(item=stock_to_count.items["BOLT"], hub=stock_to_count.north).value == 39
        assert HubBalance.objects.get(item=stock_to_count.items["OIL"], hub=stock_to_count.north).value == 9

    def test_a_zero_variance_is_kept_as_evidence(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "10"})
        hand_in(act, session)
        position = approve_count(act, session=session, accepted=[], seen=session.version + 1)

        (entry,) = Entry.objects.filter(posting=position)
        assert (entry.quantity, entry.value, entry.counted_quantity) == (0, 0, 10)
        assert entry.bin_quantity == 10

    def test_scanning_adds_one(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("counter")
        session = start(act, stock_to_count)
        again = uuid4()
        for scan in (uuid4(), uuid4(), again, again):
            bolt, bin_ = stock_to_count.items["BOLT"], stock_to_count.bins["NORTH/A-1"]
            scan_one(act, session=session, item=bolt, bin_=bin_, scan=scan)
        assert CountReading.objects.get().quantity == 3, "the same scan sent twice counts once"

    def test_a_scan_that_is_sent_again_late_counts_once(
        self, stock_to_count: MasterData, act_as: Acts
    ) -> None:
        """After other scans, after a typed figure, and after the line was sent back."""
        act, late = act_as("counter"), uuid4()
        session = start(act, stock_to_count)
        bolt = {"item": stock_to_count.items["BOLT"], "bin_": stock_to_count.bins["NORTH/A-1"]}
        for scan in (late, uuid4(), late):
            scan_one(act, session=session, **bolt, scan=scan)
        assert CountReading.objects.get().quantity == 2
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "9"})
        scan_one(act, session=session, **bolt, scan=late)
        assert CountReading.objects.get().quantity == 9
        session = hand_in(act, session)
        again = [line_of(session, "BOLT", "A-1").id]
        request_recount(act_as("manager"), session=session, lines=again, seen=session.version)
        scan_one(act, session=session, **bolt, scan=late)
        assert CountReading.objects.get().quantity == 9
        scan_one(act, session=session, **bolt, scan=uuid4())
        assert CountReading.objects.order_by("round").last().quantity == 1

    def test_found_stock_is_added_within_scope(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count, bins=[stock_to_count.bins["NORTH/A-2"]])
        enter(act, stock_to_count, session, **{"CABLE NORTH/A-2": "3.5", "BOLT NORTH/A-2": "5"})
        assert CountLine.objects.get(item__sku="CABLE").is_found
        hand_in(act, session)
        approve(act, session)
        assert quantity_of(stock_to_count, "CABLE", "NORTH/A-2") == Decimal("3.5")

    def test_a_line_left_uncounted_changes_nothing(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        enter(act, stock_to_count, session, **{"BOLT NORTH/A-1": "0"})
        hand_in(act, session)
        position = approve(act, session)
        assert Entry.objects.filter(posting=position).count() == 1
        assert quantity_of(stock_to_count, "BOLT", "NORTH/A-2") == 5
        assert CountLine.objects.filter(is_left_out=True).count() == 2

    def test_the_scope_is_narrowed(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        category = stock_to_count.items["BOLT"].category
        assert start(act, stock_to_count, items=[stock_to_count.items["OIL"]]).lines.count() == 1
        assert start(act, stock_to_count, bins=[stock_to_count.bins["NORTH/A-1"]]).lines.count() == 2
        assert start(act, stock_to_count, categories=[category]).lines.count() == 3
        session = start(act, stock_to_count, items=[stock_to_count.items["OIL"]])
        enter(act, stock_to_count, session, **{"OIL NORTH/A-1": "1.5"})
        hand_in(act, session)
        approve(act, session)
        assert start(act, stock_to_count, not_counted_since=act.today).lines.count() == 2
        assert (
            start(act, stock_to_count, not_counted_since=act.today - timedelta(days=400)).lines.count() == 2
        )

    def test_figures_of_a_hub(self, stock_to_count: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = start(act, stock_to_count)
        found = {"BOLT NORTH/A-1": "8", "BOLT NORTH/A-2": "5", "OIL NORTH/A-1": "2.5"}
        enter(act, stock_to_count, session, **found)
        hand_in(act, session)
        approve(act, session)
        (figures,) = figures_of(hubs=[stock_to_count.north.pk, stock_to_count.south.pk])
        assert (figures.accuracy.lines, figures.accuracy.exact) == (3, 1)
        assert figures.accuracy.by_lines == Decimal("33.3")
        # Bolts: 8 + 5 of 10 + 5 agree. Oil: 1.5 of 2.5. The two units are never added up.
        assert [
            (unit.unit, unit.accuracy, unit.up, unit.down, unit.net) for unit in figures.accuracy.units
        ] == [
            ("l", 60, 1, 0, 1),
            ("pcs", Decimal("86.6"), 0, -2, -2),
        ]
        assert (figures.value_up, figures.value_down, figures.net_value) == (4, -6, -2)


class TestIsRecorded:
    """One event for each step, without expected quantities."""

    def test_every_step(self, stock_to_count: MasterData, act_as: Acts, events: Events) -> None:
        counter, manager = act_as("counter"), act_as("manager")
        session = start(counter, stock_to_count)
        enter(counter, stock_to_count, session, **{"BOLT NORTH/A-1": "8"})
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
