"""Who may read which payloads: those about a hub are for the people who work there, as in the audit trail.

A list shows the number, the time and the state of every payload, because the numbers of an endpoint have no gaps. What
a payload is about is shown only to people who work at all of its hubs and may see events of its type.
"""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value

from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.reach import reach
from integrations.outbox.models import Payload
from integrations.types.catalogue import TYPES


def readable(rows: QuerySet[Payload], actor: Actor) -> QuerySet[Payload]:
    """The payloads, each with `is_whole`: True if the reader may see what it is about."""
    seen = _seen_by(actor)
    if not seen:
        return rows.annotate(is_whole=Value(value=True, output_field=BooleanField()))
    return rows.annotate(is_whole=ExpressionWrapper(seen, output_field=BooleanField()))


def whole(rows: QuerySet[Payload], actor: Actor) -> QuerySet[Payload]:
    """The payloads among these whose contents the reader may see, but for values."""
    return rows.filter(_seen_by(actor))


def may_see_type(actor: Actor, event_type: str) -> bool:
    """Whether the reader may know of events of a type: from the trail, or by the permission of the type."""
    if actor.may(Permission.AUDIT_VIEW):
        return True
    return event_type in TYPES and actor.may(TYPES[event_type].permission)


def _seen_by(actor: Actor) -> Q:
    """The payloads at hubs where the reader works and of types that the reader may see; empty: all."""
    hubs = reach(actor).ids()
    seen = Q() if hubs is None else Q(hubs__contained_by=hubs)
    if actor.may(Permission.AUDIT_VIEW):
        return seen
    return seen & Q(event_type__in=[name for name in TYPES if may_see_type(actor, name)])


def hides_values(payload: Payload, actor: Actor) -> bool:
    """Whether the payload contains values that the reader may not see."""
    return payload.with_values and not actor.may(Permission.LEDGER_VIEW_VALUE)
