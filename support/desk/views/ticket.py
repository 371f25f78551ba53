"""The ticket page, and who has it open."""

from __future__ import annotations

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from support.desk import composition, presence
from support.tickets.queries import load_ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK


@page(permission=WORK_DESK, host="public")
def ticket(request: AsoraRequest, ref: str) -> HttpResponse:
    """One ticket: its thread, investigation and evidence side by side.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD, also for a ticket that the person may not see.
    """
    found = load_ticket(request, ref)
    return respond(request, "support/desk/ticket.html", composition.compose(request, found))


@page(permission=WORK_DESK, methods=["POST"], host="public")
def present(request: AsoraRequest, ref: str) -> HttpResponse:
    """Note that the person has the ticket open, and answer who else has; and whether the ticket has changed since.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    found = load_ticket(request, ref)
    presence.note(request.act.actor, found, is_writing=request.POST.get("writing") == "yes")
    seen = request.POST.get("revision", "")
    return respond(
        request,
        "support/desk/_presence.html",
        {
            "ticket": found,
            "present": presence.others(request.act.actor, found),
            "seen": seen,
            "has_changed": bool(seen) and seen != str(found.revision),
        },
    )
