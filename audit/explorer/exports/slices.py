"""The events of a slice, oldest first, read page by page.

Each page is one short query that starts after the last event of the page before. So a slow client holds no transaction
and no cursor open in the database, and what is read does not change: events are never changed or deleted, and those
after the number `up_to` are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from asora.kernel.actors import Actor
from audit.events.models import Event, TrailHead
from audit.explorer.event_query import EventQuery

PAGE = 1_000
ORDER = ("occurred_at", "id")


def last_number() -> int:
    """The number of the last committed event of the bound trail; 0 if there is none."""
    return TrailHead.objects.values_list("number", flat=True).first() or 0


def rows(query: EventQuery, actor: Actor, *, up_to: int) -> QuerySet[Event]:
    """The events of the query that the actor may see and whose number is at most `up_to`, or that have none."""
    return query.rows(actor).filter(Q(number__lte=up_to) | Q(number__isnull=True))


def pages(query: EventQuery, actor: Actor, *, up_to: int, size: int = PAGE) -> Iterator[list[Event]]:
    """The same events with all columns, oldest first, in lists of at most `size`."""
    found = rows(query, actor, up_to=up_to).defer(None).order_by(*ORDER)
    page = list(found[:size])
    while page:
        yield page
        if len(page) < size:
            return
        last = tuple(getattr(page[-1], name) for name in ORDER)
        page = list(found.filter(TupleGreaterThan(Tuple(*map(F, ORDER)), last))[:size])
