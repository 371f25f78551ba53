"""Measuring two ways side by side: turn by turn in one run, after a warm-up, compared by their medians.

Only ratios have goals: a slow or busy machine slows both sides. Nothing here asserts a time.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asora.embedded import REPOSITORY

RESULTS = REPOSITORY / ".asora" / "bench"

# Prepares one turn, untimed, and returns the function to time.
Turn = Callable[[int], Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Size:
    """The amount of work for each measurement."""

    name: str
    postings: int  # turns of one posting
    each: int  # postings of one writer in one turn
    writer_turns: int
    import_turns: int
    import_lines: int | None  # None: the whole file
    entries: int  # of the large ledger
    compared_entries: int  # of the small ledger for comparison
    events: int  # of the large audit trail
    compared_events: int  # of the small trail for comparison
    reading_turns: int
    exported: int  # rows of an export
    others_turns: int  # of ten documents each
    tenants: int  # tenants beside each other
    tenants_made: int


SIZES = {
    "full": Size(
        "full",
        postings=300,
        each=60,
        writer_turns=9,
        import_turns=7,
        import_lines=None,
        entries=10_000_000,
        compared_entries=100_000,
        events=10_000_000,
        compared_events=100_000,
        reading_turns=5,
        exported=1_000_000,
        others_turns=20,
        tenants=200,
        tenants_made=15,
    ),
    "small": Size(
        "small",
        postings=15,
        each=5,
        writer_turns=2,
        import_turns=2,
        import_lines=300,
        entries=100_000,
        compared_entries=60_000,
        events=20_000,
        compared_events=10_000,
        reading_turns=2,
        exported=40_000,
        others_turns=2,
        tenants=5,
        tenants_made=2,
    ),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table: what was measured, the result, and the goal."""

    work: str
    ratio: float
    goal: float
    is_at_most: bool
    detail: str
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.goal if self.is_at_most else self.ratio >= self.goal

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        sign = "≤" if self.is_at_most else "≥"
        if math.isnan(self.ratio):
            return self.work, "", f"{sign} {self.goal:g}x", "not run", self.detail
        return (
            self.work,
            f"{self.ratio:.2f}x",
            f"{sign} {self.goal:g}x",
            "ok" if self.is_met else "missed",
            self.detail,
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of every turn of both sides."""

    asora: Sequence[float]
    by_hand: Sequence[float]

    @property
    def medians(self) -> tuple[float, float]:
        """The medians of the product and of the SQL by hand."""
        return statistics.median(self.asora), statistics.median(self.by_hand)

    @property
    def ratio(self) -> float:
        """The product's time as a multiple of the SQL's."""
        asora, by_hand = self.medians
        return asora / by_hand

    def detail(self) -> str:
        """Both medians in milliseconds, and the number of turns."""
        asora, by_hand = (f"{seconds * 1000:,.{2 if seconds < 0.1 else 0}f} ms" for seconds in self.medians)
        return f"{asora} against {by_hand}, {len(self.asora)} turns each"


def size() -> Size:
    """The size by BENCH_SIZE: `full` by default; `small` only shows that everything runs.

    BENCH_ENTRIES sets the number of entries of the large ledger, BENCH_EVENTS that of events of the large trail.
    """
    named = SIZES[os.environ.get("BENCH_SIZE", "full")]
    return replace(
        named,
        entries=int(os.environ.get("BENCH_ENTRIES") or named.entries),
        events=int(os.environ.get("BENCH_EVENTS") or named.events),
    )


def side_by_side(*, asora: Turn, by_hand: Turn, turns: int, warm_up: int) -> Times:
    """Take turns, each side being first every other time; the first `warm_up` turns do not count."""
    seconds: dict[str, list[float]] = {"asora": [], "by_hand": []}
    for number in range(-warm_up, turns):
        order = [("asora", asora), ("by_hand", by_hand)]
        for name, turn in order if number % 2 else reversed(order):
            work = turn(number + warm_up)
            started = time.perf_counter()
            work()
            took = time.perf_counter() - started
            if number >= 0:
                seconds[name].append(took)
    return Times(**seconds)


def interleaved(works: Mapping[str, Callable[[], object]], *, turns: int, warm_up: int) -> dict[str, float]:
    """The median seconds of each work, done turn by turn, in alternating order."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for number in range(-warm_up, turns):
        for name in works if number % 2 else reversed(works):
            started = time.perf_counter()
            works[name]()
            took = time.perf_counter() - started
            if number >= 0:
                seconds[name].append(took)
    return {name: statistics.median(each) for name, each in seconds.items()}


def table(results: Iterable[Result]) -> str:
    """The results as the Markdown table of tests/bench/README.md."""
    head = "work", "ratio", "goal", "", "medians"
    rows = [head, *(result.cells() for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def keep(results: Iterable[Result], *, measured: Size) -> Path:
    """Write the results and their conditions as JSON. Returns the path."""
    now = datetime.now(UTC)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}-{measured.name}.json"
    content = {
        "at": now.isoformat(),
        "size": measured.name,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "results": [asdict(result) | {"is_met": result.is_met} for result in results],
    }
    path.write_text(json.dumps(content, indent=1))
    return path
