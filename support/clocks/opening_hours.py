"""Opening hours as people type them, such as "09:00-12:00, 13:00-17:00", and what a calendar has to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from support.clocks.business_time import Week

OPENING = re.compile(r"^(\d{1,2}):(\d{2})\s*[-\u2013]\s*(\d{1,2}):(\d{2})$")
MINUTES_A_DAY = 24 * 60
MAX_HOLIDAYS = 1_000


class NotValid(ValueError):
    """A value of a calendar was refused. `field`: its field."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def parse_day(text: str) -> list[list[int]]:
    """The openings of one day as [first minute, last minute). An empty text is a closed day. Raises NotValid."""
    openings: list[list[int]] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        found = OPENING.match(part)
        if found is None:
            raise NotValid("hours", _("Write opening hours as 09:00-17:00, with commas between several."))
        first, last = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4]))
        openings.append([first, last])
    return openings


def write_day(openings: Sequence[Sequence[int]]) -> str:
    """The openings of one day as people type them."""
    return ", ".join(f"{_clock(first)}-{_clock(last)}" for first, last in openings)


def parse_holidays(text: str) -> list[str]:
    """Days without business hours, one a line, as ISO dates in order. Raises NotValid."""
    days = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        try:
            days.append(date.fromisoformat(line).isoformat())
        except ValueError as error:
            raise NotValid("holidays", _("Write each day as 2026-12-25, one a line.")) from error
    return sorted(set(days))


def require_valid(*, time_zone: str, week: Week, holidays: Sequence[str]) -> None:
    """Refuse a calendar that cannot be computed with. Raises NotValid."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotValid(
            "time_zone", _("This time zone does not exist. Write it as America/New_York.")
        ) from error
    if len(week) != 7 or not any(week):
        raise NotValid("hours", _("Enter business hours for at least one day of the week."))
    for openings in week:
        before = 0
        for first, last in openings:
            if not before <= first < last <= MINUTES_A_DAY:
                raise NotValid("hours", _("Openings of a day follow each other, and end after they begin."))
            before = last
    if len(holidays) > MAX_HOLIDAYS:
        raise NotValid("holidays", _("At most %(most)s days.") % {"most": MAX_HOLIDAYS})


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
