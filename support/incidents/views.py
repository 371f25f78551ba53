"""Pages of incidents."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.forms import ActionForm
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from support.incidents import queries, rules
from support.incidents.actions import move_incident, name_error, open_incident, post_entry
from support.incidents.forms import EntryForm, ErrorForm, OpenForm, StateForm
from support.incidents.models import Incident

WORK = Permission.SUPPORT_WORK_DESK
NEW, DETAIL = "support/incidents/new.html", "support/incidents/incident.html"


@page(permission=WORK, host="public")
def incidents(request: AsoraRequest) -> HttpResponse:
    """All incidents, active ones first."""
    return respond(request, "support/incidents/list.html", {"incidents": queries.latest()})


@page(permission=WORK, methods=["GET", "POST"], tries="support.incident.open", host="public")
def incident_new(request: AsoraRequest) -> HttpResponse:
    """Open an incident by hand."""
    if request.method != "POST":
        return respond(request, NEW, {"form": OpenForm()})
    form = OpenForm(request.POST)
    try:
        opened = open_incident.submit(request.act, form)
    except ValidationFailed as refusal:
        return refused_form(request, NEW, form, refusal, {})
    messages.success(request, _("%(incident)s is open.") % {"incident": opened.ref})
    return redirect("support:incident", ref=opened.ref)


@page(permission=WORK, host="public")
def incident(request: AsoraRequest, ref: str) -> HttpResponse:
    """One incident with its log."""
    return respond(request, DETAIL, _context(_incident(request, ref)))


@page(permission=WORK, methods=["POST"], tries="support.incident.post", host="public")
def incident_post(request: AsoraRequest, ref: str) -> HttpResponse:
    """Write in the log."""
    found = _incident(request, ref)
    form = EntryForm(request.POST, incident=found)
    try:
        post_entry.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return _refused(request, found, refusal, "entry_form", form)
    messages.success(request, _("The entry is in the log."))
    return redirect("support:incident", ref=found.ref)


@page(permission=WORK, methods=["POST"], tries="support.incident.move", host="public")
def incident_move(request: AsoraRequest, ref: str) -> HttpResponse:
    """Change the state."""
    found = _incident(request, ref)
    form = StateForm(request.POST, incident=found)
    try:
        moved = move_incident.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return _refused(request, found, refusal, "state_form", form)
    state = moved.get_state_display()
    messages.success(request, _("%(incident)s: %(state)s.") % {"incident": moved.ref, "state": state})
    return redirect("support:incident", ref=found.ref)


@page(permission=WORK, methods=["POST"], tries="support.incident.name_error", host="public")
def incident_error(request: AsoraRequest, ref: str) -> HttpResponse:
    """Add an error that belongs to the incident."""
    found = _incident(request, ref)
    form = ErrorForm(request.POST, incident=found)
    try:
        name_error.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return _refused(request, found, refusal, "error_form", form)
    messages.success(request, _("Tickets about this error now belong to the incident."))
    return redirect("support:incident", ref=found.ref)


def _incident(request: AsoraRequest, ref: str) -> Incident:
    return load(request, queries.with_number(ref), permission=WORK)


def _context(found: Incident) -> Values:
    return {
        "incident": found,
        "log": queries.log_of(found),
        "number_attached": queries.number_attached(found),
        "signatures": found.signatures.order_by("pk"),
        "following": [
            (state, Incident.State(state).label) for state in sorted(rules.TRANSITIONS[found.state])
        ],
        "entry_form": EntryForm(incident=found),
        "error_form": ErrorForm(incident=found, auto_id="id_error_%s"),
    }


def _refused(
    request: AsoraRequest,
    found: Incident,
    refusal: ValidationFailed | StateConflict,
    name: str,
    form: ActionForm,
) -> HttpResponse:
    """The incident's page again, with what was typed and why it was refused."""
    return refused_form(request, DETAIL, form, refusal, {**_context(found), name: form})
