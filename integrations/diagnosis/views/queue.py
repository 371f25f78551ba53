"""The queue of an endpoint, and one payload of it with its attempts."""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

from django.http import HttpResponse

from asora.kernel.act import Act
from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from integrations.diagnosis import reading
from integrations.diagnosis.answers import meaning
from integrations.diagnosis.listings import queue_of
from integrations.diagnosis.views.loading import DISPATCH, load_endpoint, may_send
from integrations.endpoints.standing import standing, state_of
from integrations.outbox import queries
from integrations.outbox.models import Payload
from integrations.types.values import without_values


@page(permission=DISPATCH)
def queue(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Every payload of an endpoint that is still kept, the newest first."""
    found = load_endpoint(request, endpoint)
    now = standing(found)
    return list_page(
        request,
        queue_of(found),
        template="integrations/queue.html",
        fragment="integrations/_queue_table.html",
        context={
            "endpoint": found,
            "queue": queries.queue_of(found),
            "standing": now,
            "state": state_of(found, now),
            "may_send": may_send(found, now),
        },
    )


@page(permission=DISPATCH)
def payload(request: AsoraRequest, payload: UUID) -> HttpResponse:
    """One payload: what is sent, byte for byte, and the result of each attempt."""
    rows = reading.readable(Payload.objects.select_related("endpoint"), request.act.actor)
    found = load(request, rows, permission=DISPATCH, pk=payload)
    is_whole = bool(found.is_whole)  # type: ignore[attr-defined]
    attempts = list(found.attempts.select_related("dispatch").order_by("-ordinal"))
    return respond(
        request,
        "integrations/payload.html",
        {
            "payload": found,
            "endpoint": found.endpoint,
            "may_send": may_send(found.endpoint, standing(found.endpoint)),
            "is_whole": is_whole,
            "sees_stock": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
            "sees_audit": request.act.actor.may(Permission.AUDIT_VIEW),
            "attempts": [(attempt, meaning(attempt)) for attempt in attempts],
            **(_contents(request.act, found) if is_whole else {}),
        },
    )


def _contents(act: Act, payload: Payload) -> Values:
    """The JSON of a payload with line breaks, which the receiver gets without; with its exact text and digest.

    If values are hidden from the reader, their fields are left out, and so are the exact text and its digest.
    """
    body = bytes(payload.body)
    event = json.loads(body)
    if reading.hides_values(payload, act.actor):
        event["data"] = without_values(payload.event_type, event["data"])
        return {"hides_values": True, "text": _laid_out(event)}
    return {
        "text": _laid_out(event),
        "exact": body.decode(),
        "length": len(body),
        "digest": hashlib.sha256(body).hexdigest(),
    }


def _laid_out(event: object) -> str:
    return json.dumps(event, indent=2, ensure_ascii=False)
