"""Referrals to sales, with the plan and its usage as they are now."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict
from asora.kernel.shapes import Values
from plans import limits
from support.access import reading
from support.escalations import queries
from support.escalations.models import CommercialReferral
from support.escalations.passing import pass_to
from support.escalations.texts import required
from support.investigations.queries import require_step
from support.tickets import changes
from support.tickets.models import Message, Queue, State, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK


def _usage(act: Act, *, ticket: Ticket, **_values: object) -> Values:
    """The plan of the ticket's tenant and its usage, read inside the agent's access session."""
    tenant = ticket.tenant
    if tenant is None:
        return {}
    with reading.inside(act, tenant, page="support:referral", address="/settings/plan/"):
        return {
            "plan": tenant.plan,
            "usage": {row["resource"]: [row["usage"], row["limit"]] for row in limits.usage_table(tenant)},
        }


@action(
    "support.referral.open",
    permission=WORK_DESK,
    subject="ticket",
    derive=_usage,
    done=gettext_lazy("referred a ticket to sales ({label})"),
    tried=gettext_lazy("tried to refer a ticket to sales ({label})"),
)
def refer(act: Act, *, ticket: Ticket, wish: str, derived: Values = BY_DERIVE) -> CommercialReferral:
    """Pass a wish for more than the plan allows to sales.

    Refusals: those of a ticket and of an access session; STATE_CONFLICT STEP_MISSING before the event is located,
    TICKET_STATE if it was referred already; VALIDATION_FAILED INVALID_INPUT.
    """
    row = changes.locked(act, ticket)
    require_step(act, row, 3)
    if queries.referral_of(row) is not None:
        raise StateConflict(_("This ticket was referred to sales already."), reason=Reason.TICKET_STATE)
    referral = CommercialReferral(
        ticket=row,
        plan=derived["plan"],
        usage=derived["usage"],
        wish=required("wish", wish, most=1000),
        referred_by=act.actor.ref,
        request_id=act.request_id,
    )
    referral.save(force_insert=True)
    pass_to(act, row, state=State.WAITING_COMMERCIAL, queue=Queue.COMMERCIAL)
    changes.add_message(
        act, row, kind=Message.Kind.SYSTEM, text=_("The ticket was referred to sales."), is_internal=True
    )
    act.refers(ticket=row.ref)
    act.changed(referral, after={"plan": referral.plan, "usage": referral.usage})
    return referral


@action(
    "support.referral.answer",
    permission=WORK_DESK,
    subject="referral",
    done=gettext_lazy("recorded the answer of sales"),
    tried=gettext_lazy("tried to record the answer of sales"),
)
def answer_referral(act: Act, *, referral: CommercialReferral, answer: str) -> CommercialReferral:
    """Record what sales answered. The desk tells the customer in a reply.

    Refusals: those of a ticket; STATE_CONFLICT TICKET_STATE if it was answered; VALIDATION_FAILED INVALID_INPUT.
    """
    row = changes.locked(act, referral.ticket)
    found = CommercialReferral.objects.select_for_update().get(pk=referral.pk)
    act.reads(found)
    if found.state == CommercialReferral.State.ANSWERED:
        raise StateConflict(_("Sales has answered this referral already."), reason=Reason.TICKET_STATE)
    found.answer = required("answer", answer, most=1000)
    found.state, found.answered_at = CommercialReferral.State.ANSWERED, timezone.now()
    found.save(update_fields=["answer", "state", "answered_at"])
    if row.state == State.WAITING_COMMERCIAL:
        pass_to(act, row, state=State.INVESTIGATING, queue=Queue.L1)
    changes.add_message(
        act, row, kind=Message.Kind.SYSTEM, text=_("Sales has answered the referral."), is_internal=True
    )
    act.refers(ticket=row.ref)
    act.changed(found, before={"state": "open"}, after={"state": "answered", "length": len(found.answer)})
    return found
