"""The ticket page as a whole: each room gives its part, and this module puts them together."""

from __future__ import annotations

from asora.kernel.pages import AsoraRequest
from asora.kernel.shapes import Values
from support.clocks import panel as clocks
from support.closing.panel import panel as closing
from support.desk import presence
from support.desk.conversation import conversation
from support.escalations.panel import panel as escalations
from support.incidents import queries as incidents
from support.investigations.panel import panel as investigations
from support.mail.panel import panel as mail
from support.replies.panel import panel as replies
from support.tickets.models import Ticket
from support.tickets.panel import panel as tickets
from support.tickets.queries import merged_family, survivor_of
from support.tickets.rules import UNTRIAGED


def compose(request: AsoraRequest, ticket: Ticket) -> Values:
    """The context of the ticket page: the ticket, its thread, who else has it open, and the part of each room."""
    act = request.act
    return {
        "ticket": ticket,
        "survivor": survivor_of(ticket),
        "family": merged_family(ticket)[1:],
        "thread": conversation(ticket),
        "present": presence.others(act.actor, ticket),
        "clocks": clocks.panel(act, ticket),
        "tickets": tickets(act, ticket),
        "investigations": investigations(act, ticket),
        "active_incident": incidents.active_for(ticket.code, ticket.action, ticket.reason),
        "active_incidents": list(incidents.active()) if ticket.state in UNTRIAGED else [],
        "escalations": escalations(act, ticket),
        "replies": replies(act, ticket),
        "closing": closing(act, ticket),
        "mail": mail(act, ticket),
    }
