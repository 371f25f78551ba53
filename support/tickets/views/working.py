"""What an agent does with a ticket: each address takes one form of the ticket page and returns there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict, ValidationFailed
from asora.kernel.text import StrOrPromise
from plans.grants import managed_tenants
from support.incidents import queries as incidents
from support.tickets import composing, forms, panel, required_info, rules
from support.tickets.actions import classifying, merging, opening, working
from support.tickets.models import Ticket
from support.tickets.queries import load_ticket, visible

WORK_DESK = Permission.SUPPORT_WORK_DESK
ROOM = "tickets"
SHOWN = (ValidationFailed, StateConflict, PermissionDenied)


@page(permission=WORK_DESK, methods=["GET", "POST"], tries="support.ticket.open", host="public")
def new(request: AsoraRequest) -> HttpResponse:
    """Open a ticket by hand."""
    tenants = managed_tenants(request.act.actor).reachable().order_by("name", "slug")
    if request.method != "POST":
        form = forms.OpenForm(tenants=tenants, initial={"tenant": request.GET.get("tenant", "")[:40]})
        return respond(request, "support/tickets/new.html", {"form": form})
    form = forms.OpenForm(request.POST, tenants=tenants)
    try:
        ticket = opening.open_by_hand.submit(request.act, form)
    except SHOWN as refusal:
        return refused_form(request, "support/tickets/new.html", form, refusal, {})
    messages.success(request, _("Ticket %(ticket)s is open.") % {"ticket": ticket.ref})
    return redirect("support:ticket", ref=ticket.ref)


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.triage", host="public")
def triage(request: AsoraRequest, ref: str) -> HttpResponse:
    """Classify a ticket for the first time."""
    ticket = load_ticket(request, ref)
    form = forms.TriageForm(request.POST, ticket=ticket)
    return _submit(
        request, ticket, classifying.triage, form, name="triage_form", done=_("The ticket is classified.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.reclassify", host="public")
def reclassify(request: AsoraRequest, ref: str) -> HttpResponse:
    """Change the classification."""
    ticket = load_ticket(request, ref)
    form = forms.ReclassifyForm(request.POST, ticket=ticket)
    done = _("The classification has changed.")
    return _submit(request, ticket, classifying.reclassify, form, name="triage_form", done=done)


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.assign", host="public")
def assign(request: AsoraRequest, ref: str) -> HttpResponse:
    """Assign the ticket."""
    ticket = load_ticket(request, ref)
    form = forms.AssignForm(request.POST, ticket=ticket, people=panel.people(ticket))
    return _submit(
        request, ticket, working.assign, form, name="assign_form", done=_("The ticket is assigned.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.requeue", host="public")
def requeue(request: AsoraRequest, ref: str) -> HttpResponse:
    """Move the ticket to another queue."""
    ticket = load_ticket(request, ref)
    form = forms.RequeueForm(request.POST, ticket=ticket)
    return _submit(
        request, ticket, working.requeue, form, name="requeue_form", done=_("The ticket has moved.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.note", host="public")
def note(request: AsoraRequest, ref: str) -> HttpResponse:
    """Write an internal note."""
    ticket = load_ticket(request, ref)
    form = forms.NoteForm(request.POST, ticket=ticket)
    return _submit(
        request, ticket, working.note, form, name="note_form", done=_("The note is in the thread.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.inform", host="public")
def inform(request: AsoraRequest, ref: str) -> HttpResponse:
    """Enter required information."""
    ticket = load_ticket(request, ref)
    form = forms.InformForm(request.POST, ticket=ticket, information=required_info.of(ticket))
    return _submit(
        request, ticket, working.inform, form, name="inform_form", done=_("The information is recorded.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.flag_security", host="public")
def security(request: AsoraRequest, ref: str) -> HttpResponse:
    """Mark the ticket as a security matter. Somebody who may not see those is taken to the inbox."""
    ticket = load_ticket(request, ref)
    form = forms.SecurityForm(request.POST, ticket=ticket)
    done = _("Security has been called. Only people who handle security see the ticket now.")
    return _submit(request, ticket, working.flag_security, form, name="security_form", done=done)


@page(
    permission=Permission.SUPPORT_HANDLE_SECURITY,
    methods=["POST"],
    tries="support.ticket.clear_security",
    host="public",
)
def no_security(request: AsoraRequest, ref: str) -> HttpResponse:
    """Decide that the ticket is no security matter."""
    ticket = load_ticket(request, ref)
    form = forms.SecurityForm(request.POST, ticket=ticket)
    done = _("All agents of the tenant see the ticket again.")
    return _submit(request, ticket, working.clear_security, form, name="security_form", done=done)


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.mark_doc_gap", host="public")
def doc_gap(request: AsoraRequest, ref: str) -> HttpResponse:
    """Mark a gap of the documentation, or remove the mark."""
    ticket = load_ticket(request, ref)
    is_gap = request.POST.get("is_gap") == "yes"
    return _call(request, ticket, lambda: working.mark_doc_gap(request.act, ticket=ticket, is_gap=is_gap))


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.link", host="public")
def link(request: AsoraRequest, ref: str) -> HttpResponse:
    """Link the ticket with another."""
    ticket = load_ticket(request, ref)
    form = forms.OtherTicketForm(request.POST, ticket=ticket)
    return _with_other(request, ticket, form, "link_form", merging.link, name="other")


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.unlink", host="public")
def unlink(request: AsoraRequest, ref: str) -> HttpResponse:
    """Remove a link."""
    ticket = load_ticket(request, ref)
    form = forms.OtherTicketForm(request.POST, ticket=ticket)
    return _with_other(request, ticket, form, "link_form", merging.unlink, name="other")


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.merge", host="public")
def merge(request: AsoraRequest, ref: str) -> HttpResponse:
    """Merge the ticket into another, and go there."""
    ticket = load_ticket(request, ref)
    form = forms.MergeForm(request.POST, ticket=ticket)
    return _with_other(request, ticket, form, "merge_form", merging.merge, name="into")


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.unmerge", host="public")
def unmerge(request: AsoraRequest, ref: str) -> HttpResponse:
    """Undo a merge."""
    ticket = load_ticket(request, ref)
    return _call(request, ticket, lambda: merging.unmerge(request.act, ticket=ticket))


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.attach", host="public")
def attach(request: AsoraRequest, ref: str) -> HttpResponse:
    """Attach the ticket to an active incident."""
    ticket = load_ticket(request, ref)
    form = forms.AttachForm(request.POST, ticket=ticket, incidents=incidents.active())
    done = _("The ticket waits for the end of the incident.")
    return _submit(request, ticket, merging.attach, form, name="attach_form", done=done)


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.detach", host="public")
def detach(request: AsoraRequest, ref: str) -> HttpResponse:
    """Detach the ticket from its incident."""
    ticket = load_ticket(request, ref)
    revision = _number(request.POST.get("revision", ""))
    return _call(request, ticket, lambda: merging.detach(request.act, ticket=ticket, revision=revision))


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.recognise", host="public")
def recognise(request: AsoraRequest, ref: str) -> HttpResponse:
    """Name the known issue."""
    ticket = load_ticket(request, ref)
    form = forms.RecogniseForm(request.POST, ticket=ticket)
    done = _("The known issue is recorded.")
    return _submit(request, ticket, merging.recognise, form, name="recognise_form", done=done)


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.assign_tenant", host="public")
def tenant(request: AsoraRequest, ref: str) -> HttpResponse:
    """Say to which tenant the ticket belongs."""
    ticket = load_ticket(request, ref)
    tenants = managed_tenants(request.act.actor).order_by("name")
    form = forms.TenantForm(request.POST, ticket=ticket, tenants=tenants)
    return _submit(
        request, ticket, opening.assign_tenant, form, name="tenant_form", done=_("The ticket has a tenant.")
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.discard", host="public")
def discard(request: AsoraRequest, ref: str) -> HttpResponse:
    """Discard unwanted mail."""
    ticket = load_ticket(request, ref)
    revision = request.POST.get("revision", "")
    return _call(
        request, ticket, lambda: opening.discard(request.act, ticket=ticket, revision=_number(revision))
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.ticket.restore", host="public")
def restore(request: AsoraRequest, ref: str) -> HttpResponse:
    """Restore a ticket that was discarded."""
    ticket = load_ticket(request, ref)
    revision = request.POST.get("revision", "")
    return _call(
        request, ticket, lambda: opening.restore(request.act, ticket=ticket, revision=_number(revision))
    )


def _submit(
    request: AsoraRequest,
    ticket: Ticket,
    action: Action[Any, Any],
    form: forms.TicketForm,
    *,
    name: str,
    done: StrOrPromise,
) -> HttpResponse:
    """Submit a form of the ticket page; a refusal shows that page with what was typed.

    An action that had nothing to do leaves the revision, and is no success.
    """
    try:
        result = action.submit(request.act, form)
    except SHOWN as refusal:
        return composing.refused(request, ticket, refusal, room=ROOM, form=form, name=name)
    if isinstance(result, Ticket) and result.revision == ticket.revision:
        messages.info(request, _("Nothing has changed: the ticket is like this already."))
    else:
        messages.success(request, str(done))
    return _back(request, ticket)


def _call(request: AsoraRequest, ticket: Ticket, do: Callable[[], Any]) -> HttpResponse:
    """Do something that has no form to show again."""
    try:
        do()
    except SHOWN as refusal:
        return composing.refused(request, ticket, refusal, room=ROOM)
    return _back(request, ticket)


def _with_other(
    request: AsoraRequest,
    ticket: Ticket,
    form: forms.OtherTicketForm,
    shown: str,
    action: Action[Any, Any],
    *,
    name: str,
) -> HttpResponse:
    """Do something with the other ticket that a form names, if the agent may see it."""
    other = None
    if form.is_valid():
        number = rules.number_of(form.cleaned_data["other"]) or 0
        other = visible(request.act.actor).filter(number=number).first()
        if other is None:
            form.add_error("other", _("You see no ticket with this reference."))
    values = {"ticket": ticket, name: other}
    if "revision" in form.fields:
        values["revision"] = form.cleaned_data.get("revision")
    try:
        if other is None:
            raise form.refusal()
        action(request.act, **values)
    except (*SHOWN, RouteNotFound) as refusal:
        return composing.refused(request, ticket, refusal, room=ROOM, form=form, name=shown)
    target = other if name == "into" else ticket
    return _back(request, target)


def _back(request: AsoraRequest, ticket: Ticket) -> HttpResponse:
    """The ticket's page; the inbox if the person no longer sees the ticket."""
    if not visible(request.act.actor).filter(pk=ticket.pk).exists():
        return redirect("support:inbox")
    return redirect("support:ticket", ref=ticket.ref)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValidationFailed(_("This form is not complete."), reason=Reason.INVALID_INPUT)
    return int(text)
