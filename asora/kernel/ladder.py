"""The decision ladder of one pass through the door: the gates that were passed, and the gate and rule that refused.

Each gate lists what it read (`inputs`, as `kernel.keys`), so that later changes of it can be found.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from asora.kernel import keys
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
from asora.kernel.shapes import ReadOnlyValues, Values

GATES = ("authenticated", "permitted", "open", "valid", "within_plan", "state", "written")
#: The most refused lines of a file that an event lists. Their number and reasons always cover all lines.
MAX_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one pass through the door, as passed to the trail.

    `hubs`: the ids of the hubs concerned. None means unknown: only people who work at all hubs see the whole event.
    `began`: a value of `time.perf_counter`; None: the start of the act.
    """

    action: str
    outcome: str  # allowed, refused, failed, noop
    ladder: list[Values]
    resource: tuple[str, str, str] = ("", "", "")
    record: Record | None = None
    refusal: Refusal | None = None
    hubs: Iterable[int] | None = ()
    began: float | None = None

    @property
    def rule_id(self) -> str:
        """The exact rule that refused; empty if nothing was refused."""
        return next((str(step["rule"]) for step in self.ladder if step["verdict"] == "stopped"), "")


@dataclass(slots=True)
class Ladder:
    """The gates passed so far, each with its rule and what it read."""

    steps: list[Values] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    record: Record | None = None  # the record of the latest attempt of the body, rolled back or not
    is_valid: bool | None = None  # whether the form is valid; None: nobody has read it yet

    def passed(self, gate: str, *, inputs: Iterable[str] = (), **facts: Any) -> None:
        """Add a gate that was passed, and what it read."""
        self.steps.append({"gate": gate, "verdict": "passed", **_read(inputs), **facts})

    def stopped(self, refusal: Refusal, *, rule: str, inputs: Iterable[str] = ()) -> None:
        """Add the gate that refused: the rule, what it read, and the details of the refusal."""
        step = {"gate": gate_of(refusal), "verdict": "stopped", "reason": str(refusal.reason)}
        # A refusal can come late (a constraint checked at commit). The gates after it were then not passed.
        here = GATES.index(step["gate"])
        self.steps = [done for done in self.steps if GATES.index(done["gate"]) < here]
        self.steps.append(
            {**step, **_for_ever(refusal.details), **refusal.evidence, "rule": rule, **_read(inputs)}
        )


def _read(inputs: Iterable[str]) -> dict[str, list[str]]:
    read = keys.bounded(inputs)
    return {"inputs": read} if read else {}


def rule_of(refusal: Refusal, *, asked: str) -> str:
    """The exact rule that refused: a permission, a ceiling, or `asked` (a permission or action) with the reason.

    Examples: `inventory.manage` (missing permission), `plans.<ceiling>` (its ceiling reached),
    `ledger.receive.bin_archived`.
    """
    if refusal.reason is Reason.FREEZE_ACTIVE:
        return "plans.freeze"
    if isinstance(refusal, PlanLimitExceeded):
        return str(refusal.details.get("rule", f"{asked}.{refusal.reason.lower()}"))
    if isinstance(refusal, PermissionDenied) and refusal.reason in {
        Reason.ROLE_LACKS_PERMISSION,
        Reason.HUB_NOT_GRANTED,
        Reason.TENANT_NOT_GRANTED,
    }:
        return str(refusal.details.get("permission", asked))
    return f"{asked}.{refusal.reason.lower()}"


def gate_of(refusal: Refusal) -> str:
    """The gate of a refusal, no matter where in the action it was raised."""
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


def _for_ever(details: ReadOnlyValues) -> ReadOnlyValues:
    """The details of a refusal for its event, with a limited number of lines: events can never be deleted."""
    lines = details.get("lines")
    if not isinstance(lines, Mapping) or len(lines) <= MAX_LINES:
        return details
    return {**details, "lines": dict(islice(lines.items(), MAX_LINES))}
