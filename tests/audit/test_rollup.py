"""Counts per hour: each event is counted once for all hubs and once for each of its own, however often it is asked."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from audit.events.models import Event
from audit.explorer import rollup
from audit.explorer.models import ALL_KNOWN, UNKNOWN, HourCount

NINE, TEN = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)


def happened(number: int | None, minute: int, hubs: list[int] | None, *, hour: datetime = NINE) -> None:
    Event.objects.create(
        number=number, occurred_at=hour.replace(minute=minute), hubs=hubs,
        action="page.open", outcome="allowed", actor_type="user",
    )  # fmt: skip


def counted() -> Counter[tuple[datetime, int]]:
    found: Counter[tuple[datetime, int]] = Counter()
    for row in HourCount.objects.all():
        found[row.hour, row.hub] += row.number
    return found


@pytest.fixture
def five(acacia: Any) -> None:
    happened(1, 0, [])
    happened(2, 59, [7, 8])
    happened(3, 0, [7], hour=TEN)
    happened(4, 1, None, hour=TEN)
    happened(None, 30, [8])


def test_an_event_is_counted_once_for_all_and_once_for_each_hub(five: None) -> None:
    rollup.add(1, 4)
    assert counted() == {
        (NINE, ALL_KNOWN): 2, (NINE, 7): 1, (NINE, 8): 1,
        (TEN, ALL_KNOWN): 1, (TEN, 7): 1, (TEN, UNKNOWN): 1,
    }  # fmt: skip
    assert rollup.head().number == 4


def test_parts_add_up_and_nothing_is_counted_twice(five: None) -> None:
    rollup.add(1, 4)
    at_once = counted()
    HourCount.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_counthead SET number = 0")
    for first, last in ((1, 1), (2, 3), (1, 3), (2, 4), (4, 4)):
        rollup.add(first, last)
    assert counted() == at_once


def test_events_from_before_numbers_are_counted_once(five: None) -> None:
    rollup.add_genesis()
    rollup.add_genesis()
    assert counted() == {(NINE, ALL_KNOWN): 1, (NINE, 8): 1}
    assert rollup.head().has_genesis


def test_a_gap_is_refused(five: None) -> None:
    rollup.add(1, 1)
    with pytest.raises(ValueError, match="events 2 to 3 are not counted yet"):
        rollup.add(4, 4)
    assert rollup.head().number == 1
