"""Decide what a ticket is: exactly one category, a severity, and the other dimensions."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from support.clocks import recording
from support.tickets import required, required_info, rules
from support.tickets.changes import change, follow_severity, locked, move, taken_by
from support.tickets.models import Category, Classification, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK


@action(
    "support.ticket.triage",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("classified ticket {label}"),
    tried=gettext_lazy("tried to classify ticket {label}"),
)
def triage(
    act: Act,
    *,
    ticket: Ticket,
    revision: int,
    category: str,
    severity: int,
    issue_type: str,
    environment: str,
    component: str,
) -> Ticket:
    """Classify a ticket for the first time: the investigation can begin. The agent gets it if nobody has it.

    Sev1 opens an incident with a notice, Sev2 one with a status update, and both call the people on duty.
    Refusals: those of `changes.locked`; STATE_CONFLICT TICKET_STATE; VALIDATION_FAILED INVALID_INPUT.
    """
    row = locked(act, ticket, revision=revision)
    _check(category, severity, issue_type, environment, component)
    if row.tenant_id is None:
        raise StateConflict(
            _("Nobody knows to which tenant this ticket belongs."),
            reason=Reason.TICKET_STATE,
            details={
                "missing": [_("The tenant of the ticket.")],
                "remedy": _("Assign the ticket to a tenant first."),
            },
        )
    if row.state not in rules.UNTRIAGED:
        raise StateConflict(
            _("This ticket has been classified already."),
            reason=Reason.TICKET_STATE,
            details={
                "state": row.state,
                "missing": [_("A ticket that nobody has classified yet.")],
                "remedy": _("Change its classification, and say why."),
            },
        )
    values = {
        "category": category,
        "severity": severity,
        "issue_type": issue_type,
        "environment": environment,
        "component": component,
    }
    move(act, row, "triaged", **values, **taken_by(act, row))
    _classified(act, row, reason="")
    return row


@action(
    "support.ticket.reclassify",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("changed the classification of ticket {label}"),
    tried=gettext_lazy("tried to change the classification of ticket {label}"),
)
def reclassify(
    act: Act,
    *,
    ticket: Ticket,
    revision: int,
    category: str,
    severity: int,
    issue_type: str,
    environment: str,
    component: str,
    reason: str,
) -> Ticket:
    """Change the classification of a ticket, with a reason. The earlier ones remain in its history.

    Refusals: those of `changes.locked`; STATE_CONFLICT NOT_TRIAGED, TICKET_STATE; VALIDATION_FAILED INVALID_INPUT.
    """
    row = locked(act, ticket, revision=revision)
    _check(category, severity, issue_type, environment, component)
    why = rules.checked_line(reason, field="reason")
    if not why:
        raise ValidationFailed.at_field("reason", _("Say why it changes."), reason=Reason.INVALID_INPUT)
    if row.state in rules.UNTRIAGED:
        raise StateConflict(
            _("Nobody has classified this ticket yet."),
            reason=Reason.NOT_TRIAGED,
            details={
                "missing": rules.unclassified(category=row.category, severity=row.severity, state=row.state)
            },
        )
    if row.state in rules.FINISHED:
        raise StateConflict(
            _("This ticket is finished."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A ticket that is open.")]},
        )
    values = {
        "category": category,
        "severity": severity,
        "issue_type": issue_type,
        "environment": environment,
        "component": component,
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        act.noop(_("The classification is the same."))
        return row
    change(act, row, **values)
    _classified(act, row, reason=why)
    return row


def _classified(act: Act, row: Ticket, *, reason: str) -> None:
    """What a classification brings with it: its row, required information, promised times, calls and incidents.

    A ticket whose incident is active stays with it.
    """
    severity = int(row.severity or 0)
    Classification(
        ticket=row,
        category=row.category,
        severity=severity,
        issue_type=row.issue_type,
        environment=row.environment,
        component=row.component,
        reason=reason,
        classified_by=act.actor.ref,
        request_id=act.request_id,
    ).save()
    required_info.add_needed(act, row, answers={})
    # Before the clocks: an entry in an incident's log locks the incident and then the clocks of its tickets.
    follow_severity(act, row)
    recording.reclassify(
        act, row.pk, severity=severity, category=row.category, queue=row.queue, at=timezone.now()
    )


def _check(category: str, severity: int, issue_type: str, environment: str, component: str) -> None:
    """Require values that exist: exactly one category, a severity from 1 to 4, and the other dimensions."""
    for field, is_known, message in (
        ("category", category in Category.values, _("Choose exactly one category.")),
        ("severity", severity in (1, 2, 3, 4), _("Choose a severity from 1 to 4.")),
        ("issue_type", issue_type in Ticket.IssueType.values, _("Choose what kind of issue it is.")),
        ("environment", environment in Ticket.Environment.values, _("Choose where it happens.")),
        ("component", component in required.COMPONENTS, _("Choose the part of the product.")),
    ):
        if not is_known:
            raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
