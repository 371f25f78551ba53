"""The evidence pack of a ticket."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.cache import cache_control, never_cache

from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from support.desk.packs import TicketPackForm
from support.evidence.packs.actions import make_pack
from support.evidence.views.packs import made_page
from support.investigations import queries as investigations
from support.investigations.rules import EVIDENCE_FROM
from support.tickets.models import Ticket
from support.tickets.queries import load_ticket

TEMPLATE = "support/desk/pack.html"


@page(
    permission=Permission.SUPPORT_WORK_DESK,
    methods=["GET", "POST"],
    tries="support.evidence.pack",
    host="public",
)
@never_cache
@cache_control(no_transform=True)  # may show a passphrase: never compressed
def ticket_pack(request: AsoraRequest, ref: str) -> HttpResponse:
    """Make a pack of a ticket's linked evidence and its story.

    Refusals: STATE_CONFLICT STEP_MISSING before the audit event is located; those of `make_pack`.
    """
    ticket = load_ticket(request, ref)
    investigations.require_step(request.act, ticket, EVIDENCE_FROM)
    form = TicketPackForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if request.method != "POST":
        return respond(request, TEMPLATE, {"form": form} | _context(ticket))
    try:
        made = make_pack.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, TEMPLATE, form, refusal, _context(ticket))
    return made_page(request, made)


def _context(ticket: Ticket) -> Values:
    return {"ticket": ticket, "links": investigations.current(ticket).links}
