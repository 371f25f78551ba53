"""When the desk promises to write again: what the policy of promised times says for this ticket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support.clocks import queries as clocks
from support.clocks import rules
from support.tickets.models import Ticket

#: Nobody has classified the ticket yet, so that no update is promised: write again within this time.
UNCLASSIFIED = timedelta(days=1)


def promised(ticket: Ticket, *, now: datetime) -> datetime:
    """The latest moment of the next update if the ticket is answered at `now`."""
    policies = clocks.known_policies()
    if not policies or ticket.severity is None:
        return now + UNCLASSIFIED
    at = int(now.timestamp())
    targets = policies[-1].targets(ticket.severity, ticket.category, ticket.queue).get(rules.UPDATE, [])
    moments = [when for target in targets if (when := rules.due(target, at, ())[0]) is not None]
    return datetime.fromtimestamp(min(moments), UTC) if moments else now + UNCLASSIFIED
