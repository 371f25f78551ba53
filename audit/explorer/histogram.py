"""How many events of a query happened when: bars that each lead to their events.

Hours and longer come from the counts per hour (`rollup`) where those can answer: for filters by outcome, action and
hub. All else is counted from the newest events that match, at most `MAX_COUNTED`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from asora.kernel import days
from asora.kernel.actors import Actor
from audit.events import readers
from audit.events.models import Event
from audit.explorer import rollup
from audit.explorer.event_query import EventQuery, ids_of_hub
from audit.explorer.models import ALL_KNOWN, UNKNOWN, HourCount

MAX_BARS = 62
MAX_COUNTED = 10_000
USUAL = timedelta(days=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: The width of a bar, narrowest first.
STEPS = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), HOUR, timedelta(hours=6),
    DAY, 7 * DAY, 28 * DAY, 364 * DAY,
)  # fmt: skip
#: Filters that the counts per hour can answer.
_OF_COUNTS = frozenset({"outcome", "action", "hub", "since", "until"})


@dataclass(frozen=True, slots=True)
class Bar:
    """The events from `start` (included) to `end` (excluded), by outcome; `query` finds them."""

    start: datetime
    end: datetime
    numbers: Counter[str]
    query: EventQuery

    @property
    def total(self) -> int:
        """All events of the bar."""
        return self.numbers.total()


@dataclass(frozen=True, slots=True)
class Histogram:
    """The bars of a period. `is_capped`: only the newest events that match were counted."""

    bars: list[Bar]
    step: timedelta
    is_capped: bool

    @property
    def total(self) -> int:
        """All events that were counted."""
        return sum(bar.total for bar in self.bars)


def histogram(query: EventQuery, actor: Actor, *, zone: ZoneInfo) -> Histogram | None:
    """The bars of a query for a reader; None if no event matches. `zone`: where days begin."""
    since, until = query.period(zone)
    set_filters = set(query.as_params())
    is_of_counts = set_filters <= _OF_COUNTS and ("hub" not in set_filters or readers.hubs_of(actor) is None)
    if is_of_counts:
        until = until or _next_hour(timezone.now())
        since = since or until - USUAL
        if _step(until - since) >= HOUR:
            return _from_counts(query, actor, since, until, zone)
    return _from_events(query, actor, since, until, zone)


def _from_events(
    query: EventQuery, actor: Actor, since: datetime | None, until: datetime | None, zone: ZoneInfo
) -> Histogram | None:
    """Count the newest events. If there are more, the period begins with the oldest counted one."""
    newest = query.rows(actor).order_by("-occurred_at", "-id").values_list("occurred_at", "outcome")
    moments = list(newest[: MAX_COUNTED + 1])
    if not moments:
        return None
    is_capped = len(moments) > MAX_COUNTED
    start = moments[-1][0] if since is None or is_capped else since
    end = until or moments[0][0] + timedelta(microseconds=1)
    found = [(moment, outcome, 1) for moment, outcome in moments]
    return _drawn(query, found, (start, end), zone, is_capped=is_capped)


def _from_counts(
    query: EventQuery, actor: Actor, since: datetime, until: datetime, zone: ZoneInfo
) -> Histogram | None:
    """Whole hours that are counted come from the counts; parts of hours and uncounted events from the trail."""
    head = rollup.head()
    rows = replace(query, since=since, until=until).rows(actor)
    is_counted, is_uncounted = Q(number__lte=head.number), Q(number__gt=head.number)
    if head.has_genesis:
        is_counted |= Q(number__isnull=True)
    else:
        is_uncounted |= Q(number__isnull=True)
    inner, outer = _next_hour(since), _hour_of(until)
    parts = [rows.filter(is_uncounted)] + [
        rows.filter(is_counted, occurred_at__gte=start, occurred_at__lt=end)
        for start, end in ((since, inner), (outer, until))
        if start < end
    ]
    found: list[tuple[datetime, str, int]] = []
    for part in parts:
        found += [(moment, outcome, 1) for moment, outcome in _moments(part)[: MAX_COUNTED + 1]]
        if len(found) > MAX_COUNTED:  # nobody has sealed for long
            return _from_events(query, actor, since, until, zone)
    found += _hours(query, actor, inner, outer)
    return _drawn(query, found, (since, until), zone, is_capped=False) if found else None


def _moments(rows: QuerySet[Event]) -> QuerySet[Event, tuple[datetime, str]]:
    return rows.order_by().values_list("occurred_at", "outcome")


def _hours(
    query: EventQuery, actor: Actor, start: datetime, end: datetime
) -> list[tuple[datetime, str, int]]:
    """The counts of whole hours. A reader who does not work at all hubs sees no event whose hubs are not known."""
    places = [ALL_KNOWN] if readers.hubs_of(actor) is not None else [ALL_KNOWN, UNKNOWN]
    rows = HourCount.objects.filter(hub__in=ids_of_hub(query.hub) if query.hub else places)
    rows = rows.filter(hour__gte=start, hour__lt=end)
    if query.action:
        rows = rows.filter(action=query.action)
    if query.outcome:
        rows = rows.filter(outcome=query.outcome)
    return list(
        rows.values("hour", "outcome").annotate(total=Sum("number")).values_list("hour", "outcome", "total")
    )


def _step(span: timedelta) -> timedelta:
    return next((step for step in STEPS if span <= step * MAX_BARS), STEPS[-1])


def _edges(start: datetime, end: datetime, step: timedelta, zone: ZoneInfo) -> list[datetime]:
    """The starts of the bars and the end of the last one. Bars of days begin at the full hour (UTC) of the day's start.

    Counts are kept per hour of UTC, and in some zones a day begins at half past one.
    """
    if step < DAY:
        size = int(step.total_seconds())
        at = datetime.fromtimestamp(int(start.timestamp()) // size * size, tz=UTC)
        edges = [at]
        while edges[-1] < end:
            edges.append(edges[-1] + step)
        return edges
    day = start.astimezone(zone).date()
    if step > DAY:
        day -= timedelta(days=day.weekday())
    edges = [_hour_of(days.start_of(day, zone))]
    while edges[-1] < end:
        day += step
        edges.append(_hour_of(days.start_of(day, zone)))
    return edges


def _placed(edges: list[datetime], found: Iterable[tuple[datetime, str, int]]) -> list[Counter[str]]:
    """The numbers of each bar by outcome."""
    numbers: list[Counter[str]] = [Counter() for _edge in edges[1:]]
    for moment, outcome, number in found:
        place = bisect_right(edges, moment) - 1
        if 0 <= place < len(numbers):
            numbers[place][outcome] += number
    return numbers


def _drawn(
    query: EventQuery,
    found: Iterable[tuple[datetime, str, int]],
    period: tuple[datetime, datetime],
    zone: ZoneInfo,
    *,
    is_capped: bool,
) -> Histogram:
    since, until = period
    step = _step(until - since)
    edges = _edges(since, until, step, zone)
    bars = []
    for start, end, numbers in zip(edges, edges[1:], _placed(edges, found), strict=False):
        within = replace(
            query, since=max(start, since).astimezone(UTC), until=min(end, until).astimezone(UTC)
        )
        bars.append(Bar(start, end, numbers, within))
    return Histogram(bars, step, is_capped)


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _next_hour(moment: datetime) -> datetime:
    start = _hour_of(moment)
    return start if start == moment else start + HOUR
