"""Pages of the audit trail: the list of events, and one event with its decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase

from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from audit.events import readers
from audit.explorer import story
from audit.explorer.formats.catalogue import FORMATS
from audit.explorer.listings import EVENTS, VIEW


@page(permission=VIEW)
def event_list(request: AsoraRequest) -> HttpResponseBase:
    """The events, newest first."""
    if wants_csv(request):
        return list_csv(request, EVENTS)
    return list_page(request, EVENTS, template="audit/event_list.html", fragment="audit/_events.html")


@page(permission=VIEW)
def event_detail(request: AsoraRequest, event: UUID) -> HttpResponse:
    """One event: the decision, the changes and the request. Also the fragment inside an unfolded row of the list."""
    found: Any = load(request, readers.readable(request.act.actor), permission=VIEW, id=event)
    if not found.is_whole:
        context = {"event": found, "is_whole": False}
        return respond(request, "audit/event_detail.html", context, fragment="audit/_event.html")
    may_open = {
        "postings": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
        "exports": request.act.actor.may(Permission.LEDGER_EXPORT),
    }
    context = {
        "event": found,
        "is_whole": True,
        "may_open": may_open,
        "formats": FORMATS.values(),
        **story.story(request.act.actor, found),
    }
    return respond(request, "audit/event_detail.html", context, fragment="audit/_event.html")
