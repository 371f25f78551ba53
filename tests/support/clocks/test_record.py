"""What is recorded of a ticket's clocks, and what their state is: the promised times, pauses, ends and reopenings."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from plans.models import Tenant
from support.clocks import queries, recording, rules
from support.clocks.queries import ClockState
from support.models import ClockEvent, DueClock, SlaPolicy, SlaTarget

#: A Tuesday, ten in the morning in New York.
TUESDAY = datetime(2026, 6, 9, 14, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Case:
    """One ticket's clocks: `at(hours)` moves on, everything else is recorded at that moment."""

    def __init__(self, act: Any, *, begin: datetime = TUESDAY) -> None:
        self.act, self.subject, self.begin, self.now = act, uuid.uuid4(), begin, begin

    def at(self, *, hours: float = 0, minutes: float = 0) -> Case:
        self.now = self.begin + timedelta(hours=hours, minutes=minutes)
        return self

    def start(self, severity: int | None = 3, category: str = "E", queue: str = "l1") -> Case:
        recording.start(
            self.act, self.subject, severity=severity, category=category, queue=queue, at=self.now
        )
        return self

    def reclassify(self, severity: int, category: str = "E", queue: str = "l1") -> Case:
        recording.reclassify(
            self.act, self.subject, severity=severity, category=category, queue=queue, at=self.now
        )
        return self

    def does(self, name: str, *values: Any) -> Case:
        getattr(recording, name)(self.act, self.subject, *values, self.now)
        return self

    def clocks(self) -> dict[str, ClockState]:
        return {state.clock: state for state in queries.states([self.subject], self.now)[self.subject]}

    def due(self, clock: str) -> timedelta:
        """The time from the beginning until the clock is due."""
        due_at = self.clocks()[clock].due_at
        assert due_at is not None
        return due_at - self.begin


@pytest.fixture
def case(public: Tenant, act_as: Any) -> Case:
    return Case(act_as("agent"))


@pytest.mark.parametrize(
    ("severity", "category", "clock", "due"),
    [
        (1, "H", "ack", 15 * MINUTE),
        (1, "H", "mitigate", 4 * HOUR),
        (2, "H", "ack", HOUR),
        (2, "H", "mitigate", 8 * HOUR),
        (2, "H", "nudge", 2 * HOUR),
        (3, "E", "ack", 4 * HOUR),
        (3, "A", "ack", 4 * HOUR),
        (3, "E", "resolve", 72 * HOUR),
        (4, "A", "ack", 7 * HOUR),  # until five in the afternoon
        (4, "E", "ack", 24 * HOUR),
        (4, "E", "resolve", 7 * 24 * HOUR),
        (4, "E", "hand_up", 24 * HOUR),
        (3, "E", "hand_up", 2 * HOUR),
        (None, "", "ack", 7 * HOUR),
        (None, "E", "ack", 24 * HOUR),
        (3, "E", "ola_ack", 15 * MINUTE),
        (2, "E", "ola_resolve", 4 * HOUR),
        (None, "", "triage", 5 * MINUTE),
    ],
)
def test_the_strictest_promise_counts(case, severity, category, clock, due):
    assert case.start(severity, category).due(clock) == due


def test_the_end_of_sev3_is_the_earlier_of_72_hours_and_three_business_days(case):
    friday = Case(case.act, begin=datetime(2026, 6, 12, 14, tzinfo=UTC))
    assert friday.start(3).due("resolve") == 72 * HOUR, "Monday by the clock, Wednesday by business days"
    assert case.start(3).due("resolve") == 72 * HOUR


def test_an_answer_meets_the_first_answer_and_starts_the_updates(case):
    assert "update" not in case.start(3).clocks()
    clocks = case.at(hours=1).does("answered").clocks()
    assert clocks["ack"].state == "met"
    assert case.due("update") == 25 * HOUR
    assert case.at(hours=3).does("answered").due("update") == 27 * HOUR


def test_a_pause_stops_sev3_and_not_sev1(case):
    urgent = Case(case.act)
    for one, severity in ((case, 3), (urgent, 1)):
        one.start(severity).at(hours=1).does("pause")
    assert case.clocks()["ack"].state == "paused"
    assert case.clocks()["ack"].due_at is None
    assert case.clocks()["ack"].left == 3 * HOUR
    assert urgent.due("mitigate") == 4 * HOUR
    assert case.at(hours=2).does("resume").due("ack") == 5 * HOUR


