"""The place of escalations on the ticket page: what exists, and what the gate would miss now."""

from __future__ import annotations

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from support.escalations import gate, queries, rules
from support.tickets.models import Ticket


def panel(act: Act, ticket: Ticket) -> Values:
    """What exists of the ticket: `cases`, `open_case`, `feature`, `referral`; and what is possible now.

    `route`: where it goes if it is never escalated. `is_ready`: the event is located. `may_review`, `may_answer`.
    """
    claim = gate.claim(ticket, gate.unproved(ticket))
    return {
        "cases": list(ticket.cases.order_by("-number")),
        "open_case": queries.open_case(ticket),
        "feature": queries.feature_of(ticket),
        "referral": queries.referral_of(ticket),
        "route": rules.never_escalated(claim),
        "is_ready": claim.step >= rules.MIN_STEP,
        "may_review": act.actor.may(Permission.SUPPORT_REVIEW),
        "may_answer": act.actor.may(Permission.SUPPORT_ANSWER_CASES),
    }
