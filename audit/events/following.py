"""The requests that belong together: a request, and the later requests that it caused, such as the run of its job.

A job has its own request id. Its events have the request that started it as their cause (`cause_id`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from asora.kernel.request_ids import SHAPE
from audit.events.models import Event

#: How many causes are followed in a row: a job may start another job.
MAX_STEPS = 4
MAX_IDS = 200


def caused_by(request_id: str) -> list[str]:
    """The request id itself, and those of everything that it caused, nearest first."""
    known = [request_id]
    latest = [request_id]
    for _step in range(MAX_STEPS):
        rows = caused(latest).exclude(request_id__in=known)
        latest = list(rows.order_by().values_list("request_id", flat=True).distinct()[:MAX_IDS])
        known += latest
        if not latest or len(known) >= MAX_IDS:
            break
    return known[:MAX_IDS]


def caused(request_ids: Iterable[str]) -> QuerySet[Event]:
    """The events that have one of these requests as their cause."""
    return Event.objects.exclude(cause_id="").filter(cause_id__in=list(request_ids))


def cause_of(request_id: str) -> str:
    """The request id that caused this one; empty if a person made the request directly."""
    rows = Event.objects.filter(request_id=request_id).exclude(cause_id="")
    found = rows.order_by("occurred_at", "id").values_list("cause_id", flat=True).first() or ""
    return (
        found if SHAPE.match(found) else ""
    )  # the cause of a copy is an event of the platform, not a request
