"""A correction after a reading is the same difference or another one: a person decides, never a tolerance."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from ledger.counts.actions.approval import request_recount
from ledger.counts.actions.counting import submit_count
from ledger.counts.actions.decisions import decide_correction
from ledger.models import CountLine, CountSession, Entry, Kind, Posting
from tests.factories.counts import (
    PLACE,
    adjust_by,
    approve,
    counted,
    decide,
    enter,
    left_in,
    line_of,
    take_out,
)
from tests.factories.documents import reverse_posting
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts

SAME, ANOTHER = CountLine.Decision.SAME, CountLine.Decision.ANOTHER


class TestAnAdjustmentAfterTheReading:
    """An adjustment after a reading: a person decides whether it is the same difference."""

    @pytest.mark.parametrize(("decision", "outcome"), [(SAME, 8), (ANOTHER, 6)])
    def test_both_outcomes_are_shown_and_one_is_decided(
        self, ten_bolts: MasterData, act_as: Acts, events: Any, decision: Any, outcome: int
    ) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8", tolerance_kind="units", tolerance=Decimal(5))
        position = adjust_by(act, ten_bolts, "-2")
        shown = line_of(session, "BOLT", "A-1")
        assert (shown.is_ambiguous, shown.is_within, shown.needs_decision) == (True, False, True)
        assert (shown.left_if_same, shown.left_if_another) == (8, 6)
        with pytest.raises(ValidationFailed) as refused:
            approve(act, session)
        assert refused.value.reason is Reason.ADJUSTED_SINCE
        assert refused.value.details["undecided"] == [
            {
                "line": shown.id, "bin": "A-1", "sku": "BOLT", "corrections": [position],
                "left_if_same": "8.0000", "left_if_another": "6.0000",
            }
        ]  # fmt: skip
        assert left_in(ten_bolts) == 8

        session = decide(act, session, "BOLT", "A-1", decision)
        posted = approve(act, session)
        assert left_in(ten_bolts) == outcome
        (entry,) = Entry.objects.filter(posting=posted)
        assert entry.counted_quantity - entry.expected_quantity == entry.quantity
        (event,) = events(action="ledger.count.decide")
        assert event.facts["decision"] == decision
        assert (event.facts["corrections"], Decimal(event.facts["left"])) == ([position], outcome)

    def test_before_the_reading_it_is_expected(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        adjust_by(act, ten_bolts, "-2")
        session = counted(act, ten_bolts, "8")
        assert not line_of(session, "BOLT", "A-1").needs_decision
        approve(act, session)
        assert left_in(ten_bolts) == 8

    def test_found_by_both(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "15")
        adjust_by(act, ten_bolts, "5")
        shown = line_of(session, "BOLT", "A-1")
        assert (shown.left_if_same, shown.left_if_another) == (15, 20)
        approve(act, decide(act, session, "BOLT", "A-1", SAME))
        assert left_in(ten_bolts) == 15

    def test_without_a_variance_it_is_undecided_too(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "10")
        adjust_by(act, ten_bolts, "-2")
        assert line_of(session, "BOLT", "A-1").is_ambiguous
        approve(act, decide(act, session, "BOLT", "A-1", ANOTHER))
        assert left_in(ten_bolts) == 8

    def test_sent_back_and_counted_again_it_is_decided(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        adjust_by(act, ten_bolts, "-2")
        session = decide(act, session, "BOLT", "A-1", ANOTHER)
        again = line_of(session, "BOLT", "A-1").id
        session = request_recount(act, session=session, lines=[again], seen=session.version)
        assert CountLine.objects.get(pk=again).decision == ""
        enter(act, ten_bolts, session, **{PLACE: "8"})
        submit_count(act, session=session)
        approve(act, session)
        assert left_in(ten_bolts) == 8

    def test_a_later_adjustment_is_another_question(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        adjust_by(act, ten_bolts, "-2")
        stale = line_of(session, "BOLT", "A-1")
        adjust_by(act, ten_bolts, "-1")
        upto = stale.valid_reading.corrected_upto if stale.valid_reading else 0
        with pytest.raises(StateConflict) as refused:
            decide_correction(
                act, session=session, line=stale.id, decision=SAME, upto=upto, seen=session.version
            )
        assert refused.value.reason is Reason.STALE_FORM
        session = decide(act, session, "BOLT", "A-1", SAME)
        adjust_by(act, ten_bolts, "-1")
        with pytest.raises(ValidationFailed) as undecided:
            approve(act, session)
        assert undecided.value.reason is Reason.ADJUSTED_SINCE

    @pytest.mark.parametrize("decided", [False, True])
    def test_taken_back_it_is_no_question(self, ten_bolts: MasterData, act_as: Acts, decided: bool) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        position = adjust_by(act, ten_bolts, "-2")
        if decided:
            session = decide(act, session, "BOLT", "A-1", SAME)
        reverse_posting(act, position)
        assert not line_of(session, "BOLT", "A-1").is_ambiguous
        approve(act, session)
        assert left_in(ten_bolts) == 8

    @pytest.mark.parametrize(("decision", "outcome"), [(SAME, 10), (ANOTHER, 12)])
    def test_an_adjustment_before_the_reading_that_is_reversed_after_it(
        self, ten_bolts: MasterData, act_as: Acts, decision: Any, outcome: int
    ) -> None:
        act = act_as("manager")
        wrong = adjust_by(act, ten_bolts, "-2")
        session = counted(act, ten_bolts, "10")
        reverse_posting(act, wrong)
        assert line_of(session, "BOLT", "A-1").is_ambiguous
        approve(act, decide(act, session, "BOLT", "A-1", decision))
        assert left_in(ten_bolts) == outcome

    @pytest.mark.parametrize(("found", "is_asked"), [("10", True), ("6", False)])
    def test_an_issue_before_the_reading_that_is_reversed_after_it(
        self, ten_bolts: MasterData, act_as: Acts, found: str, is_asked: bool
    ) -> None:
        """The issue may have been entered but not taken, which explains a difference, if there is one."""
        act = act_as("manager")
        wrong = take_out(act, ten_bolts, "BOLT", "NORTH/A-1", "4")
        session = counted(act, ten_bolts, found)
        reverse_posting(act, wrong)
        assert line_of(session, "BOLT", "A-1").is_ambiguous is is_asked
        if is_asked:
            session = decide(act, session, "BOLT", "A-1", SAME)
        approve(act, session)
        assert left_in(ten_bolts) == 10

    def test_an_issue_that_came_and_went_after_the_reading_is_none(
        self, ten_bolts: MasterData, act_as: Acts
    ) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        reverse_posting(act, take_out(act, ten_bolts, "BOLT", "NORTH/A-1", "4"))
        approve(act, session)
        assert left_in(ten_bolts) == 8

    @pytest.mark.parametrize(
        "order",
        [
            order
            for order in permutations(["read a", "read b", "adjust", "approve a"])
            if order.index("read a") < order.index("approve a")
        ],
    )
    def test_with_two_counts_in_every_order(
        self, ten_bolts: MasterData, act_as: Acts, order: tuple[str, ...]
    ) -> None:
        """A loss of 2, seen by two counts and an adjustment: 8 is left in any order."""
        act = act_as("manager")
        sessions: dict[str, CountSession] = {}
        for step in order:
            what, _, name = step.partition(" ")
            if what == "read":
                # Every count finds the actual stock: 8.
                sessions[name] = counted(act, ten_bolts, "8")
            elif what == "adjust" and left_in(ten_bolts) == 10:
                adjust_by(act, ten_bolts, "-2")
            elif what == "approve":
                _approve_as_same(act, sessions["a"])
        _approve_as_same(act, sessions["b"])
        assert left_in(ten_bolts) == 8

    def test_refuses_who_may_not_decide(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        adjust_by(act, ten_bolts, "-2")
        for role in ("counter", "viewer", "receiver"):
            with pytest.raises(PermissionDenied):
                decide(act_as(role), session, "BOLT", "A-1", SAME)
        with pytest.raises(ValidationFailed) as unknown:
            decide_correction(act, session=session, line=0, decision=SAME, upto=1, seen=session.version)
        assert unknown.value.reason is Reason.UNKNOWN_LINE
        with pytest.raises(StateConflict) as late:
            decide_correction(
                act,
                session=session,
                line=line_of(session, "BOLT", "A-1").id,
                decision=SAME,
                upto=1,
                seen=session.version - 1,
            )
        assert late.value.reason is Reason.STALE_FORM
        assert CountLine.objects.get(session=session).decision == ""
        assert not Posting.objects.filter(kind=Kind.COUNT).exists()


def _approve_as_same(act: Any, session: CountSession) -> None:
    if line_of(session, "BOLT", "A-1").is_ambiguous:
        session = decide(act, session, "BOLT", "A-1", SAME)
    session.refresh_from_db()
    if line_of(session, "BOLT", "A-1").superseded_by is None:
        approve(act, session)


class TestPage:
    """The approver's page, and what its buttons send."""

    def test_shows_both_outcomes_and_takes_the_decision(
        self, ten_bolts: MasterData, act_as: Acts, client_as: Any
    ) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        position = adjust_by(act, ten_bolts, "-2")
        client = client_as("manager")
        review = f"/counts/{session.pk}/review/"
        shown = client.get(review).content.decode()
        line_id = line_of(session, "BOLT", "A-1").id
        for button in (
            f'name="same" value="{line_id}-{position}"',
            f'name="another" value="{line_id}-{position}"',
        ):
            assert button in shown
        assert f'href="/ledger/{position}/"' in shown

        answer = client.post(
            f"/counts/{session.pk}/decide/", {"same": f"{line_id}-{position}", "seen": session.version}
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, review)
        session.refresh_from_db()
        accepted = {"seen": session.version, "looked_at": positions.current()}
        assert client.post(f"/counts/{session.pk}/approve/", accepted).status_code == 302
        assert left_in(ten_bolts) == 8

    @pytest.mark.parametrize("sent", [{}, {"same": ""}, {"same": "1"}, {"another": "x-y"}, {"same": "-"}])
    def test_what_no_button_sends_is_refused(
        self, ten_bolts: MasterData, act_as: Acts, client_as: Any, sent: dict[str, str]
    ) -> None:
        act = act_as("manager")
        session = counted(act, ten_bolts, "8")
        adjust_by(act, ten_bolts, "-2")
        answer = client_as("manager").post(
            f"/counts/{session.pk}/decide/", sent | {"seen": str(session.version)}
        )
        assert answer.status_code in {400, 409}
        assert CountLine.objects.get(session=session).decision == ""

    def test_a_page_from_before_another_count_approves_nothing(
        self, ten_bolts: MasterData, act_as: Acts, client_as: Any
    ) -> None:
        act = act_as("manager")
        first, second = counted(act, ten_bolts, "8"), counted(act, ten_bolts, "9")
        seen = {"seen": second.version, "looked_at": positions.current()}
        accept = {"accept": line_of(second, "BOLT", "A-1").id}
        approve(act, first)
        answer = client_as("manager").post(f"/counts/{second.pk}/approve/", seen | accept)
        assert answer.status_code == 409
        assert left_in(ten_bolts) == 8

    def test_says_what_superseded_a_line(self, ten_bolts: MasterData, act_as: Acts, client_as: Any) -> None:
        act = act_as("manager")
        first, second = counted(act, ten_bolts, "8"), counted(act, ten_bolts, "9")
        position = approve(act, second)
        shown = client_as("manager").get(f"/counts/{first.pk}/review/").content.decode()
        assert f'href="/ledger/{position}/"' in shown
        assert "This figure is not used." in shown
        answer = client_as("manager").post(
            f"/counts/{first.pk}/approve/", {"seen": first.version, "looked_at": positions.current()}
        )
        assert answer.status_code == 409
        assert "READING_SUPERSEDED" in answer.content.decode()
