"""Pages of the audit explorer: a filtered page of ten million events costs what it costs at 100,000."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from django.db import connection
from django.utils import timezone

from asora.kernel.listing import Page, pack_key
from audit.events.models import Event
from audit.explorer import facets
from audit.explorer.changed import what_changed
from audit.explorer.event_query import EventQuery
from audit.explorer.histogram import histogram
from audit.explorer.listings import EVENTS
from tests.bench import trails
from tests.bench.harness import Result, Size, interleaved
from tests.bench.trails import PEOPLE, Trail

GOAL = 3.0
ROUNDS = 5
HALF = 0.5
SHORT = "ledger.issue.insufficient_stock"


def measure(size: Size) -> Iterator[Result]:
    """A line per filter: its slowest page of the large trail against the same page of the small one."""
    with trails.trails(size) as both:
        for name, filters in _filters(both.small).items():
            yield _measured(name, filters, both, size)
        yield _compared("values on offer", _offered, both, size)
        for name, filters in (
            ("30 days", {}),
            ("refusals", {"outcome": "refused"}),
            ("an actor", {"actor": "u-7"}),
        ):
            yield _compared(f"histogram of {name}", partial(_drawn, EventQuery(**filters)), both, size)


def _offered(trail: Trail) -> object:
    return facets.occurring(trail.act.actor)


def _drawn(query: EventQuery, trail: Trail) -> object:
    return histogram(query, trail.act.actor, zone=trail.act.zone)


def _compared(name: str, read: Callable[[Trail], object], both: trails.Trails, size: Size) -> Result:
    """One part of the page among many events against the same among few."""

    def work(trail: Trail) -> object:
        connection.set_tenant(trail.tenant)
        return read(trail)

    works = {str(trail.events): partial(work, trail) for trail in (both.large, both.small)}
    wrong = [f"{events}: nothing" for events, one in works.items() if not one()]
    seconds = interleaved(works, turns=size.reading_turns * ROUNDS, warm_up=2)
    large, small = seconds[str(both.large.events)], seconds[str(both.small.events)]
    return Result(
        work=f"{name} among {size.events:,} events to the same among {size.compared_events:,}",
        ratio=large / small,
        goal=GOAL,
        is_at_most=True,
        detail=f"{large * 1000:,.3g} ms against {small * 1000:,.3g} ms",
        figures={"seconds": seconds, "wrong": wrong},
    )


def _filters(small: Trail) -> Mapping[str, Mapping[str, str]]:
    """Filters that find the same share of both trails, except the request id, which finds one event."""
    connection.set_tenant(small.tenant)
    short_of_stock = Event.objects.filter(rule_id=SHORT, number__gt=small.events // 2).order_by("number")
    month = (timezone.now() - timedelta(days=30)).date().isoformat()
    return {
        "all events": {},
        "a request id": {"request": f"bench-{small.events // 2}"},
        "refused": {"outcome": "refused"},
        "a code": {"code": "PERMISSION_DENIED"},
        "a reason": {"reason": "INSUFFICIENT_STOCK"},
        "a rule": {"rule": "inventory.manage"},
        "an actor": {"actor": f"u-{PEOPLE // 2}"},
        "an action": {"action": "ledger.receipt.post"},
        "a record": {"record": "inventory.item:2500"},
        "a record by its label": {"record": "SKU-2500"},
        "a route": {"route": "POST /items/"},
        "a hub": {"hub": "NORTH"},
        "the last 30 days": {"since": month},
        "an actor's refusals": {"actor": f"u-{PEOPLE // 2}", "outcome": "refused"},
        "an action's refusals of a month": {
            "action": "ledger.issue.post",
            "outcome": "refused",
            "since": month,
        },
        "a rule of an actor": {"rule": SHORT, "actor": short_of_stock[0].actor_ref},
    }


def _measured(name: str, filters: Mapping[str, str], both: trails.Trails, size: Size) -> Result:
    works: dict[str, Callable[[], Page]] = {}
    for trail in (both.large, both.small):
        works[f"{trail.events} first"] = _page(trail, filters)
        if "request" not in filters and "since" not in filters:
            works[f"{trail.events} half down"] = _page(trail, filters, after=_key(trail))
    wrong = [
        f"{work}: no event" for work, read in works.items() if work.endswith("first") and not read().rows
    ]
    seconds = interleaved(works, turns=size.reading_turns * ROUNDS, warm_up=2)
    large = {work: time for work, time in seconds.items() if work.startswith(f"{both.large.events} ")}
    slowest = max(large, key=lambda work: large[work])
    same = seconds[slowest.replace(str(both.large.events), str(both.small.events), 1)]
    return Result(
        work=f"{name} among {size.events:,} events: slowest page to the same among {size.compared_events:,}",
        ratio=large[slowest] / same,
        goal=GOAL,
        is_at_most=True,
        detail=f"{large[slowest] * 1000:,.3g} ms ({slowest.partition(' ')[2]}) against {same * 1000:,.3g} ms",
        figures={"seconds": seconds, "wrong": wrong},
    )


def measure_answers(size: Size) -> Iterator[Result]:
    """What changed before a refusal, for the latest refusal of each rule; the slowest one counts."""
    with trails.trails(size) as both:
        works: dict[str, Callable[[], object]] = {}
        for trail in (both.large, both.small):
            connection.set_tenant(trail.tenant)
            for refused in _latest_refusals():
                works[f"{trail.events} {refused.rule_id}"] = _changes(trail, refused)
        seconds = interleaved(works, turns=size.reading_turns * ROUNDS, warm_up=2)
    of = {
        events: max(time for work, time in seconds.items() if work.startswith(f"{events} "))
        for events in (both.large.events, both.small.events)
    }
    yield Result(
        work=f"what changed before a refusal among {size.events:,} events, slowest of {len(works) // 2} rules",
        ratio=of[both.large.events] / of[both.small.events],
        goal=GOAL,
        is_at_most=True,
        detail=f"{of[both.large.events] * 1000:,.3g} ms against {of[both.small.events] * 1000:,.3g} ms",
        figures={"seconds": seconds, "wrong": []},
    )


def _latest_refusals() -> list[Event]:
    rules = Event.objects.filter(outcome=Event.Outcome.REFUSED).order_by("-number")[:2_000]
    latest = {event.rule_id: event.pk for event in reversed(rules)}
    return [Event.objects.get(pk=latest[rule]) for rule in sorted(latest)]


def _changes(trail: Trail, refused: Event) -> Callable[[], object]:
    def read() -> object:
        connection.set_tenant(trail.tenant)
        return what_changed(trail.act.actor, refused)

    return read


def _page(trail: Trail, filters: Mapping[str, str], *, after: str = "") -> Callable[[], Page]:
    def read() -> Page:
        connection.set_tenant(trail.tenant)
        return EVENTS.page(trail.act, filters, after=after)

    return read


def _key(trail: Trail) -> str:
    """The key of the event half down, as the link of the page before has it."""
    connection.set_tenant(trail.tenant)
    event = Event.objects.defer(None).get(number=int(trail.events * HALF))
    return pack_key(trail.act, [event.occurred_at, event.id], purpose=EVENTS._purpose)
