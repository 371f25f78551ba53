"""What belongs to one request: itself, and what it caused later, such as the work of a job that it ordered.

A job acts under a request id of its own; its events name the click that ordered it as their cause (`cause_id`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from asora.kernel.request_ids import SHAPE
from audit.models import Event

#: How often a cause is followed on: a job may order another one.
MAX_STEPS = 4
MAX_IDS = 200


def caused_by(request_id: str) -> list[str]:
    """The request ids of everything that a request caused, nearest first, itself among them."""
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
    """The events that name one of these requests as their cause."""
    return Event.objects.exclude(cause_id="").filter(cause_id__in=list(request_ids))


def cause_of(request_id: str) -> str:
    """The id of the click that ordered what was done under a request id; empty: somebody did it themselves."""
    rows = Event.objects.filter(request_id=request_id).exclude(cause_id="")
    found = rows.order_by("occurred_at", "id").values_list("cause_id", flat=True).first() or ""
    return found if SHAPE.match(found) else ""  # a copy's cause is an event of the platform's
