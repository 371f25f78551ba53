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
from integrations.diagnosis.views.loading import DISPATCH, load_endpoint
from integrations.outbox.models import Payload


@page(permission=DISPATCH)
def queue(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Every payload of an endpoint that is still kept, the newest first."""
    found = load_endpoint(request, endpoint)
    return list_page(
        request,
        queue_of(found),
        template="integrations/queue.html",
        fragment="integrations/_queue_table.html",
        context={"endpoint": found},
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
            "is_whole": is_whole,
            "sees_stock": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
            "sees_audit": request.act.actor.may(Permission.AUDIT_VIEW),
            "attempts": [(attempt, meaning(attempt)) for attempt in attempts],
            **(_contents(request.act, found) if is_whole else {}),
        },
    )


def _contents(act: Act, payload: Payload) -> Values:
    """The text of a payload for a page, with its length and digest unless values of it are hidden from the reader."""
    body = bytes(payload.body)
    if reading.hides_values(payload, act.actor):
        return {"hides_values": True}
    return {
        "text": _laid_out(body),
        "exact": body.decode(errors="replace"),
        "length": len(body),
        "digest": hashlib.sha256(body).hexdigest(),
    }


def _laid_out(body: bytes) -> str:
    """The JSON of a payload with line breaks. The receiver gets it without them."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
