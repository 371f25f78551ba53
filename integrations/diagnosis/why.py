"""Why did nothing arrive? Goes from an event to the receiver's answer, and names the place where it stopped.

What a payload shows is certain: it was queued, sent, answered. Without a payload the settings of that time are read
from the trail. Only the rights that the maker had then cannot be read again; if nothing else explains it, the page
says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.db import DatabaseError

from asora.kernel.actors import Actor
from audit.events.models import Event
from integrations.diagnosis.queued import of_payload
from integrations.diagnosis.reading import may_see_type
from integrations.diagnosis.settings_then import settings_then
from integrations.diagnosis.steps import Explanation, in_order
from integrations.diagnosis.subjects import Subject
from integrations.diagnosis.unqueued import nothing_described, of_occurrence
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import standing
from integrations.outbox.models import Payload
from integrations.outbox.queries import payloads
from integrations.types import describe
from integrations.types.definition import Occurrence

log = structlog.get_logger(__name__)

#: An import can describe thousands of things; so many are explained on a page.
MAX_OCCURRENCES = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """The way of an event to an endpoint: one explanation for each occurrence in it.

    `is_concealed`: the reader may not see some of them: another hub, or a permission that the reader lacks.
    `is_cut`: there are more than `MAX_OCCURRENCES`.
    """

    explanations: Sequence[Explanation]
    is_concealed: bool = False
    is_cut: bool = False


def answer(actor: Actor, endpoint: Endpoint, subject: Subject) -> Answer:
    """The way of the event to the endpoint, step by step."""
    if not subject.is_whole:
        return Answer((), is_concealed=True)
    event = subject.event
    found = [
        each
        for each in _described(event)
        if subject.position is None or each.position in {subject.position, None}
    ]
    if not found:
        return Answer([Explanation(None, in_order(nothing_described(event)))])
    visible = [each for each in found if may_see_type(actor, each.type)]
    queued = _queued(endpoint, event)
    shown = visible[:MAX_OCCURRENCES]
    then = settings_then(endpoint, event.number or 0)
    now = standing(endpoint)
    return Answer(
        [
            of_payload(endpoint, each, queued[each.id], now)
            if each.id in queued
            else of_occurrence(endpoint, event, each, then=then, now=now)
            for each in shown
        ],
        is_concealed=len(visible) < len(found),
        is_cut=len(visible) > len(shown),
    )


def _described(event: Event) -> list[Occurrence]:
    """The occurrences in an event; the message that they could not be described, if that is so."""
    try:
        return describe.occurrences(event)
    except DatabaseError:
        raise
    except Exception:
        log.exception(
            "an event could not be described for a page", event_id=str(event.pk), action=event.action
        )
        return [describe.description_failed(event)]


def _queued(endpoint: Endpoint, event: Event) -> dict[str, Payload]:
    """The payloads of an event by the id of their occurrence."""
    return {row.event_id: row for row in payloads(endpoint).filter(audit_event=event.pk)}
