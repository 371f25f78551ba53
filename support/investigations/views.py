"""The guided page of an investigation, and what does its steps. On the public host."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.kernel.door import Action
from asora.kernel.error_guide import Guide as ErrorGuide
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Refusal, StateConflict, ValidationFailed
from asora.kernel.shapes import StrOrPromise, Values
from support.access import queries as access
from support.access import reading
from support.investigations.actions import results, steps
from support.investigations.answers import answers
from support.investigations.determinations import GUARANTEES
from support.investigations.forms import (
    BackForm,
    BeginForm,
    CheckForm,
    DetermineForm,
    EventForm,
    OutcomeForm,
    ReportForm,
    RequestForm,
    ScopeForm,
    StepForm,
)
from support.investigations.guide import Guide, known_of, read_guide, without_session
from support.investigations.playbooks import EXCEPTION, PLAYBOOKS
from support.investigations.words import BACK_LABELS, STEP_TITLES, UNCHECKED_LABELS, VERDICT_LABELS
from support.knowledge.queries import entry, guide_for
from support.tickets.models import Ticket
from support.tickets.queries import load_ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
TEMPLATE, FRAGMENT = "support/investigations/guide.html", "support/investigations/_guide.html"
REFUSED = (ValidationFailed, StateConflict, PermissionDenied)


@page(permission=WORK_DESK, host="public", tries="support.investigation.begin", is_form=True)
def investigation(request: AsoraRequest, ref: str) -> HttpResponse:
    """The next step of a ticket's investigation, with what it needs of the tenant, and the playbook.

    The parameters say where to look for the request. Every opening inside a session is a look in the tenant's trail.
    """
    ticket = load_ticket(request, ref)
    return respond(request, TEMPLATE, _context(request, ticket), fragment=FRAGMENT)


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.begin")
def begin(request: AsoraRequest, ref: str) -> HttpResponse:
    """Step 1."""
    return _submit(request, ref, steps.begin, BeginForm, _("The investigation has begun."))


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.request")
def identify_request(request: AsoraRequest, ref: str) -> HttpResponse:
    """Step 2."""
    return _submit(request, ref, steps.identify_request, RequestForm, _("The request is identified."))


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.event")
def locate_event(request: AsoraRequest, ref: str) -> HttpResponse:
    """Step 3."""
    return _submit(request, ref, steps.locate_event, EventForm, _("The evidence is linked."))


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.outcome")
def interpret_outcome(request: AsoraRequest, ref: str) -> HttpResponse:
    """Step 4."""
    return _submit(request, ref, steps.interpret_outcome, OutcomeForm, _("The outcome is interpreted."))


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.report")
def compare_report(request: AsoraRequest, ref: str) -> HttpResponse:
    """Step 5."""
    return _submit(
        request, ref, steps.compare_report, ReportForm, _("The report is compared with the facts.")
    )


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.back")
def go_back(request: AsoraRequest, ref: str) -> HttpResponse:
    """Begin another round."""
    return _submit(request, ref, steps.go_back, BackForm, _("A new round has begun. Earlier steps are kept."))


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.check")
def check_guarantees(request: AsoraRequest, ref: str) -> HttpResponse:
    """Check the guarantees on the linked evidence."""
    return _submit(request, ref, results.check_guarantees, CheckForm, _("The guarantees are checked."))


@page(permission=WORK_DESK, methods=["POST"], host="public", tries="support.investigation.determine")
def determine(request: AsoraRequest, ref: str) -> HttpResponse:
    """Choose the determination."""
    return _submit(request, ref, results.determine, DetermineForm, _("The result is determined."))


def _submit(
    request: AsoraRequest,
    ref: str,
    action: Action[Any, Any],
    form_class: type[BeginForm | StepForm],
    done: StrOrPromise,
) -> HttpResponse:
    """Do one step. A refusal shows the guided page again with what was chosen."""
    ticket = load_ticket(request, ref)
    form = form_class(request.POST, ticket=ticket)
    try:
        action.submit(request.act, form)
    except REFUSED as refusal:
        context = _context(request, ticket, refusal=refusal)
        return refused_form(request, TEMPLATE, form, refusal, context, fragment=FRAGMENT)
    messages.success(request, str(done))
    if request.POST.get("from") == "guide":
        return redirect("support:investigation", ref=ticket.ref)
    return redirect(f"{reverse('support:ticket', args=[ticket.ref])}#panel-investigations")


def _context(request: AsoraRequest, ticket: Ticket, *, refusal: Refusal | None = None) -> Values:
    """The context of the guide. Without an open session only what the desk has stored is shown."""
    known = known_of(ticket)
    playbook = PLAYBOOKS.get(ticket.category)
    context: Values = {
        "ticket": ticket,
        "has_entry": playbook is not None and entry("playbook", playbook.key) is not None,
        "titles": {int(number): title for number, title in STEP_TITLES.items()},
        "verdicts": VERDICT_LABELS,
        "reasons": BACK_LABELS,
        "exception": EXCEPTION,
        "guarantees": [
            (GUARANTEES[check.guarantee].label, check.outcome, UNCHECKED_LABELS[check.guarantee])
            for check in known.progress.checks
            if check.guarantee in GUARANTEES
        ],
        "posted": request.POST if refusal is not None else {},
        "chosen": [*request.POST.getlist("request_ids"), *request.POST.getlist("records")],
    }
    if ticket.tenant is None or not _is_open(request, ticket):
        return context | {"guide": without_session(known), "is_open": False}
    data = request.POST if refusal is not None else request.GET
    with reading.inside(request.act, ticket.tenant, page=steps.PAGE, address=known.address) as within:
        guide = read_guide(within, known, asked=ScopeForm(data).scope())
        told, asked = ("", "")
        if guide.deciding is not None:
            told, asked = answers(
                within, request, ticket.tenant, str(guide.deciding.link.facts.get("record", ""))
            )
    return context | {
        "guide": guide,
        "is_open": True,
        "told": told,
        "error": _error_of(guide),
        "asked": asked,
        "scope_form": ScopeForm(data if _has_scope(data) else None, initial=guide.scope.to_json()),
    }


def _error_of(guide: Guide) -> ErrorGuide | None:
    """What the error guide says about the deciding event."""
    if guide.deciding is None:
        return None
    said = guide.deciding.interpretation
    return guide_for(said.code, said.reason, action=said.action)


def _has_scope(data: Any) -> bool:
    return any(data.get(name) for name in ScopeForm.base_fields)


def _is_open(request: AsoraRequest, ticket: Ticket) -> bool:
    latest = access.latest(request.act, ticket.tenant) if ticket.tenant else None
    return latest is not None and latest.state == "open"
