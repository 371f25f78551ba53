"""Lines of the table that prove something instead of comparing two times: they hold, or they are broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.harness import Result


@dataclass(frozen=True, slots=True)
class Proof(Result):
    """A line without a ratio. What is broken is in `figures["wrong"]`."""

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        return (self.work, "-", "no fault", "ok" if self.is_met else "broken", self.detail)


def proof(work: str, *, detail: str, wrong: Sequence[str], **figures: Any) -> Proof:
    """The line of something that was tried: 1 when nothing was wrong."""
    return Proof(
        work=work,
        ratio=1.0 if not wrong else 0.0,
        goal=1.0,
        is_at_most=False,
        detail=detail,
        figures={"wrong": list(wrong), **figures},
    )
