"""Attempts at the desk that a rule refused, so that a lead sees which rules people run into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max
from django.utils import timezone

from audit.events.models import Event

DAYS = 30
MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a reason refused an action in the last days."""

    action: str
    reason: str
    times: int
    latest: object


def recent() -> Sequence[Attempts]:
    """The refusals of the desk's actions in the last 30 days, the most frequent first. Reads the platform's trail."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = Event.objects.filter(
        outcome=Event.Outcome.REFUSED, action__startswith="support.", occurred_at__gte=since
    )
    grouped = (
        rows.order_by().values("action", "reason").annotate(times=Count("pk"), latest=Max("occurred_at"))
    )
    return [
        Attempts(row["action"], row["reason"], row["times"], row["latest"])
        for row in grouped.order_by("-times", "action", "reason")[:MAX_SHOWN]
    ]
