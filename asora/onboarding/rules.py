"""The order of the steps of an onboarding: five confirmations, then each step after the one before. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONFIRMATIONS = ("identity", "scope", "plan", "role_model", "strategy")
SEEDED = ("categories", "hubs", "bins", "vendors", "items")
#: The prefix of the names of confirmations; their order is the order of this table.
CONFIRM = "confirm_"
STEPS = (
    *(CONFIRM + kind for kind in CONFIRMATIONS),
    "plan",
    "role_model",
    "tenant",
    *SEEDED,
    "verification",
    "owner",
    "completion",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an onboarding. `rows`: how many rows each imported step has in the tenant."""

    confirmed: frozenset[str] = frozenset()
    has_plan: bool = False
    has_role_model: bool = False
    is_open: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    is_green: bool = False
    has_owner: bool = False
    is_completed: bool = False


def is_done(progress: Progress, step: str) -> bool:
    """Return True if a step is done. A step with a file is done once the tenant has a row of its kind."""
    if step.startswith(CONFIRM):
        return step.removeprefix(CONFIRM) in progress.confirmed
    if step in SEEDED:
        return progress.rows.get(step, 0) > 0
    return {
        "plan": progress.has_plan,
        "role_model": progress.has_role_model,
        "tenant": progress.is_open,
        "verification": progress.is_green,
        "owner": progress.has_owner,
        "completion": progress.is_completed,
    }[step]


def parents(step: str) -> tuple[str, ...]:
    """Every step that must be done before this one, in order. Confirmations have none."""
    return () if step.startswith(CONFIRM) else STEPS[: STEPS.index(step)]


def missing(progress: Progress, step: str) -> tuple[str, ...]:
    """The steps that must be done before this one and are not, in order: the first is the next to do."""
    return tuple(parent for parent in parents(step) if not is_done(progress, parent))


def upcoming(progress: Progress) -> str:
    """The next step to do; empty once all are done."""
    return next((step for step in STEPS if not is_done(progress, step)), "")


def taken(progress: Progress) -> int:
    """How many of the steps are done."""
    return sum(is_done(progress, step) for step in STEPS)
