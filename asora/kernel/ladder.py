"""The ladder of one pass through the door: which gates were passed, and which one stopped it by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from asora.kernel.act import Record
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    PlanLimitExceeded,
    Reason,
    Refusal,
    StateConflict,
    ValidationFailed,
)

GATES = ("authenticated", "permitted", "open", "valid", "within_plan", "state", "written")
#: Refused lines of a file that an event names; how many there were, and why, it says of all.
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the trail is told about one pass through the door."""

    action: str
    outcome: str  # allowed, refused, failed, noop
    ladder: list[dict[str, Any]]
    resource: tuple[str, str, str] = ("", "", "")
    record: Record | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Ladder:
    """The decision ladder of one pass: the gates passed so far, each with the rule that was asked."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    def passed(self, gate: str, **facts: Any) -> None:
        """Note that `gate` let the request through."""
        self.steps.append({"gate": gate, "verdict": "passed", **facts})

    def stopped(self, refusal: Refusal, *, rule: str) -> None:
        """Note the gate that refused, which rule it was, and what would change the answer."""
        step = {"gate": gate_of(refusal), "verdict": "stopped", "rule": rule, "reason": str(refusal.reason)}
        # A refusal can come late (a constraint that is checked at commit): no gate behind it was passed then.
        here = GATES.index(step["gate"])
        self.steps = [done for done in self.steps if GATES.index(done["gate"]) < here]
        self.steps.append({**step, **_for_ever(refusal.details)})


def gate_of(refusal: Refusal) -> str:
    """The gate that a refusal belongs to, wherever in the action it was raised."""
    if refusal.reason is Reason.FREEZE_ACTIVE:
        return "open"
    gates: dict[type[Refusal], str] = {
        AuthRequired: "authenticated",
        PermissionDenied: "permitted",
        ValidationFailed: "valid",
        PlanLimitExceeded: "within_plan",
        StateConflict: "state",
    }
    return gates.get(type(refusal), "valid")


def _for_ever(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """The details of a refusal as its event keeps them: nobody can take back what a file of any length put there."""
    lines = details.get("lines")
    if not isinstance(lines, Mapping) or len(lines) <= MOST_LINES:
        return details
    return {**details, "lines": dict(islice(lines.items(), MOST_LINES))}
