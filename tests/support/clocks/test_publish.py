"""Changing the promised times and the calendar: versions with a reason, which open clocks follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from plans.models import Tenant
from support.clocks import due, opening_hours, queries
from support.clocks.actions import publish_calendar, publish_policy
from support.clocks.forms import CalendarForm, PolicyForm
from support.clocks.models import Calendar, DueClock, SlaPolicy, SlaTarget
from tests.headers import JSON
from tests.support.clocks.test_record import Case

PAGE = "/support/promised-times/"


@pytest.fixture
def policy(public: Tenant) -> SlaPolicy:
    return SlaPolicy.objects.get()


@pytest.fixture
def target(policy: SlaPolicy) -> SlaTarget:
    """The first answer of Sev3: four business hours."""
    return policy.targets.get(clock="ack", severity=3)


def published(act: Any, target: SlaTarget, amount: int = 60, **more: Any) -> SlaPolicy:
    values = {"amounts": {str(target.pk): amount}, "reason": "Faster", "seen": 1} | more
    return publish_policy(act, **values)


def test_a_new_version_is_in_force_for_open_clocks_and_not_for_ended_ones(target, act_as):
    lead = act_as("support_lead")
    begin = timezone.now() - timedelta(minutes=1)
    opened, answered = Case(lead, begin=begin).start(3), Case(lead, begin=begin).start(3)
    answered.does("answered")
    before = answered.clocks()["ack"]
    was = opened.clocks()["ack"].due_at
    assert published(lead, target).version == 2
    opened.now = answered.now = timezone.now() + timedelta(seconds=2)
    assert opened.clocks()["ack"].due_at < was
    assert answered.clocks()["ack"] == before
    row = DueClock.objects.get(subject=opened.subject, clock="ack")
    assert row.due_at <= timezone.now(), "the worker looks at it again"


def test_all_other_targets_stay(target, act_as):
    following = published(act_as("support_lead"), target)

    def rows(version: SlaPolicy) -> list[tuple]:
        return sorted(
            version.targets.exclude(clock="ack", severity=3).values_list(
                "clock", "severity", "category", "queue", "amount", "unit", "calendar", "pauses"
            ),
            key=str,
        )

    assert rows(following) == rows(target.policy)
    assert following.targets.get(clock="ack", severity=3).amount == 60


def test_it_is_recorded_with_before_and_after(target, act_as, events):
    act = act_as("support_lead")
    published(act, target)
    [event] = events(request_id=act.request_id)
    assert event.facts["reason_length"] == 6
    [change] = event.changes
    assert change["before"] == {"version": 1, "ack: 240 business_minutes": 240}
    assert change["after"] == {"version": 2, "ack: 240 business_minutes": 60}


def test_an_agent_cannot_change_it(target, act_as):
    with pytest.raises(PermissionDenied):
        published(act_as("agent"), target)
    assert SlaPolicy.objects.count() == 1


def test_two_people_do_not_overwrite_each_other(target, act_as):
    published(act_as("support_lead"), target)
    with pytest.raises(StateConflict) as refused:
        published(act_as("support_lead"), target, amount=30)
    assert refused.value.reason is Reason.STALE_FORM
    assert SlaPolicy.objects.count() == 2


def test_the_same_times_are_no_new_version(target, act_as, events):
    act = act_as("support_lead")
    assert published(act, target, amount=240).version == 1
    assert [event.outcome for event in events(request_id=act.request_id)] == ["noop"]


@pytest.mark.parametrize("amounts", [{"0": 5}, {"x": 5}])
def test_a_target_that_does_not_exist_is_refused(policy, act_as, amounts):
    with pytest.raises(ValidationFailed):
        publish_policy(act_as("support_lead"), amounts=amounts, reason="r", seen=1)


def test_a_calendar_makes_a_new_version_of_both(policy, act_as):
    calendar = Calendar.objects.get()
    case = Case(act_as("support_lead")).start(3)
    case.now = timezone.now() + timedelta(days=400)
    published = publish_calendar(
        act_as("support_lead"),
        calendar=calendar,
        time_zone="UTC",
        hours=[[[0, 1440]]] * 7,
        holidays=[],
        reason="All hours",
        seen=1,
    )
    assert (published.version, Calendar.objects.count()) == (2, 2)
    assert set(published.targets.exclude(calendar=None).values_list("calendar__version", flat=True)) == {2}
    assert case.due("ack") == timedelta(hours=4)
    assert case.due("ola_resolve") == timedelta(hours=4)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"hours": [[]] * 7}, "hours"),
        ({"hours": [[[600, 540]]] * 7}, "hours"),
        ({"hours": [[[540, 700], [600, 800]]] * 7}, "hours"),
        ({"hours": [[[540, 1441]]] * 7}, "hours"),
    ],
)
def test_a_calendar_that_cannot_be_computed_with_is_refused(policy, act_as, wrong, field):
    values = {"time_zone": "UTC", "hours": [[[540, 1020]]] * 7, "holidays": []} | wrong
    with pytest.raises(ValidationFailed) as refused:
        publish_calendar(
            act_as("support_lead"), calendar=Calendar.objects.get(), reason="r", seen=1, **values
        )
    assert field in refused.value.details["fields"]
    assert Calendar.objects.count() == 1


def test_the_pages_show_change_and_keep_what_was_typed(policy, target, client_as):
    lead = client_as("support_lead")
    shown = lead.get(PAGE).content.decode()
    assert "4 h of business hours" in shown
    assert "the same business day" in shown
    form = PolicyForm(policy=policy)
    data = {name: field.initial for name, field in form.fields.items() if name.startswith("amount_")}
    refused = lead.post(PAGE + "change/", {**data, f"amount_{target.pk}": "77", "seen": "1", "reason": ""})
    assert refused.status_code == 400
    assert 'value="77"' in refused.content.decode()
    done = lead.post(
        PAGE + "change/", {**data, f"amount_{target.pk}": "77", "seen": "1", "reason": "Why not"}
    )
    assert done.status_code == 302
    assert queries.newest_policy().targets.get(clock="ack", severity=3).amount == 77
    assert "Why not" in lead.get(PAGE).content.decode()


def test_the_calendar_is_read_as_people_type_it(policy, client_as):
    lead = client_as("support_lead")
    form = CalendarForm(calendar=Calendar.objects.get(), policy=policy)
    data = {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}
    changed = {
        **data,
        "day_5": "10:00-12:00, 13:00-15:30",
        "holidays": "2027-01-01\n2026-12-25",
        "reason": "Sat",
    }
    wrong = lead.post(PAGE + "calendars/business/", {**changed, "day_0": "nine to five"})
    assert wrong.status_code == 400
    assert "nine to five" in wrong.content.decode()
    assert lead.post(PAGE + "calendars/business/", changed).status_code == 302
    newest = Calendar.objects.get(version=2)
    assert newest.hours[5] == [[600, 720], [780, 930]]
    assert newest.holidays == ["2026-12-25", "2027-01-01"]
    assert lead.get(PAGE + "calendars/nothing/").status_code == 404


def test_agents_read_and_do_not_change(policy, client_as):
    agent = client_as("agent")
    assert agent.get(PAGE).status_code == 200
    assert agent.get(PAGE + "change/", headers=JSON).json()["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("text", ["09:00-12:00, 13:00-17:00", "", "00:00-24:00"])
def test_openings_are_written_as_they_are_read(text):
    assert opening_hours.write_day(opening_hours.parse_day(text)) == text


def test_the_worker_computes_again_what_a_new_version_changed(target, act_as):
    lead = act_as("support_lead")
    case = Case(lead, begin=timezone.now() + timedelta(hours=1)).start(3)
    published(lead, target, amount=120)
    due.look()
    row = DueClock.objects.get(subject=case.subject, clock="ack")
    assert row.due_at == case.clocks()["ack"].due_at
