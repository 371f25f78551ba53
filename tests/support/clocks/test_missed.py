"""The worker records a promised time that has run out: once for each time it was missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app

from asora.kernel.refusals import PermissionDenied
from plans.models import Tenant
from support import tasks
from support.clocks import due
from support.clocks.actions import record_missed
from support.models import ClockEvent
from tests.support.clocks.test_record import Case


@pytest.fixture
def case(public: Tenant, act_as: Any) -> Case:
    """A Sev1 ticket of three hours ago that nobody has answered."""
    case = Case(act_as("agent"), begin=timezone.now() - timedelta(hours=3)).start(1)
    case.now = timezone.now()
    return case


def missed(case: Case) -> list[str]:
    rows = ClockEvent.objects.filter(subject=case.subject, kind="breach").order_by("number")
    return list(rows.values_list("clock", flat=True))


def test_each_missed_time_is_recorded_once(case, events):
    assert due.look() == 2
    assert missed(case) == ["ack", "ola_ack"]
    assert due.look() == 0
    case.does("pause").does("resume")  # the clocks are looked at again
    assert due.look() == 0
    [first, *later] = events(action="support.clocks.record_missed")
    assert first.outcome == "allowed"
    assert first.facts == {"missed": 2, "clocks": ["ack", "ola_ack"]}
    assert {event.outcome for event in later} <= {"noop"}


def test_the_moment_and_the_promise_are_recorded(case):
    due.look()
    row = ClockEvent.objects.get(subject=case.subject, kind="breach", clock="ack")
    assert row.moment - case.begin.replace(microsecond=0) == timedelta(minutes=15)
    assert (row.target.severity, row.target.amount) == (1, 15)


def test_each_update_can_be_missed(case):
    case.at(hours=1).does("answered").at(hours=2).does("answered")
    case.now = timezone.now()
    due.look()
    assert missed(case).count("update") == 1
    case.does("answered")
    case.begin = case.now  # half an hour after the latest update
    assert record_missed(_worker(case), now=case.now + timedelta(minutes=31)) == 1
    assert missed(case).count("update") == 2


def test_triage_is_shown_and_not_enforced(case):
    due.look()
    case.now += timedelta(days=5)
    assert case.clocks()["triage"].state == "missed"
    assert "triage" not in missed(case)


def test_what_was_done_in_time_is_not_missed(case):
    case.at(minutes=5).does("answered").does("fulfil", "ola_ack").at(minutes=10).does("resolved")
    assert due.look() == 0
    assert missed(case) == []


def test_people_cannot_do_it(case, act_as):
    with pytest.raises(PermissionDenied):
        record_missed(act_as("support_lead"), now=timezone.now())


def test_the_worker_looks_every_minute():
    known = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert known[tasks.LOOK_AFTER_CLOCKS] == known[tasks.LOOK_AFTER_CALLS] == "* * * * *"


def _worker(case: Case) -> Any:
    from tests.audit.lives.support_duty import worker

    return worker()
