"""Reading the trail is recorded in the trail: who looked, and what for.

One event for the same person and subject in a quarter of an hour, so that paging and unfolding rows do not fill the
trail. Agents of support are left to `support.access`, which records every single look.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.events import record_event
from asora.kernel.ladder import Outcome
from asora.kernel.permissions import Permission
from audit.events import readers
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.words import EVENT, REQUEST, TRAIL

#: How long further looks of the same person at the same subject are not recorded again.
AGAIN_AFTER = timedelta(minutes=15)
QUERY = "audit.query"


def record_query(act: Act, query: EventQuery) -> None:
    """Record that somebody read the events of a query. Its text is a fact of the event."""
    if act.actor.type == "support":
        return
    text = query.recorded()
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    _record(act, TRAIL, (QUERY, digest, ""), query=text)


def record_events(act: Act, *events: Event) -> None:
    """Record that somebody read these events in full."""
    for event in events:
        _record(act, EVENT, ("audit.event", str(event.pk), ""))


def record_request(act: Act, request_id: str) -> None:
    """Record that somebody read all events of a request."""
    _record(act, REQUEST, ("audit.request", request_id, ""))


def _record(act: Act, action: str, subject: tuple[str, str, str], **facts: str) -> None:
    if act.actor.type == "support":
        return
    kind, number, _label = subject
    known = Event.objects.filter(
        resource_type=kind, resource_id=number, occurred_at__gte=timezone.now() - AGAIN_AFTER
    )
    if known.filter(action=action, actor_ref=act.actor.ref).exists():
        return
    looked = act.recording()
    looked.found(**facts)
    record_event(
        looked,
        Outcome(
            action=action,
            outcome="allowed",
            ladder=[{"gate": "permitted", "verdict": "passed", "rule": Permission.AUDIT_VIEW}],
            resource=subject,
            record=looked.record,
            # A query may name what only people of all hubs may see.
            hubs=readers.hubs_of(act.actor),
        ),
    )
