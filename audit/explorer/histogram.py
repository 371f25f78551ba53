"""How many events of a query happened when: bars that each lead to their events.

Hours and longer come from the counts per hour (`rollup`) where those can answer: for filters by outcome, action and
hub. All else is counted from the newest events that match, at most `MAX_COUNTED`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Max, Min, Q, QuerySet, Sum, Value
from django.utils import timezone

from asora.kernel import days
from asora.kernel.actors import Actor
from audit.events import readers
from audit.events.models import Event, TrailHead
from audit.explorer import rollup
from audit.explorer.event_query import EventQuery, ids_of_hub
from audit.explorer.models import ALL_KNOWN, UNKNOWN, HourCount

MAX_BARS = 62
MAX_COUNTED = 1_000
#: The most events that are counted beside the counts per hour: those that are not sealed yet, and parts of hours.
MAX_UNCOUNTED = 10_000
USUAL = timedelta(days=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: The width of a bar, narrowest first.
STEPS = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), HOUR, timedelta(hours=6),
    DAY, 7 * DAY, 28 * DAY, 364 * DAY,
)  # fmt: skip
#: The number of events by place of the bar and outcome.
Numbers = Counter[tuple[int, str]]
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
    ahead = _next_hour(timezone.now())
    if until and until > ahead:  # nothing has happened yet, and the calendar ends in the year 9999
        until = ahead
    if since and since >= (until or ahead):
        return None
    set_filters = set(query.as_params())
    is_of_counts = set_filters <= _OF_COUNTS and ("hub" not in set_filters or readers.hubs_of(actor) is None)
    if is_of_counts:
        until = until or ahead
        since = since or until - USUAL
        if _step(until - since) >= HOUR:
            return _from_counts(query, actor, since, until, zone)
    return _from_events(query, actor, since, until, zone)


def _from_events(
    query: EventQuery, actor: Actor, since: datetime | None, until: datetime | None, zone: ZoneInfo
) -> Histogram | None:
    """Count the newest events. If there are more, the period begins with the oldest counted one."""
    newest = query.rows(actor).order_by("-occurred_at", "-id")[: MAX_COUNTED + 1]
    ends = newest.aggregate(first=Min("occurred_at"), last=Max("occurred_at"), number=Count("pk"))
    if not ends["number"]:
        return None
    is_capped = ends["number"] > MAX_COUNTED
    start = ends["first"] if since is None or is_capped else since
    period = start, until or ends["last"] + timedelta(microseconds=1)
    edges = _edges(*period, _step(period[1] - period[0]), zone)
    return _drawn(query, edges, _counted(newest, edges), period, is_capped=is_capped)


def _from_counts(
    query: EventQuery, actor: Actor, since: datetime, until: datetime, zone: ZoneInfo
) -> Histogram | None:
    """Whole hours that are counted come from the counts; parts of hours and uncounted events from the trail."""
    head = rollup.head()
    if TrailHead.objects.get(pk=1).number - head.number > MAX_UNCOUNTED:  # nobody has sealed for long
        return _from_events(query, actor, since, until, zone)
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
    edges = _edges(since, until, _step(until - since), zone)
    numbers: Numbers = Counter()
    for part in parts:
        counted = _counted(part.order_by()[: MAX_UNCOUNTED + 1], edges)
        if counted.total() > MAX_UNCOUNTED:
            return _from_events(query, actor, since, until, zone)
        numbers += counted
    numbers += _hours(query, actor, inner, outer, edges)
    return _drawn(query, edges, numbers, (since, until), is_capped=False) if numbers else None


def _counted(rows: QuerySet[Event], edges: list[datetime]) -> Numbers:
    """Count at most so many rows by bar and outcome. PostgreSQL counts: reading ten thousand moments takes longer."""
    sql, params = rows.values("occurred_at", "outcome").query.sql_with_params()
    statement = f"SELECT width_bucket(occurred_at, %s), outcome, count(*) FROM ({sql}) found GROUP BY 1, 2"  # noqa: S608 - the ORM's own
    with connection.cursor() as cursor:
        cursor.execute(statement, [edges, *params])
        return Counter({(bar - 1, outcome): number for bar, outcome, number in cursor.fetchall()})


def _hours(query: EventQuery, actor: Actor, start: datetime, end: datetime, edges: list[datetime]) -> Numbers:
    """The counts of whole hours. A reader who does not work at all hubs sees no event whose hubs are not known."""
    places = [ALL_KNOWN] if readers.hubs_of(actor) is not None else [ALL_KNOWN, UNKNOWN]
    rows = HourCount.objects.filter(hub__in=ids_of_hub(query.hub) if query.hub else places)
    rows = rows.filter(hour__gte=start, hour__lt=end)
    if query.action:
        rows = rows.filter(action=query.action)
    if query.outcome:
        rows = rows.filter(outcome=query.outcome)
    bar = Func(
        F("hour"),
        Value(edges, ArrayField(DateTimeField())),
        function="width_bucket",
        output_field=IntegerField(),
    )
    found = rows.annotate(bar=bar).values("bar", "outcome").annotate(total=Sum("number"))
    return Counter({(row["bar"] - 1, row["outcome"]): row["total"] for row in found})


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


def _drawn(
    query: EventQuery,
    edges: list[datetime],
    numbers: Numbers,
    period: tuple[datetime, datetime],
    *,
    is_capped: bool,
) -> Histogram:
    since, until = period
    bars = []
    for place, (start, end) in enumerate(itertools.pairwise(edges)):
        of_bar = Counter({outcome: number for (bar, outcome), number in numbers.items() if bar == place})
        within = replace(
            query, since=max(start, since).astimezone(UTC), until=min(end, until).astimezone(UTC)
        )
        bars.append(Bar(start, end, of_bar, within))
    return Histogram(bars, is_capped=is_capped, step=_step(until - since))


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _next_hour(moment: datetime) -> datetime:
    start = _hour_of(moment)
    return start if start == moment else start + HOUR
