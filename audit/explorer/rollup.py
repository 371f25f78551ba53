"""Counts of events per hour: added for events that are sealed, and read for the histogram.

The sealer calls `add` in its transaction. Events that are not counted yet are counted when the histogram is read, so
it is complete whether or not the sealer runs.
"""

from __future__ import annotations

from django.db import connection

from audit.explorer.models import ALL_KNOWN, UNKNOWN, CountHead

_LOCK = "SELECT number, has_genesis FROM audit_counthead WHERE id = 1 FOR UPDATE"
_COUNT = """
INSERT INTO audit_hourcount AS counted (hour, action, outcome, hub, number)
SELECT date_trunc('hour', occurred_at, 'UTC'), action, outcome, place.hub, count(*)
FROM audit_event
CROSS JOIN LATERAL (
    SELECT unnest(hubs) AS hub
    UNION ALL SELECT CASE WHEN hubs IS NULL THEN %(unknown)s ELSE %(all_known)s END
) place
WHERE {which}
GROUP BY 1, 2, 3, 4
ON CONFLICT (hub, hour, action, outcome) DO UPDATE SET number = counted.number + excluded.number
"""
_PLACES = {"unknown": UNKNOWN, "all_known": ALL_KNOWN}


def add(first: int, last: int) -> None:
    """Count the events from number `first` to `last` of the bound schema's trail, in the caller's transaction.

    Events that are counted already are left out. Raises ValueError if events before `first` are not counted yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        counted, _has_genesis = cursor.fetchone()
        if first > counted + 1:
            raise ValueError(f"events {counted + 1} to {first - 1} are not counted yet")
        if last <= counted:
            return
        statement = _COUNT.format(which="number BETWEEN %(first)s AND %(last)s")
        cursor.execute(statement, {"first": counted + 1, "last": last, **_PLACES})
        cursor.execute("UPDATE audit_counthead SET number = %s WHERE id = 1", [last])


def add_genesis() -> None:
    """Count the events from before numbers, once. A second call does nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        _counted, has_genesis = cursor.fetchone()
        if has_genesis:
            return
        cursor.execute(_COUNT.format(which="number IS NULL"), _PLACES)
        cursor.execute("UPDATE audit_counthead SET has_genesis = true WHERE id = 1")


def head() -> CountHead:
    """Up to where events are counted. Raises CountHead.DoesNotExist if the schema lacks its row."""
    return CountHead.objects.get(pk=1)
