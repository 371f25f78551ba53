"""Says of the copy of an operator's event about the plan what is sent of it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.events.models import Event
from integrations.types.definition import Described, Describers
from integrations.types.plan_changes.event_types import CHANGED
from integrations.types.plan_changes.fields import PlanChanged


def changed(event: Event) -> Iterator[Described]:
    """A change of plan."""
    change = event.changes[0]
    data = PlanChanged(from_plan=change["before"]["plan"], to_plan=change["after"]["plan"])
    yield Described(type=CHANGED.name, subject="tenant", data=data)


DESCRIBERS: Describers = {"plans.plan.change": (changed, (CHANGED,))}
