"""Merge tickets about the same matter and undo it, link tickets, and attach them to incidents and known issues."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from support.incidents.models import Incident
from support.knowledge.models import KnownIssue
from support.tickets import participants, rules
from support.tickets.changes import (
    change,
    lock_merging,
    locked,
    locked_row,
    merge_into,
    move,
    restore_from_merge,
)
from support.tickets.models import Ticket, TicketLink
from support.tickets.receiving import state_to_work_on

WORK_DESK = Permission.SUPPORT_WORK_DESK


@action(
    "support.ticket.merge",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("merged ticket {label} into another"),
    tried=gettext_lazy("tried to merge ticket {label} into another"),
)
def merge(act: Act, *, ticket: Ticket, into: Ticket, revision: int) -> Ticket:
    """Merge a ticket into another of the same tenant. Its thread, evidence and drafts stay and appear there too.

    Refusals: those of `changes.locked` for both; VALIDATION_FAILED INVALID_INPUT for itself; STATE_CONFLICT
    OTHER_TENANT; TICKET_STATE if only one of them is a security matter, or if somebody without an account takes part
    in only one of them.
    """
    lock_merging()
    if ticket.pk == into.pk:
        raise ValidationFailed.at_field(
            "other", _("A ticket cannot be merged into itself."), reason=Reason.INVALID_INPUT
        )
    row, survivor = _both(act, ticket, into, revision=revision)
    if row.tenant_id is None or row.tenant_id != survivor.tenant_id:
        raise StateConflict(
            _("These tickets do not belong to the same tenant."),
            reason=Reason.OTHER_TENANT,
            details={"missing": [_("Two tickets of the same tenant.")]},
        )
    if row.is_security != survivor.is_security:
        raise StateConflict(
            _("Only one of these tickets is a security matter."),
            reason=Reason.TICKET_STATE,
            details={
                "missing": [_("Two security tickets, or two that are none.")],
                "remedy": _("Link them as related instead."),
            },
        )
    if participants.has_strangers(row, beside=survivor) != participants.has_strangers(survivor, beside=row):
        raise StateConflict(
            _("Somebody without an account takes part in only one of these tickets, by mail."),
            reason=Reason.TICKET_STATE,
            details={
                "remedy": _("Link them as related instead."),
                "missing": [_("The same people by mail in both tickets.")],
            },
        )
    merge_into(act, row, survivor)
    return survivor


@action(
    "support.ticket.unmerge",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("undid the merge of ticket {label}"),
    tried=gettext_lazy("tried to undo the merge of ticket {label}"),
)
def unmerge(act: Act, *, ticket: Ticket) -> Ticket:
    """Undo a merge: the ticket is as it was before. Messages that came meanwhile stay on the other ticket.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; PERMISSION_DENIED TENANT_NOT_GRANTED; STATE_CONFLICT TICKET_STATE.
    """
    lock_merging()
    row = locked_row(act, ticket)
    if row.merged_into is None:
        raise StateConflict(
            _("This ticket was not merged."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A ticket that was merged into another.")]},
        )
    row.merged_into = locked_row(act, row.merged_into)
    return restore_from_merge(act, row)


@action(
    "support.ticket.link",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("linked ticket {label} with another"),
    tried=gettext_lazy("tried to link ticket {label} with another"),
)
def link(act: Act, *, ticket: Ticket, other: Ticket) -> TicketLink:
    """Link two tickets that belong together. Customers do not see links.

    Refusals: those of `changes.locked` for both; VALIDATION_FAILED INVALID_INPUT for itself; STATE_CONFLICT
    TICKET_STATE if they are linked already.
    """
    if ticket.pk == other.pk:
        raise ValidationFailed.at_field(
            "other", _("A ticket cannot be linked with itself."), reason=Reason.INVALID_INPUT
        )
    row, related = _both(act, ticket, other)
    if _links_between(row, related):
        raise StateConflict(
            _("These tickets are linked already."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("Two tickets that are not linked.")]},
        )
    made = TicketLink(ticket=row, other=related, kind=TicketLink.Kind.RELATED, made_by=act.actor.ref)
    made.save(force_insert=True)
    act.refers(ticket=row.ref)
    act.touched(row, related)
    act.changed(made, after={"ticket": row.ref, "other": related.ref, "kind": made.kind})
    return made


@action(
    "support.ticket.unlink",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("removed a link of ticket {label}"),
    tried=gettext_lazy("tried to remove a link of ticket {label}"),
)
def unlink(act: Act, *, ticket: Ticket, other: Ticket) -> Ticket:
    """Remove the link of two tickets. Its row stays. Refusals: those of `changes.locked`; ROUTE_NOT_FOUND."""
    row, related = _both(act, ticket, other)
    found = _links_between(row, related)
    if not found:
        raise RouteNotFound(_("These tickets are not linked."), reason=Reason.NO_SUCH_RECORD)
    for made in found:
        made.removed_at, made.removed_by = timezone.now(), act.actor.ref
        made.save(update_fields=["removed_at", "removed_by"])
        act.changed(made, before={"other": related.ref})
    act.refers(ticket=row.ref)
    return row


@action(
    "support.ticket.attach",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("attached ticket {label} to an incident"),
    tried=gettext_lazy("tried to attach ticket {label} to an incident"),
)
def attach(act: Act, *, ticket: Ticket, incident: Incident, revision: int) -> Ticket:
    """Attach a ticket to an active incident; it waits for the incident's end.

    Refusals: those of `changes.locked`; STATE_CONFLICT NOT_TRIAGED, TICKET_STATE.
    """
    row = locked(act, ticket, revision=revision)
    act.reads(incident)
    now = Incident.objects.select_for_update().get(pk=incident.pk)
    if row.state in rules.UNTRIAGED:
        raise StateConflict(
            _("Nobody has classified this ticket yet."),
            reason=Reason.NOT_TRIAGED,
            details={
                "missing": rules.unclassified(category=row.category, severity=row.severity, state=row.state)
            },
        )
    if now.state == Incident.State.RESOLVED:
        raise StateConflict(
            _("This incident is resolved."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("An incident that is active.")]},
        )
    return move(act, row, "on_incident", incident=now)


@action(
    "support.ticket.detach",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("detached ticket {label} from its incident"),
    tried=gettext_lazy("tried to detach ticket {label} from its incident"),
)
def detach(act: Act, *, ticket: Ticket, revision: int) -> Ticket:
    """Detach a ticket from its incident and work on it again.

    Refusals: those of `changes.locked`; STATE_CONFLICT TICKET_STATE.
    """
    row = locked(act, ticket, revision=revision)
    if row.incident_id is None:
        raise StateConflict(
            _("This ticket is attached to no incident."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("A ticket that is attached to an incident.")]},
        )
    if row.state == "on_incident":
        return move(act, row, state_to_work_on(row), incident=None)
    return change(act, row, incident=None)


@action(
    "support.ticket.recognise",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("named a known issue for ticket {label}"),
    tried=gettext_lazy("tried to name a known issue for ticket {label}"),
)
def recognise(act: Act, *, ticket: Ticket, issue: KnownIssue | None) -> Ticket:
    """Say which known issue a ticket is about; None: it is about none. Refusals: those of `changes.locked`."""
    row = locked(act, ticket)
    if row.known_issue_id == (issue.pk if issue else None):
        act.noop(_("It is recorded like this already."))
        return row
    return change(act, row, known_issue=issue)


def _both(act: Act, ticket: Ticket, other: Ticket, *, revision: int | None = None) -> tuple[Ticket, Ticket]:
    """Both tickets, locked in the order of their ids, so that two agents do not wait for each other."""
    rows = {
        one.pk: locked(act, one, revision=revision if one.pk == ticket.pk else None)
        for one in sorted((ticket, other), key=lambda one: one.pk)
    }
    return rows[ticket.pk], rows[other.pk]


def _links_between(ticket: Ticket, other: Ticket) -> list[TicketLink]:
    rows = TicketLink.objects.filter(kind=TicketLink.Kind.RELATED, removed_at=None)
    return [*rows.filter(ticket=ticket, other=other), *rows.filter(ticket=other, other=ticket)]
