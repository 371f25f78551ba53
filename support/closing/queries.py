"""Named reads of what ends a ticket."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from support.closing.rules import Facts
from support.escalations import queries as escalations
from support.escalations.models import EngineeringCase
from support.investigations.queries import current
from support.tickets.models import State, Ticket


def facts_of(ticket: Ticket) -> Facts:
    """What is known of a ticket that is about to be resolved."""
    cases = EngineeringCase.objects.filter(ticket=ticket)
    return Facts(
        category=ticket.category,
        determined=current(ticket).determined,
        has_known_issue=ticket.known_issue_id is not None,
        has_feature=escalations.feature_of(ticket) is not None,
        has_referral=escalations.referral_of(ticket) is not None,
        has_open_case=escalations.open_case(ticket) is not None,
        has_solved_case=cases.filter(state=EngineeringCase.State.SOLVED).exists(),
        incident=ticket.incident.state if ticket.incident else "",
    )


def resolved() -> QuerySet[Ticket]:
    """The tickets that wait for a confirmation, those first that have waited longest."""
    rows: QuerySet[Ticket] = Ticket.objects.filter(state=State.RESOLVED, merged_into__isnull=True)
    return rows.order_by("resolved_at", "pk")


def behind(ticket: Ticket) -> Q:
    """The resolved tickets that come after this one in the order of `resolved`."""
    return Q(resolved_at__gt=ticket.resolved_at) | Q(resolved_at=ticket.resolved_at, pk__gt=ticket.pk)
