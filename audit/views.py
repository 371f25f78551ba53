"""Pages of the trail: the list of events, and one event with its decision."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase

from asora.kernel.pages import AsoraRequest, list_page, load, page, respond
from audit import naming, queries
from audit.listings import EVENTS, VIEW
from audit.models import Event


@page(permission=VIEW)
def event_list(request: AsoraRequest) -> HttpResponseBase:
    """What happened here, newest first."""
    return list_page(request, EVENTS, template="audit/event_list.html", fragment="audit/_events.html")


@page(permission=VIEW)
def event_detail(request: AsoraRequest, event: UUID) -> HttpResponse:
    """One event: which gate decided, what changed, under which request. Also the fragment that a row opens to."""
    found = load(request, Event, permission=VIEW, id=event)
    stopped = queries.stopping_step(found)
    return respond(
        request,
        "audit/event_detail.html",
        {
            "event": found,
            "gates": queries.ladder(found),
            "stopped": stopped,
            "standing": naming.standing(request.act.actor, stopped),
            "concerned": naming.concerned(request.act.actor, stopped),
            "typed": queries.typed(found),
            "findings": queries.findings(found),
            "changes": [{**change, "values": queries.differences(change)} for change in found.changes],
        },
        fragment="audit/_event.html",
    )
