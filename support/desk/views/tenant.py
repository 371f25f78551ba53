"""The desk's page of one tenant, with the form that requests access to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from plans import freezes
from plans.models import Tenant
from support.access import queries
from support.access.actions import request_access
from support.access.forms import RequestForm
from support.access.mail import ask_for_approval
from support.access.views.desk import load_tenant
from support.desk import tenant as facts

TEMPLATE = "support/desk/tenant.html"


@page(
    permission=Permission.SUPPORT_WORK_DESK,
    methods=["GET", "POST"],
    tries="support.access.request",
    host="public",
)
def tenant(request: AsoraRequest, slug: str) -> HttpResponse:
    """A tenant with its plan, freeze and tickets, and the agent's access: the present session, or the form for one."""
    found = load_tenant(request, slug)
    if request.method != "POST":
        return respond(request, TEMPLATE, _context(request, found))
    form = RequestForm(request.POST, tenant=found)
    try:
        session = request_access.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return refused_form(request, TEMPLATE, form, refusal, _context(request, found))
    if session.opened_at is None:
        ask_for_approval(found, session, request=request)
        messages.success(
            request,
            _("%(tenant)s must approve this session. Start it when it is approved.") % {"tenant": found.name},
        )
        return redirect("support:tenant", slug=slug)
    if session.ticket.startswith("T-"):
        return redirect("support:ticket", ref=session.ticket)
    return redirect("support:inside", slug=slug, path="audit/")


def _context(request: AsoraRequest, found: Tenant) -> Values:
    act = request.act
    shown = queries.shown(queries.sessions_of(act, tenant=found)[: queries.MAX_SHOWN])
    current = next((entry for entry in shown if entry.is_live), None)
    inside = None
    if current is not None and current.state == "open":
        try:
            inside = facts.look_inside(act, found)
        except Refusal:  # it ended at this moment; the page shows what is public
            inside = None
    return {
        "tenant": found,
        "current": current,
        "past": [entry for entry in shown if not entry.is_live],
        "form": RequestForm(initial={"ticket": request.GET.get("ticket", "")[:40]}, tenant=found),
        "freeze": freezes.active(found),
        "inside": inside,
        "rows": facts.tickets_of(act, found),
        "open_tickets": facts.open_count(act, found),
    }
