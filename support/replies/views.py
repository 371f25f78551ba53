"""The composer's POSTs on the ticket page, the check while an agent writes, drafts that wait, and footnotes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.accounts.people.queries import names
from asora.kernel.door import Action
from asora.kernel.forms import DoorForm
from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict, ValidationFailed
from support.replies import forms, queries
from support.replies.actions import drafting, holding, reviewing, sending
from support.replies.checking import Written
from support.replies.footnotes import derive_again
from support.replies.models import Draft
from support.replies.panel import causes_of, checked_context
from support.tickets import composing
from support.tickets.models import Ticket
from support.tickets.queries import load_ticket, merged_family, messages_of

WORK_DESK, REVIEW = Permission.SUPPORT_WORK_DESK, Permission.SUPPORT_REVIEW
MAX_WAITING = 50


@page(permission=WORK_DESK, methods=["POST"], tries="support.reply.acknowledge", host="public")
def acknowledge(request: AsoraRequest, ref: str) -> HttpResponse:
    """Send the acknowledgement. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.HoldingForm(request.POST, ticket=ticket)
    return _done(
        request, ticket, holding.acknowledge, form, _("The customer was told that you have the ticket.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.reply.ask", host="public")
def ask(request: AsoraRequest, ref: str) -> HttpResponse:
    """Send the request for information. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.HoldingForm(request.POST, ticket=ticket)
    message = _("The customer was asked for what is missing.")
    return _done(request, ticket, holding.ask_for_information, form, message)


@page(permission=WORK_DESK, methods=["POST"], tries="support.draft.begin", host="public")
def draft_begin(request: AsoraRequest, ref: str) -> HttpResponse:
    """Begin a draft from a template. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.BeginForm(request.POST, ticket=ticket)
    return _done(request, ticket, drafting.begin_draft, form, "", name="begin")


@page(permission=WORK_DESK, methods=["POST"], tries="support.draft.edit", host="public")
def draft_edit(request: AsoraRequest, ref: str) -> HttpResponse:
    """Save the draft. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.DraftForm(request.POST, ticket=ticket)
    return _done(request, ticket, drafting.edit_draft, form, _("The draft was saved."))


@page(permission=WORK_DESK, methods=["POST"], tries="support.draft.edit", host="public")
def draft_check(request: AsoraRequest, ref: str) -> HttpResponse:
    """The check and preview of what is typed, as a fragment. Nothing is saved."""
    ticket = load_ticket(request, ref)
    draft = queries.open_draft(ticket)
    form = forms.DraftForm(request.POST, ticket=ticket)
    if draft is None or not form.is_valid():
        raise RouteNotFound(reason=Reason.NO_SUCH_RECORD)
    values = form.values()
    written = Written(
        kind=draft.kind,
        text=values["text"],
        template=draft.template,
        reasons=values["reasons"],
        resolves=values["follow_up"] in Ticket.CloseReason.values,
        waits=values["follow_up"] == Draft.FollowUp.WAIT,
        next_update_at=values["next_update_at"],
    )
    context = {"ticket": ticket, "replies": {"draft": draft, **checked_context(ticket, draft, written)}}
    return respond(request, "support/replies/_checked.html", context)


@page(permission=WORK_DESK, methods=["POST"], tries="support.draft.submit", host="public")
def draft_submit(request: AsoraRequest, ref: str) -> HttpResponse:
    """Ask for approval. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.RevisionForm(request.POST, ticket=ticket)
    message = _("The draft waits for a second person.")
    return _done(request, ticket, drafting.submit_draft, form, message)


@page(permission=WORK_DESK, methods=["POST"], tries="support.draft.discard", host="public")
def draft_discard(request: AsoraRequest, ref: str) -> HttpResponse:
    """Discard the draft. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.RevisionForm(request.POST, ticket=ticket)
    return _done(request, ticket, drafting.discard_draft, form, _("The draft was discarded."))


@page(permission=WORK_DESK, methods=["POST"], tries="support.reply.send", host="public")
def send(request: AsoraRequest, ref: str) -> HttpResponse:
    """Send the draft. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.SeenForm(request.POST, ticket=ticket)
    return _done(request, ticket, sending.send_reply, form, _("The reply was sent."))


@page(permission=REVIEW, methods=["POST"], tries="support.draft.approve", host="public")
def draft_approve(request: AsoraRequest, ref: str) -> HttpResponse:
    """Approve the draft. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.SeenForm(request.POST, ticket=ticket)
    message = _("You approved this version of the reply.")
    return _done(request, ticket, reviewing.approve_draft, form, message)


@page(permission=REVIEW, methods=["POST"], tries="support.draft.return", host="public")
def draft_return(request: AsoraRequest, ref: str) -> HttpResponse:
    """Return the draft to its author. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    form = forms.ReturnForm(request.POST, ticket=ticket)
    message = _("The draft went back to its author.")
    return _done(request, ticket, reviewing.return_draft, form, message, name="return_form")


@page(permission=WORK_DESK, host="public")
def approvals(request: AsoraRequest) -> HttpResponse:
    """The drafts that wait for a second person."""
    known = names()
    waiting = [
        {"draft": draft, "author": known.get(draft.author, draft.author), "causes": causes_of(draft)}
        for draft in queries.waiting(request.act.actor)[:MAX_WAITING]
    ]
    return respond(request, "support/replies/approvals.html", {"drafts": waiting})


@page(permission=WORK_DESK, host="public")
def footnotes(request: AsoraRequest, ref: str, message: UUID) -> HttpResponse:
    """The evidence that a message cites, derived again. Needs an open access session of the ticket's tenant."""
    ticket = load_ticket(request, ref)
    found = load(request, messages_of(merged_family(ticket)), permission=WORK_DESK, pk=message)
    context = {
        "ticket": ticket,
        "message": found,
        "notes": derive_again(request.act, found.ticket, found),
    }
    return respond(request, "support/replies/footnotes.html", context)


def _done(
    request: AsoraRequest,
    ticket: Ticket,
    action: Action[Any, Any],
    form: DoorForm,
    message: str,
    *,
    name: str = "form",
) -> HttpResponse:
    """Do what a form asks for and go back to the ticket. A refusal is shown there, with what was typed."""
    try:
        action.submit(request.act, form)
    except (ValidationFailed, StateConflict, PermissionDenied) as refusal:
        shown = form if isinstance(form, forms.DraftForm | forms.ReturnForm | forms.BeginForm) else None
        return composing.refused(request, ticket, refusal, room="replies", form=shown, name=name)
    if message:
        messages.success(request, message)
    return redirect("support:ticket", ref=ticket.ref)
