"""The steps from an event to a receiver's answer, and the result of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from integrations.outbox.models import Payload
from integrations.types.definition import Occurrence


class Verdict(StrEnum):
    """The result of a step. `UNKNOWN`: not recorded. `WAITING`: not reached."""

    PASSED = "passed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    WAITING = "waiting"


class Name(StrEnum):
    """The steps in their order."""

    EVENT = "event"
    ENABLED = "enabled"
    TYPE = "type"
    HUBS = "hubs"
    RIGHTS = "rights"
    QUEUE = "queue"
    DISPATCH = "dispatch"
    ANSWER = "answer"


TITLES: dict[Name, StrOrPromise] = {
    Name.EVENT: _("What happened"),
    Name.ENABLED: _("Endpoint enabled"),
    Name.TYPE: _("Event type"),
    Name.HUBS: _("Hubs"),
    Name.RIGHTS: _("Rights of the person who set it up"),
    Name.QUEUE: _("Queue"),
    Name.DISPATCH: _("Dispatch"),
    Name.ANSWER: _("Answer of the receiver"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `text`: what was found. `next_steps`: what to do about it, one sentence each."""

    name: Name
    verdict: Verdict
    text: StrOrPromise = ""
    next_steps: tuple[StrOrPromise, ...] = ()

    @property
    def title(self) -> StrOrPromise:
        """The name of the step on a page."""
        return TITLES[self.name]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every step of one occurrence for one endpoint. `payload`: if it was queued and is still kept."""

    occurrence: Occurrence | None
    steps: Sequence[Step]
    payload: Payload | None = None

    @property
    def end(self) -> Step:
        """The step where it stopped, or the last one if nothing stopped it."""
        stops = (step for step in self.steps if step.verdict in {Verdict.STOPPED, Verdict.UNKNOWN})
        return next(stops, self.steps[-1])

    @property
    def has_arrived(self) -> bool:
        """Returns True if the receiver accepted it."""
        return all(step.verdict is Verdict.PASSED for step in self.steps)


def passed(name: Name, text: StrOrPromise) -> Step:
    """A step that was passed."""
    return Step(name, Verdict.PASSED, text)


def stopped(name: Name, text: StrOrPromise, *next_steps: StrOrPromise) -> Step:
    """A step that stopped it."""
    return Step(name, Verdict.STOPPED, text, next_steps)


def unknown(name: Name, text: StrOrPromise, *next_steps: StrOrPromise) -> Step:
    """A step whose result is not recorded."""
    return Step(name, Verdict.UNKNOWN, text, next_steps)


def in_order(*steps: Step) -> tuple[Step, ...]:
    """All steps in their order: those that are not given were not reached."""
    found = {step.name: step for step in steps}
    return tuple(found.get(name, Step(name, Verdict.WAITING)) for name in Name)
