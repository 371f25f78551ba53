"""The context of an event's page: for `audit/_story.html` and the facts below it."""

from __future__ import annotations

from asora.kernel.actors import Actor
from asora.kernel.shapes import Values
from audit.events.following import caused_by
from audit.events.models import Event
from audit.explorer import naming, queries


def story(actor: Actor, event: Event) -> Values:
    """The decision, the refusal and the changes of an event, with the names that this reader may see."""
    stopped = queries.stopping_step(event)
    return {
        "caused": len(caused_by(event.request_id)) - 1,
        "gates": queries.ladder(event),
        "stopped": stopped,
        "standing": naming.standing(actor, stopped),
        "concerned": naming.concerned(actor, stopped),
        "typed": queries.typed(event),
        "findings": queries.findings(event),
        "changes": [{**change, "values": queries.differences(change)} for change in event.changes],
    }
