"""What comes before what when a customer is onboarded (S1 §2, "Deterministic Onboarding Order"). Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONFIRMATIONS = ("identity", "scope", "plan", "role_model", "strategy")
SEEDED = ("categories", "hubs", "bins", "vendors", "items")
#: In this order; a confirmation is called as its kind with this before it.
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
    """How far an onboarding is. `rows`: how many rows each seeded step has in the tenant."""

    confirmed: frozenset[str] = frozenset()
    has_plan: bool = False
    has_role_model: bool = False
    is_open: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    is_green: bool = False
    has_owner: bool = False
    is_completed: bool = False


def is_done(progress: Progress, step: str) -> bool:
    """Whether a step has been taken; a seeded one has been once there is a row."""
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
    """Every step that must have been taken before this one, in order. Confirmations have none."""
    return () if step.startswith(CONFIRM) else STEPS[: STEPS.index(step)]


def missing(progress: Progress, step: str) -> tuple[str, ...]:
    """The parents that are not there yet, in order: the first is what to do next."""
    return tuple(parent for parent in parents(step) if not is_done(progress, parent))


def upcoming(progress: Progress) -> str:
    """The next step to take; empty once all are."""
    return next((step for step in STEPS if not is_done(progress, step)), "")


def taken(progress: Progress) -> int:
    """How many of the steps have been taken."""
    return sum(is_done(progress, step) for step in STEPS)
