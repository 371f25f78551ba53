"""Counting polls. The first one of a day is an action, with its event; the others only count up that day's row."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db.models import F

from integrations.feed.models import FeedDay, FeedToken


def day_of(moment: datetime) -> date:
    """The day of a poll. Days of the feed are days in UTC, whatever the tenant's time zone."""
    return moment.astimezone(UTC).date()


def count(token: FeedToken, *, at: datetime, after: int, payloads: int) -> bool:
    """Count one more poll; returns False, and counts nothing, if it is the token's first one of the day."""
    return bool(
        FeedDay.objects.filter(token=token, day=day_of(at)).update(
            polls=F("polls") + 1, payloads=F("payloads") + payloads, last_at=at, last_after=after
        )
    )
