"""A day is a calendar day of the tenant's time zone: in filters, reports, "as of", exports and counts.

Days have 23, 24 or 25 hours. Only here is a day turned into the moments it starts and ends at, and only to compare it
with recorded moments; what happened on a day (`effective_on`) is a day already and is never converted. The one
exception is the plan's month: it is the same for all tenants, in UTC, and says so where it is shown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django import forms

#: No later day has an end that can be written in every time zone.
LAST_DAY = date.max - timedelta(days=2)


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day: where the clocks skip midnight, the moment they go on from."""
    return datetime.combine(day, time.min, tzinfo=zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first moment after a day; of the last days of the calendar, later than any moment that was recorded."""
    if day > LAST_DAY:
        return datetime.max.replace(tzinfo=UTC)
    return start_of(day + timedelta(days=1), zone)


class DayField(forms.DateField):
    """A day, written as 2026-01-31, which a browser's own date field sends. Nothing else is guessed at."""

    def __init__(self, *, label: Any = None, required: bool = True, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
        )
