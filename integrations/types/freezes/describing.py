"""Says of the copies of operators' events about freezes what is sent of them."""

from __future__ import annotations

from collections.abc import Iterator

from asora.kernel.shapes import Values
from audit.events.models import Event
from integrations.types.definition import Described, Describers
from integrations.types.freezes.event_types import FROZEN, UNFROZEN
from integrations.types.freezes.fields import Frozen, Unfrozen


def started(event: Event) -> Iterator[Described]:
    """The start of a freeze."""
    yield Described(type=FROZEN.name, subject="tenant", data=Frozen(reason=_after(event)["reason"]))


def ended(event: Event) -> Iterator[Described]:
    """The end of a freeze."""
    data = Unfrozen(root_cause=_after(event)["root_cause"])
    yield Described(type=UNFROZEN.name, subject="tenant", data=data)


DESCRIBERS: Describers = {
    "plans.freeze.start": (started, (FROZEN,)),
    "plans.freeze.end": (ended, (UNFROZEN,)),
}


def _after(event: Event) -> Values:
    after: Values = event.changes[0]["after"]
    return after
