"""Who may read which payloads: those about a hub are for the people who work there, as in the audit trail.

A list shows the number, the time and the state of every payload, because the numbers of an endpoint have no gaps. What
a payload is about is shown only to people who work at all of its hubs.
"""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value

from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.reach import reach
from integrations.outbox.models import Payload


def readable(rows: QuerySet[Payload], actor: Actor) -> QuerySet[Payload]:
    """The payloads, each with `is_whole`: True if the reader works at all hubs that it concerns."""
    hubs = reach(actor).ids()
    if hubs is None:
        return rows.annotate(is_whole=Value(value=True, output_field=BooleanField()))
    return rows.annotate(is_whole=ExpressionWrapper(Q(hubs__contained_by=hubs), output_field=BooleanField()))


def whole(rows: QuerySet[Payload], actor: Actor) -> QuerySet[Payload]:
    """The payloads among these whose contents the reader may see, as far as hubs decide it."""
    hubs = reach(actor).ids()
    return rows if hubs is None else rows.filter(hubs__contained_by=hubs)


def hides_values(payload: Payload, actor: Actor) -> bool:
    """Whether the payload contains values that the reader may not see."""
    return payload.with_values and not actor.may(Permission.LEDGER_VIEW_VALUE)
