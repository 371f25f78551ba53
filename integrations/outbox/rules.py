"""How far retention may delete."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

#: Payloads are kept for so many days at least: the database refuses to delete younger ones.
MIN_DAYS = 7


def last_kept_moment(today: date, *, days: int) -> datetime:
    """The start of the first day (UTC) whose payloads are kept, if payloads are kept for so many days.

    The line moves once a day and not at each hour, so that the trail has at most one event a day and endpoint.
    """
    return datetime.combine(today - timedelta(days=max(days, MIN_DAYS)), time.min, tzinfo=UTC)
