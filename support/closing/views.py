"""The POSTs that end a ticket or begin it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, StateConflict, ValidationFailed
from support.closing import actions
from support.closing.forms import ReopenForm
from support.replies.forms import HoldingForm, OfTicket, SeenForm
from support.tickets import composing
from support.tickets.models import Ticket
from support.tickets.queries import load_ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.resolve", host="public")
def resolve(request: AsoraRequest, ref: str) -> HttpResponse:
    """Send the draft and resolve the ticket. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = SeenForm(request.POST, ticket=ticket)
    message = _("The reply was sent, and the ticket is resolved.")
    return _done(request, ticket, actions.resolve, form, message)


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.remind", host="public")
def remind(request: AsoraRequest, ref: str) -> HttpResponse:
    """Remind the customer. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = HoldingForm(request.POST, ticket=ticket)
    return _done(request, ticket, actions.remind, form, _("The customer was reminded."))


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.close", host="public")
def close(request: AsoraRequest, ref: str) -> HttpResponse:
    """Close the ticket without a confirmation. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = HoldingForm(request.POST, ticket=ticket)
    return _done(request, ticket, actions.close, form, _("The ticket is closed without a confirmation."))


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.reopen", host="public")
def reopen(request: AsoraRequest, ref: str) -> HttpResponse:
    """Open the ticket again. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = ReopenForm(request.POST, ticket=ticket)
    return _done(request, ticket, actions.reopen, form, _("The ticket is open again."), name="reopen_form")


def _done(
    request: AsoraRequest,
    ticket: Ticket,
    action: Action[Any, Any],
    form: OfTicket,
    message: str,
    *,
    name: str = "",
) -> HttpResponse:
    """Do what a form asks for and go back to the ticket, where a refusal is shown. `name`: that of a form with text."""
    try:
        action.submit(request.act, form)
    except (ValidationFailed, StateConflict, PermissionDenied) as refusal:
        shown = form if name else None
        return composing.refused(request, ticket, refusal, room="closing", form=shown, name=name or "form")
    messages.success(request, message)
    return redirect("support:ticket", ref=ticket.ref)
