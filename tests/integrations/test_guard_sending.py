"""The database guards what is sent: an attempt has one outcome, and the state of a payload follows its attempts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from asora.kernel import expected_tables
from integrations.dispatch.models import Attempt, Dispatch, Schedule
from integrations.dispatch.triggers import TABLES, TRIGGERS
from integrations.outbox.models import EndpointNumber, Payload
from tests.factories.dispatches import finish_row, make_attempt_row, make_dispatch_row
from tests.factories.payloads import make_endpoint_row, queue_payloads

pytestmark = pytest.mark.usefixtures("acacia")
OUTCOMES = [outcome.value for outcome in Attempt.Outcome]


def is_refused(work: Any) -> bool:
    try:
        with transaction.atomic():
            work()
    except IntegrityError:
        return True
    return False


def state_of(payload: Payload) -> str:
    return Payload.objects.get(pk=payload.pk).state


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_state_of_a_payload_follows_its_attempts(outcome: str) -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1)
    dispatch = make_dispatch_row(endpoint)

    attempt = make_attempt_row(dispatch, payload)
    assert state_of(payload) == "sending"
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, finished_at=timezone.now())
    assert state_of(payload) == outcome

    again = make_attempt_row(dispatch, payload)
    assert (again.ordinal, state_of(payload)) == (2, "sending")


def test_a_payload_that_is_being_sent_is_not_sent_beside() -> None:
    endpoint = make_endpoint_row()
    first, second = queue_payloads(endpoint, 2)
    dispatch = make_dispatch_row(endpoint, amount=2)
    make_attempt_row(dispatch, first)

    assert is_refused(lambda: make_attempt_row(dispatch, first))
    assert is_refused(lambda: make_attempt_row(dispatch, second)), "one open attempt for each dispatch"
    assert state_of(second) == "queued"


@pytest.mark.parametrize("ordinal", [0, 2])
def test_attempts_are_numbered_without_gaps(ordinal: int) -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1)
    row = {"payload": payload, "dispatch": make_dispatch_row(endpoint), "ordinal": ordinal}

    assert is_refused(lambda: Attempt.objects.create(**row))
    assert state_of(payload) == "queued"


def test_an_attempt_begins_without_an_outcome() -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1)
    row = {"payload": payload, "dispatch": make_dispatch_row(endpoint), "ordinal": 1}

    done = {"outcome": "delivered", "finished_at": timezone.now()}
    assert is_refused(lambda: Attempt.objects.create(**row, **done))


def test_an_attempt_belongs_to_a_dispatch_of_its_endpoint_that_goes_on() -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1)
    finished, elsewhere = make_dispatch_row(endpoint), make_dispatch_row(make_endpoint_row("Another"))
    finish_row(finished)

    assert is_refused(lambda: make_attempt_row(finished, payload))
    assert is_refused(lambda: make_attempt_row(elsewhere, payload))


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "delivered"},
        {"outcome": ""},
        {"answer": "another"},
        {"http_status": 200},
        {"ordinal": 2},
    ],
)
def test_an_outcome_is_written_once(change: dict[str, Any]) -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1)
    attempt = make_attempt_row(make_dispatch_row(endpoint), payload, outcome="unknown")

    assert is_refused(lambda: Attempt.objects.filter(pk=attempt.pk).update(**change))
    assert (Attempt.objects.get().outcome, state_of(payload)) == ("unknown", "unknown")


def test_an_attempt_is_deleted_only_with_its_payload() -> None:
    endpoint = make_endpoint_row()
    old, young = queue_payloads(endpoint, 2, days_ago=100)
    dispatch = make_dispatch_row(endpoint, amount=2)
    for payload in (old, young):
        make_attempt_row(dispatch, payload, outcome="failed")
    EndpointNumber.objects.filter(endpoint=endpoint).update(deleted_upto=old.number)

    assert is_refused(lambda: Attempt.objects.filter(payload=young).delete())
    assert not is_refused(lambda: Attempt.objects.filter(payload=old).delete())


def test_one_dispatch_of_an_endpoint_goes_on_at_a_time() -> None:
    endpoint = make_endpoint_row()
    dispatch = make_dispatch_row(endpoint)

    assert is_refused(lambda: make_dispatch_row(endpoint))
    finish_row(dispatch)
    assert not is_refused(lambda: make_dispatch_row(endpoint))


def test_a_dispatch_does_not_end_before_its_attempts() -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1)
    dispatch = make_dispatch_row(endpoint)
    make_attempt_row(dispatch, payload)

    assert is_refused(lambda: finish_row(dispatch))


@pytest.mark.parametrize(
    "change", [{"finished_at": None}, {"delivered": 1}, {"amount": 5}, {"cut_short": "frozen"}]
)
def test_a_finished_dispatch_never_changes(change: dict[str, Any]) -> None:
    dispatch = make_dispatch_row(make_endpoint_row())
    finish_row(dispatch)

    assert is_refused(lambda: Dispatch.objects.filter(pk=dispatch.pk).update(**change))


def test_a_dispatch_counts_no_more_than_it_sends() -> None:
    dispatch = make_dispatch_row(make_endpoint_row(), amount=1)

    assert is_refused(lambda: finish_row(dispatch, delivered=1, failed=1))


def test_a_schedule_moves_on_and_ends_once() -> None:
    endpoint, now = make_endpoint_row(), timezone.now()
    row = {
        "endpoint": endpoint,
        "every_minutes": 15,
        "set_by": "nobody",
        "request_id": "request",
        "next_at": now,
    }
    schedule = Schedule.objects.create(**row)
    rows = Schedule.objects.filter(pk=schedule.pk)

    assert is_refused(lambda: Schedule.objects.create(**row)), "one for each endpoint"
    assert is_refused(lambda: rows.update(every_minutes=30))
    rows.update(next_at=now + timedelta(minutes=15))
    rows.update(ended_at=now)
    assert is_refused(lambda: rows.update(ended_at=None))
    assert is_refused(lambda: rows.update(next_at=now))
    assert not is_refused(lambda: Schedule.objects.create(**row))


@pytest.mark.parametrize("model", [Dispatch, Schedule])
def test_dispatches_and_schedules_are_never_deleted(model: Any) -> None:
    endpoint = make_endpoint_row()
    make_dispatch_row(endpoint)
    Schedule.objects.create(
        endpoint=endpoint, every_minutes=15, set_by="nobody", request_id="request", next_at=timezone.now()
    )

    assert is_refused(lambda: model.objects.all()._raw_delete("default"))


@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_emptied(table: str) -> None:
    def empty() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")

    assert is_refused(empty)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_missing_trigger_is_noticed(trigger: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TRIGGERS[trigger]} DISABLE TRIGGER {trigger}")

    problems = expected_tables.problems([connection.schema_name])
    assert [problem for problem in problems if trigger in problem]
