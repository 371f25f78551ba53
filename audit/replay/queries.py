"""Reads the decisions of the bound trail for a replay, in the order of the trail."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from asora.kernel.action import registry
from audit.events.models import Event
from audit.replay.decisions import PLAN_RULE, Decision, read

PERIOD = timedelta(days=90)
#: At most so many decisions are replayed: the latest.
MAX_DECISIONS = 100_000
CHUNK = 2_000


@dataclass(slots=True)
class Decisions:
    """The decisions among some events, oldest first. Iterate them once.

    `older`: after iterating, the number of events that did not record what their gates read, and are left out.
    `is_cut`: whether there were more than `MAX_DECISIONS` events.
    """

    events: QuerySet[Event]
    older: int = 0
    is_cut: bool = False

    def __iter__(self) -> Iterator[Decision]:
        """The decisions, read in chunks. Time orders them as their numbers do, and there are indexes that end in it."""
        rows = self.events.filter(
            occurred_at__gte=timezone.now() - PERIOD,
            outcome__in=[Event.Outcome.ALLOWED, Event.Outcome.NOOP, Event.Outcome.REFUSED],
        )
        # A count up to the limit is cheap, also where few events match; the limit's place is only looked for beyond.
        self.is_cut = rows.order_by()[: MAX_DECISIONS + 1].count() > MAX_DECISIONS
        if self.is_cut:
            times = rows.order_by("-occurred_at", "-id").values_list("occurred_at", flat=True)
            rows = rows.filter(occurred_at__gt=times[MAX_DECISIONS])
        columns = ("number", "id", "occurred_at", "action", "actor_ref", "hubs", "decision")
        # In a transaction, PostgreSQL hands the rows out as it reads them; without one, it first stores all of them.
        with transaction.atomic():
            for number, event, at, action, actor, hubs, steps in (
                rows.order_by("occurred_at", "id").values_list(*columns).iterator(chunk_size=CHUNK)
            ):
                found = read(
                    number=number, event=event, at=at, action=action, actor=actor, hubs=hubs, steps=steps
                )
                if found is None:
                    self.older += 1
                else:
                    yield found


def of_person(rows: QuerySet[Event], ref: str) -> Decisions:
    """The decisions about what one person tried."""
    return Decisions(rows.filter(actor_ref=ref))


def of_roles(rows: QuerySet[Event]) -> Decisions:
    """The decisions about what people of this tenant tried."""
    return Decisions(rows.filter(actor_type="user"))


def of_plan(rows: QuerySet[Event], resources: Collection[str]) -> Decisions:
    """The decisions of which one of the ceilings of these resources was a part."""
    counted = [name for name, action in registry.items() if action.ceiling in resources]
    rules = [f"{PLAN_RULE}{resource}" for resource in resources]
    decided = Q(outcome=Event.Outcome.ALLOWED) | Q(outcome=Event.Outcome.REFUSED, rule_id__in=rules)
    return Decisions(rows.filter(decided, action__in=counted))
