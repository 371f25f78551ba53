"""What an endpoint receives of an occurrence, and how far retention may delete."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from integrations.types.definition import Occurrence

#: Payloads are kept for so many days at least: the database refuses to delete younger ones.
MIN_DAYS = 7


def received(
    occurrence: Occurrence, *, event_types: Collection[str], hubs: frozenset[int] | None
) -> Occurrence | None:
    """The part of an occurrence that an endpoint with these settings receives; None if it receives nothing of it.

    `hubs`: the ids of the hubs that it receives; None: all of them.
    """
    return occurrence.at(hubs) if occurrence.type in event_types else None


def last_kept_moment(today: date, *, days: int) -> datetime:
    """The start of the first day (UTC) whose payloads are kept, if payloads are kept for so many days.

    The line moves once a day and not at each hour, so that the trail has at most one event a day and endpoint.
    """
    return datetime.combine(today - timedelta(days=max(days, MIN_DAYS)), time.min, tzinfo=UTC)
