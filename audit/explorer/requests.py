"""One request of the trail: its events, those of the requests that it caused, and the event that decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asora.kernel.actors import Actor
from asora.kernel.request_ids import SHAPE
from audit.events import readers
from audit.events.following import cause_of, caused_by
from audit.events.models import Event
from audit.explorer.event_query import EventQuery

MAX_EVENTS = 200
STOPPED = (Event.Outcome.REFUSED, Event.Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class RequestStory:
    """The events of a request and of what it caused, oldest first, as far as the reader may see them.

    `focus`: the event that the page explains, with its JSON. `ids`: the request's id and those that it caused.
    `cause`: the id of the request that caused this one, or empty. `is_cut`: there are more than `MAX_EVENTS` events.
    """

    request_id: str
    ids: Sequence[str]
    events: Sequence[Event]
    focus: Event
    cause: str
    is_cut: bool


def story_of(actor: Actor, request_id: str, *, chosen: UUID | None = None) -> RequestStory | None:
    """The story of a request; None if the reader sees no event of it. `chosen`: the event to explain, if it is one."""
    if not SHAPE.match(request_id):
        return None
    ids = caused_by(request_id)
    rows = EventQuery(request=request_id).rows(actor)
    events = list(rows.order_by("occurred_at", "id")[: MAX_EVENTS + 1])
    if not events:
        return None
    focus = _focus(events, request_id, chosen)
    return RequestStory(
        request_id=request_id,
        ids=ids,
        events=events[:MAX_EVENTS],
        focus=readers.readable(actor).get(pk=focus.pk),
        cause=cause_of(request_id),
        is_cut=len(events) > MAX_EVENTS,
    )


def _focus(events: Sequence[Event], request_id: str, chosen: UUID | None) -> Event:
    """The event that decided the request: the chosen one, else what stopped it or its job, else its last event."""
    by_choice = [event for event in events if event.pk == chosen]
    own = [event for event in events if event.request_id == request_id]
    stopped = [event for event in (*own, *events) if event.outcome in STOPPED]
    return (by_choice or stopped or own[-1:] or list(events))[0]
