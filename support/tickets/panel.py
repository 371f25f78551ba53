"""The part of the ticket page that says what a ticket is: classification, required information, duplicates, links."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from plans.grants import managed_tenants
from support.incidents import queries as incidents
from support.tickets import forms, queries, required, required_info, rules
from support.tickets.models import Ticket


def panel(act: Act, ticket: Ticket) -> Values:
    """The context of `support/tickets/_panel.html`: unbound forms, what is known, and which tickets are like it."""
    is_merged = ticket.merged_into_id is not None
    information = required_info.of(ticket)
    severity = ticket.severity or required.severity_of({"code": ticket.code})
    initial = {
        "category": ticket.category,
        "severity": severity,
        "issue_type": ticket.issue_type or ticket.IssueType.QUESTION,
        "environment": ticket.environment,
        "component": ticket.component or required.component_of(ticket.action) or "other",
    }
    triage = forms.TriageForm if ticket.state in rules.UNTRIAGED else forms.ReclassifyForm
    context: Values = {
        "is_merged": is_merged,
        "is_discarded": ticket.close_reason == rules.NOT_A_REQUEST,
        "is_untriaged": ticket.state in rules.UNTRIAGED,
        "is_finished": ticket.state in rules.FINISHED,
        "survivor": queries.survivor_of(ticket) if is_merged else None,
        "merged": list(queries.visible(act.actor).filter(merged_into=ticket).order_by("number")),
        "linked": queries.linked(act.actor, ticket),
        "information": information,
        "missing": [one for one in information if one.is_missing],
        "history": list(ticket.classifications.order_by("classified_at", "id")),
        "may_clear_security": act.actor.may(Permission.SUPPORT_HANDLE_SECURITY),
        "component": required.COMPONENTS.get(ticket.component, ""),
    }
    if is_merged:
        return context
    similar = queries.similar_to(act.actor, ticket)
    context |= {
        "similar": similar,
        "incident_suggestion": None
        if ticket.incident_id
        else incidents.active_for(ticket.code, ticket.action, ticket.reason),
        "triage_form": triage(ticket=ticket, initial=initial),
        "assign_form": forms.AssignForm(ticket=ticket, people=people(ticket)),
        "requeue_form": forms.RequeueForm(ticket=ticket, initial={"queue": ticket.queue}),
        "note_form": forms.NoteForm(ticket=ticket),
        "security_form": forms.SecurityForm(ticket=ticket),
        "link_form": forms.OtherTicketForm(ticket=ticket),
        "merge_form": forms.MergeForm(ticket=ticket),
        "attach_form": forms.AttachForm(ticket=ticket, incidents=incidents.active()),
        "recognise_form": forms.RecogniseForm(ticket=ticket),
        "inform_form": forms.InformForm(ticket=ticket, information=information),
        "tenant_form": None
        if ticket.tenant_id
        else forms.TenantForm(ticket=ticket, tenants=managed_tenants(act.actor).order_by("name")),
    }
    return context


def people(ticket: Ticket) -> list[tuple[str, str]]:
    """Who may work on a ticket: pseudonym and name."""
    return [
        (person.ref, person.name or _("Somebody without a name")) for person in queries.people_for(ticket)
    ]
