"""The answers below a refused request. Each takes the id of an event and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.refusals import Reason, RouteNotFound
from audit.events import readers
from audit.events.models import Event
from audit.explorer.listings import VIEW
from audit.explorer.reading import record_events
from audit.explorer.rehearsals.now import would_be_allowed
from audit.explorer.rehearsals.why import what_would_allow


@page(permission=VIEW, methods=("POST",))
def now(request: AsoraRequest) -> HttpResponse:
    """Would this refused request be allowed now?"""
    event = _event(request)
    context = {"event": event, "answer": would_be_allowed(request.act.actor, event.pk)}
    return respond(request, "audit/now.html", context, fragment="audit/_now.html")


@page(permission=VIEW, methods=("POST",))
def why(request: AsoraRequest) -> HttpResponse:
    """What would have allowed this refused request?"""
    event = _event(request)
    context = {"event": event, "answer": what_would_allow(request.act.actor, event.pk)}
    return respond(request, "audit/why.html", context, fragment="audit/_why.html")


def _event(request: AsoraRequest) -> Event:
    """The event, if the reader may see all of it. Asking about an event is reading it, and recorded as that.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    rows = readers.whole(Event.objects.all(), request.act.actor)
    event = load(request, rows, permission=VIEW, id=_id(request))
    record_events(request.act, event)
    return event


def _id(request: AsoraRequest) -> Any:
    try:
        return UUID(request.POST.get("event", ""))
    except ValueError:
        raise RouteNotFound(reason=Reason.NO_SUCH_RECORD) from None
