"""What every step checks first: the ticket is classified and open, no incident covers it, and the step is the next."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from plans.models import Tenant
from support.incidents.models import Incident
from support.incidents.queries import active_for
from support.incidents.rules import require_no_active
from support.investigations import queries
from support.investigations.models import Investigation
from support.investigations.rules import StepNumber
from support.tickets import changes, required_info
from support.tickets import rules as ticket_rules
from support.tickets.models import Ticket
from support.tickets.queries import visible


def readable_tenant(act: Act, ticket: Ticket) -> Tenant:
    """The tenant of a ticket that the actor may see, for reading in it before the transaction.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT INFO_MISSING if the ticket has no tenant.
    """
    row = visible(act.actor).filter(pk=ticket.pk).first()
    if row is None:
        raise RouteNotFound(_("This ticket does not exist."), reason=Reason.NO_SUCH_RECORD)
    return required_tenant(row)


def required_tenant(ticket: Ticket) -> Tenant:
    """The tenant of a ticket. Refusals: STATE_CONFLICT INFO_MISSING."""
    if ticket.tenant is None:
        missing = _("The tenant of the ticket")
        raise StateConflict(
            _("Nobody has said which tenant this ticket is about."),
            reason=Reason.INFO_MISSING,
            details={"missing": [missing]},
        )
    tenant: Tenant = ticket.tenant
    return tenant


def locked_for(
    act: Act, ticket: Ticket, number: StepNumber, *, seen_round: int | None = None
) -> tuple[Ticket, Investigation | None]:
    """The ticket and its investigation, locked, if this step is the next one. None: it has not begun.

    `seen_round`: the round that the page showed. Refusals: those of `tickets.changes.locked`; STATE_CONFLICT
    TICKET_STATE, TICKET_CHANGED (another round), NOT_TRIAGED, INCIDENT_ACTIVE, INFO_MISSING, STEP_DONE, STEP_MISSING.
    """
    row = changes.locked(act, ticket)
    require_workable(row)
    required_tenant(row)
    found = locked_investigation(act, row)
    require_round(found, seen_round)
    require_next(number, done=found.step if found else 0)
    return row, found


def require_round(found: Investigation | None, seen_round: int | None) -> None:
    """Refuse if another round has begun since the page was opened. Refusals: STATE_CONFLICT TICKET_CHANGED."""
    if found is not None and seen_round is not None and found.round != seen_round:
        raise StateConflict(
            _("Somebody has gone back in this investigation since you opened it."),
            reason=Reason.TICKET_CHANGED,
            details={"round": found.round},
        )


def locked_investigation(act: Act, ticket: Ticket) -> Investigation | None:
    """The investigation of a locked ticket; None if it has not begun."""
    found = Investigation.objects.select_for_update().filter(pk=ticket.pk).first()
    if found is not None:
        found.ticket = ticket
        act.reads(found)
    return found


def require_workable(ticket: Ticket) -> None:
    """Refuse a ticket that is finished, not classified, or not attached to the incident that covers it.

    Refusals: STATE_CONFLICT TICKET_STATE, NOT_TRIAGED, INCIDENT_ACTIVE.
    """
    if ticket.state in ticket_rules.FINISHED:
        raise StateConflict(
            _("This ticket is %(state)s.") % {"state": ticket.get_state_display()},
            reason=Reason.TICKET_STATE,
            details={"state": ticket.state, "missing": [_("A ticket that is open.")]},
        )
    if missing := ticket_rules.unclassified(
        category=ticket.category, severity=ticket.severity, state=ticket.state
    ):
        raise StateConflict(
            _("The ticket has to be classified before anybody investigates it."),
            reason=Reason.NOT_TRIAGED,
            details={"missing": missing},
        )
    require_no_active(covering(ticket))


def covering(ticket: Ticket) -> Incident | None:
    """The active incident to which the ticket has to be attached first; None if there is none, or if it is."""
    found = active_for(ticket.code, ticket.action, ticket.reason)
    return None if found is None or found.pk == ticket.incident_id else found


def require_complete(ticket: Ticket) -> None:
    """Refuse if required information is neither given nor requested. Refusals: STATE_CONFLICT INFO_MISSING."""
    if missing := [str(one.label) for one in required_info.not_requested(ticket)]:
        raise StateConflict(
            _("Required information is missing."),
            reason=Reason.INFO_MISSING,
            details={"missing": missing},
        )


def require_next(number: StepNumber, *, done: int) -> None:
    """Refuse a step that is done, or that comes too early. Refusals: STATE_CONFLICT STEP_DONE, STEP_MISSING."""
    if number <= done:
        raise StateConflict(
            _("Step %(number)s is already done.") % {"number": int(number)},
            reason=Reason.STEP_DONE,
            details={"missing": [_("A step that is not done yet, or a new round of the investigation.")]},
        )
    queries.require_done(number, done=done)
