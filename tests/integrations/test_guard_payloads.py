"""The database guards the outbox: numbers without gaps, payloads that only change their state, deletion by age only."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from asora.kernel import expected_tables
from integrations.outbox.models import GUARDS, EndpointNumber, Payload
from tests.factories.payloads import make_endpoint_row, queue_payloads, settle

pytestmark = pytest.mark.usefixtures("acacia")
STATES = [state.value for state in Payload.State]
ENDS = {"delivered", "failed", "unknown"}
ALLOWED = {(before, "sending") for before in STATES if before != "sending"} | {
    ("sending", after) for after in ENDS
}
WAY: dict[str, tuple[str, ...]] = {
    "queued": (),
    "sending": ("sending",),
    **{end: ("sending", end) for end in ENDS},
}
#: Another value for each column except the state.
OTHER: dict[str, Any] = {
    "id": "00000000-0000-7000-8000-000000000000",
    "endpoint_id": "00000000-0000-7000-8000-000000000001",
    "number": F("number") + 100,
    "event_type": "another",
    "event_id": "another",
    "body": b"another",
    "position": 99,
    "audit_event": None,
    "request_id": "another",
    "hubs": [99],
    "with_values": True,
    "queued_at": "2001-01-01T00:00Z",
}


def is_refused(work: Any) -> bool:
    try:
        with transaction.atomic():
            work()
    except IntegrityError:
        return True
    return False


def test_a_new_endpoint_has_its_number() -> None:
    endpoint = make_endpoint_row()

    number = EndpointNumber.objects.get(endpoint=endpoint)
    assert (number.last, number.deleted_upto) == (0, 0)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_a_payload_changes_only_along_the_allowed_ways(before: str, after: str) -> None:
    (payload,) = queue_payloads(make_endpoint_row(), 1)
    settle(payload.pk, *WAY[before])

    assert is_refused(lambda: settle(payload.pk, after)) == ((before, after) not in ALLOWED)
    payload.refresh_from_db()
    assert payload.state == (after if (before, after) in ALLOWED else before)


@pytest.mark.parametrize("column", sorted(OTHER))
def test_nothing_but_the_state_changes(column: str) -> None:
    (payload,) = queue_payloads(make_endpoint_row(), 1)

    rows = Payload.objects.filter(pk=payload.pk)
    assert is_refused(lambda: rows.update(**{column: OTHER[column], "state": "sending"}))
    assert not is_refused(lambda: rows.update(state="sending"))


def test_every_column_is_tried() -> None:
    assert {field.attname for field in Payload._meta.concrete_fields} - {"state"} == set(OTHER)


def test_a_number_is_taken_with_its_payload_only() -> None:
    endpoint = make_endpoint_row()
    numbers = EndpointNumber.objects.filter(endpoint=endpoint)

    assert is_refused(lambda: numbers.update(last=1))
    queue_payloads(endpoint, 2)
    assert is_refused(lambda: numbers.update(last=3))
    assert numbers.get().last == 2


@pytest.mark.parametrize("column", ["last", "deleted_upto"])
def test_numbers_only_grow(column: str) -> None:
    endpoint = make_endpoint_row()
    numbers = EndpointNumber.objects.filter(endpoint=endpoint)
    queue_payloads(endpoint, 3, days_ago=100)
    numbers.update(deleted_upto=2)

    assert is_refused(lambda: numbers.update(**{column: 1}))
    assert is_refused(numbers.delete)


def test_a_payload_comes_after_the_last_number_and_is_queued() -> None:
    endpoint = make_endpoint_row()
    (payload,) = queue_payloads(endpoint, 1, days_ago=100)
    EndpointNumber.objects.filter(endpoint=endpoint).update(deleted_upto=1)
    Payload.objects.filter(pk=payload.pk).delete()

    def add(**values: Any) -> None:
        given = {"endpoint_id": endpoint.pk, "number": 2, "event_type": "t", "event_id": "e", "body": b"{}"}
        Payload.objects.create(**given | values)

    assert is_refused(lambda: add(number=1))  # would fill what was deleted
    assert is_refused(lambda: add(number=3))  # would leave a gap
    assert is_refused(lambda: add(state="delivered"))
    assert is_refused(lambda: add(endpoint_id=payload.pk))  # no endpoint
    assert not is_refused(add)
    assert EndpointNumber.objects.get(endpoint=endpoint).last == 2


def test_several_payloads_of_several_endpoints_leave_no_gap() -> None:
    one, two = make_endpoint_row("One"), make_endpoint_row("Two")

    def add(*numbers: tuple[int, int]) -> None:
        Payload.objects.bulk_create(
            Payload(endpoint=endpoint, number=number, event_type="t", event_id="e", body=b"{}")
            for endpoint, those in zip((one, two), numbers, strict=True)
            for number in those
        )

    assert is_refused(lambda: add((1, 2), (1, 3)))
    assert is_refused(lambda: add((1, 2), (2, 3)))
    assert not is_refused(lambda: add((1, 2), (1, 2)))
    assert not is_refused(lambda: add((4, 3), (3, 4)))
    assert list(EndpointNumber.objects.values_list("last", flat=True)) == [4, 4]


def test_payloads_are_deleted_behind_the_line_only() -> None:
    endpoint = make_endpoint_row()
    old = queue_payloads(endpoint, 2, days_ago=100)
    queue_payloads(endpoint, 1)
    numbers = EndpointNumber.objects.filter(endpoint=endpoint)

    assert is_refused(lambda: Payload.objects.filter(number=1).delete())
    assert is_refused(lambda: numbers.update(deleted_upto=3))  # the third is of today
    numbers.update(deleted_upto=2)
    settle(old[1].pk, "sending")
    assert is_refused(lambda: Payload.objects.filter(number=2).delete())  # somebody is sending it
    settle(old[1].pk, "failed")
    Payload.objects.filter(number__lte=2).delete()
    assert list(Payload.objects.values_list("number", flat=True)) == [3]


@pytest.mark.parametrize("table", ["integrations_payload", "integrations_endpointnumber"])
def test_nobody_truncates_the_outbox(table: str) -> None:
    with pytest.raises(IntegrityError, match="TRUNCATE"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("trigger", sorted(GUARDS))
def test_start_up_misses_a_guard(trigger: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {GUARDS[trigger]} DISABLE TRIGGER {trigger}")

    assert f"t_acacia.{GUARDS[trigger]}: the trigger {trigger} is missing or disabled" in (
        expected_tables.problems(["t_acacia"])
    )
