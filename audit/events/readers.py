"""Who may read which events: events about a hub are for the people who work there.

Somebody who works at all hubs reads every event. For anybody else, an event about other hubs shows who, when, action
and outcome only, because its message, label and changes name stock. An event with unknown hubs is not shown at all.
"""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value

from asora.kernel import binding
from asora.kernel.actors import Actor
from asora.kernel.reach import reach
from audit.events.models import Event

#: Columns that a list never reads: their values can be large, and PostgreSQL stores them apart from the row.
HEAVY = ("decision", "changes", "facts", "redactions", "touched")


def hubs_of(actor: Actor) -> list[int] | None:
    """The ids of the hubs that a reader works at; None: all hubs, as on the public host, which has none."""
    if binding.schema_name() == binding.PUBLIC:
        return None if actor.schema == binding.PUBLIC else []
    return reach(actor).ids()


def readable(actor: Actor) -> QuerySet[Event]:
    """The events that a reader may see, each with `is_whole`: True if the reader may see all of its details."""
    hubs = hubs_of(actor)
    rows: QuerySet[Event] = Event.objects.all()
    if hubs is None:
        return rows.annotate(is_whole=Value(value=True, output_field=BooleanField()))
    is_whole = ExpressionWrapper(Q(hubs__contained_by=hubs), output_field=BooleanField())
    return rows.filter(hubs__isnull=False).annotate(is_whole=is_whole)


def whole(rows: QuerySet[Event], actor: Actor) -> QuerySet[Event]:
    """The events among these that a reader may see with all details."""
    hubs = hubs_of(actor)
    return rows if hubs is None else rows.filter(hubs__contained_by=hubs)
