"""A second computation of promised times, minute by minute. It shares no code with the product.

Time is a line of minutes. For each minute a byte says whether the calendar is open; minutes that do not count are
crossed out, and the budget is counted off, one open minute after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

OPEN, SHUT = 1, 0


class MinuteCalendar:
    """The open minutes between two moments, by asking for the local time of each of them."""

    def __init__(
        self,
        *,
        begin: datetime,
        minutes: int,
        zone: str,
        week: Sequence[Sequence[Sequence[int]]],
        holidays: set[str],
    ) -> None:
        first, place = int(begin.timestamp()), ZoneInfo(zone)
        self.open = bytearray(minutes)
        self.days: list[str] = []
        self.business: dict[str, list[int]] = {}
        for minute in range(minutes):
            local = datetime.fromtimestamp(first + minute * 60, place)
            day, of_day = local.date().isoformat(), local.hour * 60 + local.minute
            is_open = day not in holidays and any(a <= of_day < b for a, b in week[local.weekday()])
            self.open[minute] = OPEN if is_open else SHUT
            self.days.append(day)
            if is_open:
                self.business.setdefault(day, [minute, 0])[1] += 1

    @classmethod
    def always(cls, minutes: int) -> MinuteCalendar:
        made = cls.__new__(cls)
        made.open = bytearray([OPEN]) * minutes
        return made

    def business_days(self, at: int) -> list[list[int]]:
        """[first open minute, open minutes] of the business day of a minute and of those after it."""
        today = self.days[self.open.find(OPEN, at)]
        return [day for name, day in self.business.items() if name >= today]


@dataclass
class Promised:
    """A target for the second computation. `unit`, `amount`: as in the policy."""

    clock: str
    severity: int | None
    category: str
    queue: str
    amount: int
    unit: str
    calendar: MinuteCalendar
    pauses: bool


@dataclass
class Ticket:
    """One ticket's story, minute by minute. All moments are minutes since the beginning of the line."""

    #: (minute, severity, category, queue)
    classified: list[tuple[int, int | None, str, str]] = field(default_factory=list)
    #: clock → [started, ended or None, how, [(ended, reopened)]]
    clocks: dict[str, list] = field(default_factory=dict)
    paused: list[list] = field(default_factory=list)


def budget(promise: Promised, at: int) -> int:
    """The open minutes that a target grants."""
    if promise.unit in ("minutes", "business_minutes"):
        return promise.amount
    days = promise.calendar.business_days(at)
    (first, length), calendar = days[0], promise.calendar
    into = calendar.open.count(OPEN, first, max(at, first))
    if promise.unit == "same_business_day":
        return length - into
    later_first, later_length = days[promise.amount]
    return calendar.open.count(OPEN, at, later_first) + min(into, later_length)


def due(promise: Promised, at: int, breaks: Sequence[tuple[int, int | None]]) -> int | None:
    """The minute at which the budget is used up; None if a break without an end comes first."""
    line = bytearray(promise.calendar.open)
    never = None
    for begin, end in breaks:
        if end is None:
            never = begin if never is None else min(never, begin)
        else:
            line[begin:end] = bytes(max(end - begin, 0))
    left = budget(promise, at)
    minute = at
    while left:
        # a day at a time, then minute by minute
        if line.count(OPEN, minute, minute + 1440) < left:
            left -= line.count(OPEN, minute, minute + 1440)
            minute += 1440
            assert minute < len(line), "the line is too short"
            continue
        while left:
            left -= line[minute]
            minute += 1
    if never is not None and minute > never:
        return None
    return minute


def severe_since(ticket: Ticket, severity: int) -> int:
    """The first minute at which the ticket was at least so severe; the first severity counts from the opening."""
    known = [
        (minute, number) for minute, number, _category, _queue in ticket.classified if number is not None
    ]
    if known[0][1] <= severity:
        return ticket.classified[0][0]
    return min(minute for minute, number in known if number <= severity)


def clock_is(
    ticket: Ticket, policy: Sequence[Promised], clock: str, now: int
) -> tuple[str, int | None] | None:
    """(state, due minute) of a clock; None if nothing is promised."""
    started, ended, how, stops = ticket.clocks[clock]
    _minute, severity, category, queue = ticket.classified[-1]
    less_severe = {
        earlier for _m, earlier, _c, _q in ticket.classified if earlier and severity and earlier > severity
    }
    found = []
    for promise in policy:
        if promise.clock != clock or promise.queue not in ("", queue):
            continue
        if promise.category and category and promise.category != category:
            continue
        if (
            promise.severity is not None
            and promise.severity != severity
            and promise.severity not in less_severe
        ):
            continue
        at = started if promise.severity is None else max(started, severe_since(ticket, promise.severity))
        breaks = list(stops)
        if promise.pauses:
            breaks += [(a, b) for a, b in ticket.paused if ended is None or a < ended]
        found.append(due(promise, at, breaks))
    if not found:
        return None
    dues = [minute for minute in found if minute is not None]
    earliest = min(dues) if dues else None
    if ended is not None:
        if how == "cancel":
            return "cancelled", earliest
        return ("missed" if earliest is not None and earliest < ended else "met"), earliest
    if earliest is None:
        return "paused", None
    return ("missed" if earliest < now else "running"), earliest


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]