def test_a_higher_severity_counts_from_its_moment_and_a_lower_one_from_the_opening(case):
    case.start(3).at(hours=1).reclassify(1)
    assert case.due("mitigate") == 5 * HOUR
    assert case.due("ack") == HOUR + 15 * MINUTE
    assert case.due("resolve") == 72 * HOUR, "the promise of Sev3 remains"
    case.at(hours=2).reclassify(4)
    assert "mitigate" not in case.clocks()
    assert case.due("ack") == 24 * HOUR
    assert case.due("resolve") == 7 * 24 * HOUR


def test_the_first_severity_counts_from_the_opening(case):
    case.start(None, "").at(minutes=4).reclassify(1)
    assert case.due("ack") == 15 * MINUTE
    assert case.clocks()["triage"].state == "met"


def test_another_queue_starts_its_own_clocks(case):
    case.start(3).at(hours=1).does("fulfil", "ola_ack")
    recording.requeue(case.act, case.subject, queue="l2", at=case.now)
    assert case.due("ola_ack") == 2 * HOUR
    assert case.clocks()["ola_ack"].state == "running"


def test_reopening_goes_on_with_the_time_that_was_left(case):
    case.start(1).at(hours=3, minutes=59).does("resolved")
    assert case.clocks()["mitigate"].state == "met"
    clocks = case.at(hours=50).does("reopen").clocks()
    assert clocks["mitigate"].state == "running"
    assert clocks["mitigate"].left == MINUTE
    assert clocks["ack"].state == "missed", "nobody answered within 15 minutes"
    assert not clocks["ack"].is_open
    assert case.due("update") == 50 * HOUR + 30 * MINUTE


def test_undoing_a_cancellation_goes_on_with_the_time_that_was_left(case):
    before = case.start(3).clocks()
    case.at(hours=1).does("cancel")
    assert {state.state for state in case.clocks().values()} == {"cancelled"}
    case.at(hours=3).does("restore")
    assert case.due("ack") == 6 * HOUR
    assert set(case.clocks()) == set(before)


def test_the_worker_looks_at_open_clocks_only(case):
    case.start(3)
    due = dict(DueClock.objects.filter(subject=case.subject).values_list("clock", "due_at"))
    assert due["ack"] == TUESDAY + 4 * HOUR
    assert queries.overdue("ack", TUESDAY + 5 * HOUR) == [case.subject]
    assert queries.overdue("ack", TUESDAY + 3 * HOUR) == []
    case.does("answered").does("pause")
    due = dict(DueClock.objects.filter(subject=case.subject).values_list("clock", "due_at"))
    assert "ack" not in due
    assert due["resolve"] is None
    case.does("resolved")
    assert not DueClock.objects.filter(subject=case.subject).exists()


def test_what_happened_earlier_than_the_last_event_counts_from_that_event(case):
    case.start(3).at(hours=2).does("pause").at(hours=1).does("resume")
    assert case.due("ack") == 4 * HOUR


def test_repeating_does_nothing(case):
    case.start(3).does("resume").does("pause").does("pause").does("resume").does("resume").does("answered")
    before = ClockEvent.objects.filter(subject=case.subject).count()
    case.does("fulfil", "ack").does("fulfil", "mitigate").does("fulfil", "resolve").does("fulfil", "resolve")
    case.reclassify(3)
    kinds = list(
        ClockEvent.objects.filter(subject=case.subject, number__gt=before).values_list("kind", "clock")
    )
    assert kinds == [("fulfil", "mitigate"), ("fulfil", "resolve"), ("fulfil", "triage")]


def test_many_tickets_take_three_queries(case, act_as, django_assert_num_queries):
    cases = [Case(act_as("agent")).start(3) for _ in range(5)]
    queries.known_policies()
    with django_assert_num_queries(2):
        found = queries.states([one.subject for one in cases], TUESDAY)
    assert [len(found[one.subject]) for one in cases] == [6] * 5


def test_a_ticket_without_clocks_has_none(public):
    stranger = uuid.uuid4()
    assert queries.states([stranger], TUESDAY) == {stranger: []}


def test_the_shipped_policy_is_published_once(public):
    assert SlaPolicy.objects.count() == 1
    assert SlaTarget.objects.filter(clock=rules.ACK).count() == 11


def test_events_of_clocks_cannot_be_changed(case):
    case.start(3)
    for statement in ("UPDATE support_clockevent SET kind = 'cancel'", "DELETE FROM support_clockevent"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
