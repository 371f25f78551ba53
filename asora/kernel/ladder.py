"""The ladder of one pass through the door: which gates were passed, and which one stopped it by which rule.

Each gate says what it read (`inputs`, as `kernel.keys`), so that one can tell later what has changed since.
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

GATES = ("authenticated", "permitted", "open", "valid", "within_plan", "state", "written")
#: Refused lines of a file that an event names; how many there were, and why, it says of all.
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the trail is told about one pass through the door.

    `hubs`: the ids of the hubs concerned, none of them being known to be so; None: not known, so only who works at all
    hubs reads it. `began`: by `time.perf_counter`; None: with the act.
    """

    action: str
    outcome: str  # allowed, refused, failed, noop
    ladder: list[dict[str, Any]]
    resource: tuple[str, str, str] = ("", "", "")
    record: Record | None = None
    refusal: Refusal | None = None
    hubs: Iterable[int] | None = ()
    began: float | None = None

    @property
    def rule_id(self) -> str:
        """The exact rule that stopped it; empty when nothing did."""
        return next((str(step["rule"]) for step in self.ladder if step["verdict"] == "stopped"), "")


@dataclass(slots=True)
class Ladder:
    """The decision ladder of one pass: the gates passed so far, each with the rule that was asked and what it read."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    record: Record | None = None  # what the body that was tried last has said, undone or not

    def passed(self, gate: str, *, inputs: Iterable[str] = (), **facts: Any) -> None:
        """Note that `gate` let the request through, and what it read."""
        self.steps.append({"gate": gate, "verdict": "passed", **_read(inputs), **facts})

    def stopped(self, refusal: Refusal, *, rule: str, inputs: Iterable[str] = ()) -> None:
        """Note the gate that refused, which rule it was, what it read, and what would change the answer."""
        step = {"gate": gate_of(refusal), "verdict": "stopped", "reason": str(refusal.reason)}
        # A refusal can come late (a constraint that is checked at commit): no gate behind it was passed then.
        here = GATES.index(step["gate"])
        self.steps = [done for done in self.steps if GATES.index(done["gate"]) < here]
        self.steps.append(
            {**step, **_for_ever(refusal.details), **refusal.evidence, "rule": rule, **_read(inputs)}
        )


def _read(inputs: Iterable[str]) -> dict[str, list[str]]:
    read = keys.bounded(inputs)
    return {"inputs": read} if read else {}


def rule_of(refusal: Refusal, *, asked: str) -> str:
    """The exact rule that refused: a permission, a ceiling, or what of `asked` (a permission or action) went wrong.

    So `inventory.manage` is missing, `plans.items` is reached, and of `ledger.receive` it was `bin_archived`.
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
