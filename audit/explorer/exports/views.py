"""Copying an event in a format, and exporting the events of a filter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase

from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from audit.events import readers
from audit.explorer.exports.actions import copy_event, start_export
from audit.explorer.exports.delivery import deliver
from audit.explorer.exports.forms import CopyForm, ExportForm

VIEW = Permission.AUDIT_VIEW


@page(permission=VIEW, methods=["POST"], tries="audit.event.copy")
def event_copy(request: AsoraRequest, event: UUID) -> HttpResponse:
    """One event in a format, to be copied, with its hash. Also the fragment on the event's own page."""
    found: Any = load(request, readers.readable(request.act.actor), permission=VIEW, id=event)
    form = CopyForm(request.POST, event=found)
    copied = copy_event.submit(request.act, form)
    context = {"event": found, "form": form.values()["form"], "copied": copied}
    return respond(request, "audit/event_copy.html", context, fragment="audit/_event_copy.html")


@page(permission=VIEW, methods=["POST"], tries="audit.export.start")
def event_export(request: AsoraRequest) -> HttpResponseBase:
    """The events of a filter as a ZIP file: the events, oldest first, and a manifest of hashes."""
    wanted = start_export.submit(request.act, ExportForm(request.POST))
    return deliver(request, wanted)
