"""A schedule sends what was never tried, with its person's present rights, and ends when they are gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import change_role, deactivate_user
from asora.kernel.refusals import PermissionDenied, StateConflict, ValidationFailed
from audit.events.models import Event
from audit.events.vocabulary import sentence
from integrations.dispatch import due, queries
from integrations.dispatch.actions.schedules import end_schedule, set_schedule
from integrations.dispatch.models import Dispatch, Schedule
from integrations.endpoints.actions import disable_endpoint, remove_endpoint
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from inventory.actions.hubs import create_hub
from plans.models import TenantFreeze
from tests.factories import people
from tests.factories.dispatches import make_attempt_row, make_dispatch_row, make_receiving_endpoint
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.receiver import Receiver

Act = Any


@pytest.fixture
def endpoint(acacia: Any, receiver: Receiver) -> Endpoint:
    """An endpoint of Acacia's owner at the receiver."""
    return make_receiving_endpoint(receiver.url("/hook"), people.person("owner", acacia).ref)


@pytest.fixture
def act(act_as: Callable[..., Act]) -> Act:
    return act_as("manager")


@pytest.fixture
def schedule(endpoint: Endpoint, act: Act) -> Schedule:
    """Every 15 minutes, set by the manager, due now."""
    made = set_schedule(act, endpoint=endpoint, every_minutes=15)
    Schedule.objects.filter(pk=made.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    made.refresh_from_db()
    return made


def run(schedule: Schedule) -> None:
    """What the worker's task does."""
    due.run(connection.schema_name, str(schedule.pk))


def arrived(receiver: Receiver) -> list[int]:
    return numbers_in([request.body for request in receiver.received()])


def events_of(*actions: str) -> list[Event]:
    return list(Event.objects.filter(action__in=actions).order_by("number"))


ALL = ("integrations.dispatch.start", "integrations.dispatch.finish", "integrations.schedule.lapse")


def test_sends_what_was_never_tried(schedule: Schedule, act: Act, receiver: Receiver) -> None:
    queue_payloads(schedule.endpoint, 3)
    receiver.behave("good", first=["good", "error"])
    run(schedule)
    Schedule.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    queue_payloads(schedule.endpoint, 1)
    run(schedule)

    assert arrived(receiver) == [1, 2, 3, 4], "the failed one is not sent again"
    kinds = Dispatch.objects.order_by("started_at").values_list("kind", "actor_ref")
    assert list(kinds) == [("schedule", act.actor.ref)] * 2
    start = events_of("integrations.dispatch.start")[0]
    assert (start.actor_ref, start.cause_id) == (act.actor.ref, act.request_id)


def test_runs_when_it_is_due_and_not_before(schedule: Schedule, receiver: Receiver) -> None:
    queue_payloads(schedule.endpoint, 1)
    run(schedule)
    queue_payloads(schedule.endpoint, 1)
    run(schedule)
    assert arrived(receiver) == [1]
    schedule.refresh_from_db()
    assert timedelta(0) < schedule.next_at - timezone.now() <= timedelta(minutes=15)


def test_missed_runs_are_not_made_up_for(schedule: Schedule, receiver: Receiver) -> None:
    Schedule.objects.update(next_at=timezone.now() - timedelta(hours=5, minutes=1))
    run(schedule)
    schedule.refresh_from_db()
    assert timedelta(0) < schedule.next_at - timezone.now() <= timedelta(minutes=15)


def lose_role(act: Act, manager: Any) -> None:
    change_role(act, person=manager, role="viewer", seen="manager")


def lose_account(act: Act, manager: Any) -> None:
    deactivate_user(act, person=manager)


@pytest.mark.parametrize("lose", [lose_role, lose_account])
def test_ends_with_one_event_when_its_person_may_no_longer_send(
    schedule: Schedule, act_as: Callable[..., Act], acacia: Any, receiver: Receiver, lose: Any
) -> None:
    queue_payloads(schedule.endpoint, 1)
    lose(act_as("owner"), people.person("manager", acacia))

    run(schedule)
    run(schedule)

    schedule.refresh_from_db()
    assert schedule.ended_at is not None
    (event,) = events_of(*ALL)
    assert (event.action, event.outcome, event.facts["why"]) == (
        "integrations.schedule.lapse", "allowed", "rights",
    )  # fmt: skip
    assert (event.actor_ref, event.cause_id) == ("scheduler", schedule.request_id)
    assert receiver.received() == []


def test_ends_when_the_endpoint_is_removed(
    schedule: Schedule, act_as: Callable[..., Act], receiver: Receiver
) -> None:
    remove_endpoint(act_as("owner"), endpoint=schedule.endpoint)
    run(schedule)
    (event,) = events_of(*ALL)
    assert event.facts["why"] == "removed"
    words = sentence(action=event.action, outcome=event.outcome, label="Warehouse system")
    assert "the endpoint was removed" in words, "its person may still send"


def freeze(_act: Act, schedule: Schedule, tenant: Any) -> None:
    TenantFreeze.objects.create(tenant=tenant, reason="Drill", frozen_by="u-1")


def disable(act: Act, schedule: Schedule, _tenant: Any) -> None:
    disable_endpoint(act, endpoint=schedule.endpoint)


def pause(_act: Act, schedule: Schedule, tenant: Any) -> None:
    Endpoint.objects.filter(pk=schedule.endpoint_id).update(maker=people.person("manager", tenant).ref)


def send_all(_act: Act, schedule: Schedule, _tenant: Any) -> None:
    dispatch = make_dispatch_row(schedule.endpoint)
    for payload in Payload.objects.all():
        make_attempt_row(dispatch, payload, outcome="failed")


def narrow(act: Act, schedule: Schedule, tenant: Any) -> None:
    """The endpoint receives from one hub now, as its maker works there; what is queued concerns another one."""
    hub, other = (create_hub(act, code=code, name=code) for code in ("NEAR", "FAR"))
    maker = people.add_person("owner", name="maker", all_hubs=False)
    assign_perm("inventory.operate_hub", maker, hub)
    Endpoint.objects.filter(pk=schedule.endpoint_id).update(all_hubs=False, maker=maker.ref)
    schedule.endpoint.hubs.set([hub])
    send_all(act, schedule, tenant)
    Dispatch.objects.update(finished_at=timezone.now())
    queue_payloads(schedule.endpoint, 1, hubs=[other.pk])


def release(_act: Act, schedule: Schedule, _tenant: Any) -> None:
    """Retention has released what is queued, and not deleted it yet."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE integrations_endpointnumber DISABLE TRIGGER USER")
        cursor.execute("UPDATE integrations_endpointnumber SET deleted_upto = last")
        cursor.execute("ALTER TABLE integrations_endpointnumber ENABLE TRIGGER USER")


@pytest.mark.parametrize("obstacle", [freeze, disable, pause, send_all, narrow, release])
def test_a_run_that_may_not_send_or_has_nothing_to_send_leaves_no_trace(
    schedule: Schedule, act_as: Callable[..., Act], acacia: Any, receiver: Receiver, obstacle: Any
) -> None:
    queue_payloads(schedule.endpoint, 2)
    obstacle(act_as("owner"), schedule, acacia)

    run(schedule)

    schedule.refresh_from_db()
    assert schedule.ended_at is None
    assert events_of(*ALL) == [], "not even a refused one"
    assert receiver.received() == []


def test_a_schedule_that_was_ended_sends_nothing(schedule: Schedule, act: Act, receiver: Receiver) -> None:
    queue_payloads(schedule.endpoint, 1)
    end_schedule(act, schedule=schedule)
    run(schedule)
    assert receiver.received() == []
    with pytest.raises(StateConflict):
        end_schedule(act, schedule=schedule)


@pytest.mark.parametrize("minutes", [0, 1, 7, 100_000])
def test_only_offered_intervals_are_accepted(endpoint: Endpoint, act: Act, minutes: int) -> None:
    with pytest.raises(ValidationFailed):
        set_schedule(act, endpoint=endpoint, every_minutes=minutes)
    assert not Schedule.objects.exists()


def test_refuses_the_viewer(endpoint: Endpoint, act_as: Callable[..., Act]) -> None:
    with pytest.raises(PermissionDenied):
        set_schedule(act_as("viewer"), endpoint=endpoint, every_minutes=15)
    assert not Schedule.objects.exists()


def test_is_recorded(schedule: Schedule, act: Act) -> None:
    (event,) = events_of("integrations.schedule.set")
    assert (event.actor_ref, event.resource_id) == (act.actor.ref, str(schedule.pk))
    assert event.changes[0]["after"] == {"endpoint": "Warehouse system", "every_minutes": 15}


def test_the_worker_enqueues_what_is_due_once(schedule: Schedule) -> None:
    tenant = connection.tenant
    due.look()
    due.look()
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM public.procrastinate_jobs WHERE task_name = %s", [due.RUN])
        (found,) = cursor.fetchall()
    assert json.loads(found[0]) == {"schema": tenant.schema_name, "schedule": str(schedule.pk)}


def test_the_worker_closes_dispatches_that_nobody_sends(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = queue_payloads(endpoint, 2)
    dead = make_dispatch_row(endpoint, amount=2)
    make_attempt_row(dead, first)
    due.look()
    assert Dispatch.objects.get().finished_at is None, "it may just have started"

    monkeypatch.setattr(due, "YOUNG", timedelta(0))
    due.look()

    dead.refresh_from_db()
    assert (dead.cut_short, dead.unknown) == ("interrupted", 1)
    assert [payload.state for payload in Payload.objects.order_by("number")] == ["unknown", "queued"]
    (event,) = events_of("integrations.dispatch.settle")
    assert (event.actor_type, event.actor_ref) == ("system", "dispatcher")


def test_a_clock_that_was_put_back_does_not_end_a_schedule(
    endpoint: Endpoint, schedule: Schedule, receiver: Receiver
) -> None:
    """A run while the clock was a year ahead set the next time to a year from now."""
    Schedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now() + timedelta(days=365))
    queue_payloads(endpoint, 1)
    assert queries.due_schedules() == [schedule.pk]
    run(schedule)
    assert arrived(receiver) == [1]
    schedule.refresh_from_db()
    assert schedule.next_at <= timezone.now() + timedelta(minutes=15)
    assert queries.due_schedules() == []
    queue_payloads(endpoint, 1)
    run(schedule)
    assert arrived(receiver) == [1], "it runs when it is due"


def test_an_error_at_one_tenant_does_not_stop_the_look_at_the_others(
    acacia: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost connection is no DatabaseError."""
    visited = []

    def fail(tenant: Any) -> None:
        visited.append(tenant.slug)
        raise InterfaceError("connection already closed")

    monkeypatch.setattr(due, "close_interrupted", fail)
    due.look()
    assert {"acacia", "birch", "cedar"} <= set(visited)
