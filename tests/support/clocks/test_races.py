"""Several people at the same moment: clocks, versions, incidents and calls."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.refusals import StateConflict
from support.clocks import queries, recording
from support.clocks.actions import publish_policy
from support.incidents.actions import open_incident
from support.incidents.models import Incident
from support.models import ClockEvent, SlaPolicy
from support.oncall.actions import acknowledge
from support.oncall.models import Page
from tests.factories import people, tenants


def at_the_desk(committed_tenant: Any, role: str) -> Any:
    """Binds public; returns what makes an act of a person there."""
    committed_tenant()
    public = tenants.public()
    connection.set_tenant(public)
    person = people.person(role, public)

    def act() -> Act:
        return people.act_of(person, public)

    return act


def test_events_of_one_ticket_wait_for_each_other(committed_tenant, threads):
    act = at_the_desk(committed_tenant, "agent")
    subject, now = uuid.uuid4(), timezone.now()
    with transaction.atomic():
        recording.start(act(), subject, severity=3, category="E", queue="l1", at=now)

    def answer(_number: int) -> None:
        with transaction.atomic():
            recording.answered(act(), subject, now)

    assert threads(6, answer) == [None] * 6
    rows = ClockEvent.objects.filter(subject=subject)
    assert sorted(rows.values_list("number", flat=True)) == list(range(1, rows.count() + 1))
    assert rows.filter(clock="ack", kind="fulfil").count() == 1
    connection.set_schema_to_public()


def test_two_leads_do_not_overwrite_each_others_times(committed_tenant, threads):
    act = at_the_desk(committed_tenant, "support_lead")
    policy = queries.newest_policy()
    assert policy is not None
    target = policy.targets.get(clock="nudge")

    def publish(number: int) -> SlaPolicy:
        amounts = {str(target.pk): target.amount + number + 1}
        return publish_policy(act(), amounts=amounts, reason="A test", seen=policy.version)

    results = threads(4, publish)
    assert sum(isinstance(result, SlaPolicy) for result in results) == 1, results
    assert sum(isinstance(result, StateConflict) for result in results) == 3, results
    connection.set_schema_to_public()


def test_incidents_get_different_numbers_and_a_call_is_taken_once(committed_tenant, threads):
    act = at_the_desk(committed_tenant, "agent")
    opened = threads(4, lambda number: open_incident(act(), title=f"Problem {number}", severity=2))
    assert all(isinstance(incident, Incident) for incident in opened), opened
    numbers = sorted(incident.number for incident in opened)
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    call = Page.objects.get(subject=opened[0].pk)
    taken = threads(4, lambda _number: acknowledge(act(), call=call))
    assert {type(result) for result in taken} == {Page}, taken
    assert Page.objects.filter(subject=opened[0].pk, state="acknowledged").count() == 1
    for incident in opened:
        for left in Page.objects.filter(subject=incident.pk, state="sent"):
            acknowledge(act(), call=left)
    connection.set_schema_to_public()
