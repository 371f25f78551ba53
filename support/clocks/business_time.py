"""Business time of one calendar: how much of it lies between two moments, and when a given amount is over.

Moments are whole seconds since 1970 (UTC). A position is the number of business seconds since the beginning of 2024.
Whatever the calendar's clocks do in a night of daylight-saving time, an hour of business time is 3,600 real seconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, DAY = 60, 86_400
FIRST_YEAR = 2024
#: So many years without enough business time mean a calendar that is always closed.
MAX_YEARS = 60

#: For each day of the week, Monday first: [first minute, last minute) of each opening in local time.
Week = Sequence[Sequence[Sequence[int]]]


class Hours:
    """The openings of one calendar as sorted lists, built a year at a time when they are needed."""

    def __init__(self, *, time_zone: str, week: Week, holidays: Iterable[str] = ()) -> None:
        """`week`: see `Week`. `holidays`: ISO dates on which nothing is open."""
        self._zone = ZoneInfo(time_zone)
        self._week = week
        self._holidays = frozenset(holidays)
        self._next_year = FIRST_YEAR
        self._total = 0
        self._covered_until = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []  # position at each start
        self._days: list[int] = []  # position at the opening of each business day
        self._lengths: list[int] = []  # business seconds of each business day

    def position(self, at: int) -> int:
        """The business seconds before a moment. Moments before 2024 have position 0."""
        if self._covered_until <= at:
            self._cover(at)
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        end = self._ends[index]
        return self._before[index] + min(end, at) - self._starts[index]

    def moment(self, position: int) -> int:
        """The first moment at which so many business seconds are over."""
        while self._total < position:
            self._add_year()
        index = bisect_left(self._before, position) - 1 if position else 0
        return self._starts[index] + position - self._before[index]

    def days_later(self, at: int, days: int) -> int:
        """The position reached after `days` business days: as far into the later day as `at` is into its own.

        A moment outside business hours belongs to the next opening. A shorter later day ends earlier.
        """
        index, into = self._day_of(at)
        while len(self._days) <= index + days:
            self._add_year()
        return self._days[index + days] + min(into, self._lengths[index + days])

    def end_of_day(self, at: int) -> int:
        """The position at the close of the business day of `at`, or of the next one outside business hours."""
        index, _into = self._day_of(at)
        return self._days[index] + self._lengths[index]

    def _day_of(self, at: int) -> tuple[int, int]:
        """The business day of a moment as an index, and the business seconds of that day that are over."""
        position = self.position(at)
        while self._total <= position:
            self._add_year()
        index = bisect_right(self._days, position) - 1
        return index, position - self._days[index]

    def _cover(self, at: int) -> None:
        while self._covered_until <= at:
            self._add_year()

    def _add_year(self) -> None:
        if self._next_year >= FIRST_YEAR + MAX_YEARS:
            raise ValueError("this calendar has too little business time")
        day, end = date(self._next_year, 1, 1), date(self._next_year + 1, 1, 1)
        while day < end:
            length = 0
            for start, close in self._openings(day):
                self._add_opening(start, close)
                length += close - start
            if length:
                self._days.append(self._total - length)
                self._lengths.append(length)
            day += timedelta(days=1)
        self._covered_until = self._midnight(end)
        self._next_year += 1

    def _add_opening(self, start: int, close: int) -> None:
        if self._ends and self._ends[-1] == start:  # open past midnight
            self._ends[-1] = close
        else:
            self._starts.append(start)
            self._ends.append(close)
            self._before.append(self._total)
        self._total += close - start

    def _openings(self, day: date) -> list[tuple[int, int]]:
        openings = self._week[day.weekday()]
        if not openings or day.isoformat() in self._holidays:
            return []
        midnight, end = self._midnight(day), self._midnight(day + timedelta(days=1))
        if end - midnight == DAY:
            return [(midnight + first * MINUTE, midnight + last * MINUTE) for first, last in openings]
        return self._openings_of_uneven_day(midnight, end, openings)

    def _openings_of_uneven_day(
        self, midnight: int, end: int, openings: Sequence[Sequence[int]]
    ) -> list[tuple[int, int]]:
        """A day on which local clocks are changed: the minutes whose local time is within the opening."""
        found: list[tuple[int, int]] = []
        for at in range(midnight, end, MINUTE):
            local = datetime.fromtimestamp(at, self._zone)
            minute = local.hour * 60 + local.minute
            if any(first <= minute < last for first, last in openings):
                if found and found[-1][1] == at:
                    found[-1] = (found[-1][0], at + MINUTE)
                else:
                    found.append((at, at + MINUTE))
        return found

    def _midnight(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp())
