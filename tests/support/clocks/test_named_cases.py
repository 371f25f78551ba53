"""Nine cases in which other desks missed a promise or reported one that was kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plans.models import Tenant
from support.clocks import publishing, queries, recording
from support.clocks.business_time import Hours
from support.clocks.models import Calendar, SlaPolicy
from tests.support.clocks.test_record import HOUR, MINUTE, TUESDAY, Case

NEW_YORK = "America/New_York"
WEEK = [[[540, 1020]]] * 5 + [[], []]


@pytest.fixture
def case(public: Tenant, act_as: Any) -> Case:
    return Case(act_as("agent"))


def seconds(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type]


def test_1_the_update_clock_does_not_replace_the_first_answer(case):
    case.start(3).at(hours=5)
    assert case.clocks()["ack"].state == "missed"
    case.does("fulfil", "update")  # somebody posts an update without having answered
    assert case.clocks()["ack"].state == "missed"
    case.does("answered")
    assert case.clocks()["ack"].state == "missed"
    assert not case.clocks()["ack"].is_open
    assert case.clocks()["update"].state == "running"


def test_2_a_ticket_that_was_answered_is_not_handed_up(case):
    case.start(3).at(hours=1).does("answered")
    assert case.clocks()["hand_up"].state == "cancelled"
    assert case.subject not in queries.overdue("hand_up", TUESDAY + 72 * HOUR)
    late = Case(case.act).start(3)
    assert late.subject in queries.overdue("hand_up", TUESDAY + 3 * HOUR)


def test_3_a_calendar_of_all_hours_is_open_at_midnight():
    hours = Hours(time_zone=NEW_YORK, week=[[[0, 1440]]] * 7)
    midnight = seconds(2026, 6, 10, 4)
    for around in range(-120, 120, 7):
        assert hours.position(midnight + around + 60) - hours.position(midnight + around) == 60
        assert hours.moment(hours.position(midnight + around) + 60) == midnight + around + 60


@pytest.mark.parametrize(
    "arrived",
    [
        datetime(2026, 6, 14, 4, tzinfo=UTC),  # Sunday at midnight
        datetime(2026, 6, 14, 18, tzinfo=UTC),
        datetime(2026, 6, 15, 4, tzinfo=UTC),  # Monday at midnight
        datetime(2026, 6, 15, 13, tzinfo=UTC),  # Monday at nine
    ],
)
def test_4_mail_at_midnight_and_on_sunday_counts_from_the_next_opening(case, arrived):
    monday = datetime(2026, 6, 15, 13, tzinfo=UTC)
    mail = Case(case.act, begin=arrived).start(None, "")
    assert mail.clocks()["ack"].due_at == monday + 8 * HOUR
    assert mail.clocks()["ola_ack"].due_at == monday + 15 * MINUTE
    sev3 = Case(case.act, begin=arrived).start(3)
    assert sev3.clocks()["ack"].due_at == monday + 4 * HOUR


def test_5_a_ticket_made_after_hours_has_its_whole_time(case):
    evening = Case(case.act, begin=datetime(2026, 6, 9, 22, tzinfo=UTC)).start(3)
    state = evening.clocks()["ack"]
    assert state.due_at == datetime(2026, 6, 10, 17, tzinfo=UTC)
    assert state.left == 4 * HOUR
    assert not state.is_near
    same_day = Case(case.act, begin=datetime(2026, 6, 9, 22, tzinfo=UTC)).start(4, "A")
    assert same_day.clocks()["ack"].due_at == datetime(2026, 6, 10, 21, tzinfo=UTC)


def test_6_a_ticket_that_gets_its_severity_as_it_is_opened_is_late_in_nothing(case):
    case.start(None, "").reclassify(1)
    states = case.clocks()
    assert {state.state for clock, state in states.items() if clock != "triage"} == {"running"}
    assert states["ack"].left == 15 * MINUTE


def test_7_a_pause_outlives_a_change_of_the_policy(case):
    case.start(3).at(hours=1).does("pause").at(hours=3).does("resume")
    assert case.due("ack") == 6 * HOUR
    case.at(hours=4)
    policy = SlaPolicy.objects.get()
    target = policy.targets.get(clock="ack", severity=3)
    publishing.replace_policy(
        policy, amounts={target.pk: 300}, reason="Longer", by="test", request_id="r", now=case.now
    )
    assert case.due("ack") == 7 * HOUR, "five hours and two of pause"


def test_8_lunch_breaks_do_not_count(case):
    lunch = Hours(time_zone=NEW_YORK, week=[[[540, 720], [780, 1020]]] * 7)
    eleven = seconds(2026, 6, 9, 15)
    assert lunch.moment(lunch.position(eleven) + 2 * 3600) == seconds(2026, 6, 9, 18)
    noon, one = seconds(2026, 6, 9, 16), seconds(2026, 6, 9, 17)
    assert lunch.position(noon) == lunch.position(one)
    assert lunch.moment(lunch.position(one) + 60) == one + 60


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_9_reopening_does_not_miss_at_once(case, severity):
    clock = "mitigate" if severity < 3 else "resolve"
    due = case.start(severity).due(clock)
    case.now = case.begin + due - MINUTE
    case.does("resolved")
    case.now = case.begin + due + timedelta(days=30)
    case.does("reopen")
    states = case.clocks()
    assert states[clock].state == "running"
    assert states[clock].left > timedelta(0)
    assert states["update"].state == "running"
    case.now += timedelta(days=30)
    assert case.clocks()[clock].state == "missed"


@pytest.mark.parametrize(
    ("day", "month"), [(8, 3), (1, 11)], ids=["an hour is left out", "an hour comes twice"]
)
def test_an_hour_is_an_hour_in_the_night_of_daylight_saving_time(day, month):
    hours = Hours(time_zone=NEW_YORK, week=[[[0, 1440]]] * 7)
    start = seconds(2026, month, day, 3)
    assert hours.moment(hours.position(start) + 6 * 3600) == start + 6 * 3600


def test_business_hours_begin_at_nine_by_the_clock_on_the_wall():
    hours = Hours(time_zone=NEW_YORK, week=WEEK)
    assert hours.moment(hours.position(seconds(2026, 3, 7)) + 1) == seconds(2026, 3, 9, 13) + 1
    assert hours.moment(hours.position(seconds(2026, 3, 1)) + 1) == seconds(2026, 3, 2, 14) + 1


def test_holidays_have_no_business_time(case):
    thanksgiving = Case(case.act, begin=datetime(2026, 11, 26, 15, tzinfo=UTC)).start(3)
    assert thanksgiving.clocks()["ack"].due_at == datetime(2026, 11, 27, 18, tzinfo=UTC)
    assert "2026-11-26" in Calendar.objects.get().holidays


def test_a_calendar_that_is_always_closed_is_refused():
    with pytest.raises(ValueError, match="too little business time"):
        Hours(time_zone=NEW_YORK, week=[[]] * 7).moment(1)


def test_clocks_of_one_ticket_do_not_touch_those_of_another(case):
    other = Case(case.act).start(1)
    before = other.clocks()
    case.start(3).at(hours=1).does("answered").does("resolved")
    assert other.clocks() == before
    recording.refresh(other.subject, next(queries.histories([other.subject]))[1], at=int(TUESDAY.timestamp()))
    assert other.clocks() == before
