"""A day is a calendar day in the tenant's time zone: in filters, reports, "as of", exports and counts.

A day has 23, 24 or 25 hours. Only this module converts a day to the moments when it starts and ends, to compare it
with recorded moments. The day of a document (`effective_on`) is never converted. The one exception is the month of a
plan: it is the same for all tenants, in UTC, and the pages that show it say so.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django import forms

from asora.kernel.shapes import StrOrPromise

#: The last day whose end can be expressed in every time zone.
LAST_DAY = date.max - timedelta(days=2)


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day. If the clocks skip midnight, the first moment after the gap."""
    return datetime.combine(day, time.min, tzinfo=zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first moment after a day. For the last two days of the calendar: the latest possible moment."""
    if day > LAST_DAY:
        return datetime.max.replace(tzinfo=UTC)
    return start_of(day + timedelta(days=1), zone)


class DayField(forms.DateField):
    """A day written as 2026-01-31, as browsers' date inputs send it. No other format is accepted."""

    def __init__(
        self, *, label: StrOrPromise | None = None, required: bool = True, help_text: StrOrPromise = ""
    ) -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
        )
