"""The page of calls and contacts, and what is done on it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import StateConflict, ValidationFailed
from support.oncall import queries
from support.oncall.actions import acknowledge, add_contact, change_contact, retire_contact
from support.oncall.forms import CallForm, ChangeForm, ContactForm, RetireForm
from support.oncall.models import Contact

MANAGE, WORK = Permission.SUPPORT_MANAGE_KNOWLEDGE, Permission.SUPPORT_WORK_DESK
NEW, CHANGE = "support/oncall/contact_new.html", "support/oncall/contact_change.html"


@page(permission=WORK, host="public")
def calls(request: AsoraRequest) -> HttpResponse:
    """Open calls, contacts, and the latest calls."""
    actor = request.act.actor
    return respond(
        request,
        "support/oncall/calls.html",
        {
            "open": queries.open_calls(actor),
            "unanswered": queries.unanswered(actor, timezone.now()),
            "past": queries.past_calls(actor),
            "contacts": queries.contacts(),
            "without": queries.duties_without_contact(),
            "may_manage": actor.may(MANAGE),
        },
    )


@page(permission=WORK, methods=["POST"], tries="support.oncall.acknowledge", host="public")
def call_take(request: AsoraRequest, call: UUID) -> HttpResponse:
    """Take a call."""
    found = load(request, queries.visible(request.act.actor), permission=WORK, pk=call)
    acknowledge.submit(request.act, CallForm(request.POST, call=found))
    messages.success(request, _("You have taken the call about %(ref)s.") % {"ref": found.subject_ref})
    return redirect("support:calls")


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.oncall.add_contact", host="public")
def contact_new(request: AsoraRequest) -> HttpResponse:
    """Add a contact."""
    if request.method != "POST":
        return respond(request, NEW, {"form": ContactForm(initial={"duty": request.GET.get("duty", "")})})
    form = ContactForm(request.POST)
    try:
        add_contact.submit(request.act, form)
    except ValidationFailed as refusal:
        return refused_form(request, NEW, form, refusal, {})
    messages.success(request, _("The contact is added."))
    return redirect("support:calls")


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.oncall.change_contact", host="public")
def contact_change(request: AsoraRequest, contact: int) -> HttpResponse:
    """Change how a contact is called."""
    found = _contact(request, contact)
    if request.method != "POST":
        return respond(request, CHANGE, {"form": ChangeForm(contact=found), "contact": found})
    form = ChangeForm(request.POST, contact=found)
    try:
        change_contact.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return refused_form(request, CHANGE, form, refusal, {"contact": found})
    messages.success(request, _("The contact is changed."))
    return redirect("support:calls")


@page(permission=MANAGE, methods=["POST"], tries="support.oncall.retire_contact", host="public")
def contact_retire(request: AsoraRequest, contact: int) -> HttpResponse:
    """Retire a contact."""
    retire_contact.submit(request.act, RetireForm(request.POST, contact=_contact(request, contact)))
    messages.success(
        request, _("The contact is retired. Calls for this duty wait until there is another one.")
    )
    return redirect("support:calls")


def _contact(request: AsoraRequest, pk: int) -> Contact:
    return load(request, Contact.objects.filter(is_active=True), permission=MANAGE, pk=pk)
