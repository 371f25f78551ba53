"""From one event to others: the same request, record, refusal, and what the same actor did around that moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from audit.explorer.event_query import EventQuery

#: How long before and after an event the same actor's events are shown.
AROUND = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Related:
    """A link to a list of events."""

    label: StrOrPromise
    icon: str
    query: EventQuery

    @property
    def url(self) -> str:
        """The address of the list."""
        return address_of(self.query)


def address_of(query: EventQuery) -> str:
    """The address of the trail with this filter."""
    params = urlencode(query.as_params())
    return f"{reverse('audit:event-list')}?{params}" if params else reverse("audit:event-list")


def related(event: Any) -> list[Related]:
    """The lists that an event leads to, for a reader of this event (`is_whole`, as `readers.readable` says).

    An event that is shown only in part leads on by its actor and moment alone: the rest is not shown.
    """
    found: list[Related] = []
    if event.is_whole:
        found.append(Related(_("Same request"), "workflow", EventQuery(request=event.request_id)))
        if event.resource_id:
            record = f"{event.resource_type}:{event.resource_id}"
            found.append(Related(_("Same record"), "box", EventQuery(record=record)))
    if event.actor_ref:
        start, end = event.occurred_at - AROUND, event.occurred_at + AROUND
        around = EventQuery(actor=event.actor_ref, since=start.astimezone(UTC), until=end.astimezone(UTC))
        found.append(Related(_("Same actor ± 15 min"), "clock", around))
    if event.is_whole and event.outcome == "refused":
        refusal = EventQuery(outcome="refused", action=event.action, reason=event.reason, rule=event.rule_id)
        found.append(Related(_("Same refusal"), "shield", refusal))
    return found
