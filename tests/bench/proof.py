"""Lines of the table that check something instead of comparing two times: they pass or fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.harness import Result


@dataclass(frozen=True, slots=True)
class Proof(Result):
    """A line without a ratio. Faults are in `figures["wrong"]`."""

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        return (self.work, "-", "no fault", "ok" if self.is_met else "broken", self.detail)


def proof(work: str, *, detail: str, wrong: Sequence[str], **figures: Any) -> Proof:
    """The line of a check: 1 if nothing was wrong."""
    return Proof(
        work=work,
        ratio=1.0 if not wrong else 0.0,
        goal=1.0,
        is_at_most=False,
        detail=detail,
        figures={"wrong": list(wrong), **figures},
    )
