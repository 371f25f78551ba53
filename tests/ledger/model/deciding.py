"""Deciding a count: what is sent back, which reading holds, and one posting of all variances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.ledger.model.counts import COUNTING, Count, Reading, Sheet, in_state
from tests.ledger.model.postings import Document, Ledger, Line, post
from tests.ledger.model.refusals import Refused
from tests.ledger.model.stock import six


@dataclass(frozen=True)
class Recount:
    """Count these lines again, please. `is_stale`: whoever asks has looked at an older version."""

    count: int
    lines: frozenset[int]
    is_stale: bool = False


def request_recount(ledger: Ledger, wish: Recount) -> int:
    """Lines that are sent back start afresh, in a round of their own."""
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    if not wish.lines:
        raise Refused("VALIDATION_FAILED", "NO_DATA")
    count.round += 1
    for number in wish.lines:
        line = count.lines[number]
        line.round, line.is_left_out, line.chosen = count.round, False, None
    count.state = "recount"
    return wish.count


@dataclass(frozen=True)
class Choice:
    """The reading of a line that shall hold, by its number among all readings of the line."""

    count: int
    line: int
    reading: int
    is_stale: bool = False


def choose(ledger: Ledger, wish: Choice) -> int:
    """Only a reading of the line's own round can hold."""
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    line = count.lines[wish.line]
    if line.readings[wish.reading].round != line.round:
        raise Refused("VALIDATION_FAILED", "UNKNOWN_LINE")
    line.chosen = wish.reading
    return wish.count


@dataclass(frozen=True)
class Approval:
    """Post it. `accepted`: the lines whose variance beyond the tolerance is accepted."""

    count: int
    accepted: frozenset[int]
    is_stale: bool = False


def approve(ledger: Ledger, wish: Approval) -> int:
    """One posting of all variances, zero ones among them; returns its number."""
    if ledger.counts[wish.count].posting is not None:
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    counted = {number: line for number, line in enumerate(count.lines) if line.valid}
    settled = {number: line.settled(ledger) for number, line in counted.items()}
    _refuse_any((number for number, reading in settled.items() if reading is None), "COUNTS_DIFFER")
    undecided = [number for number in counted if not is_within(ledger, count, counted[number])]
    _refuse_any((number for number in undecided if number not in wish.accepted), "VARIANCE_UNDECIDED")
    lines = []
    for number, line in sorted(counted.items(), key=lambda pair: (pair[1].place, pair[1].item)):
        reading = settled[number]
        assert reading is not None
        expected = line.expected(ledger, reading)
        moves = reading.quantity - expected
        found = reading.quantity, expected
        lines.append(Line(line.item, line.place, moves, number=number, counted=found))
    count.posting = post(
        ledger, Document("count", tuple(lines), submission=(count.opening.submission, "posting"))
    )
    count.state = "approved"
    return count.posting


def _refuse_any(numbers: Iterable[int], reason: str) -> None:
    at = frozenset((number, reason) for number in numbers)
    if at:
        raise Refused("VALIDATION_FAILED", reason, at=at)


def is_within(ledger: Ledger, count: Count, line: Sheet) -> bool:
    """Whether the variance of a line is small enough to be approved by itself."""
    reading = line.settled(ledger)
    if reading is None:
        return False
    kind, most = count.opening.tolerance
    size = abs(line.variance(ledger, reading))
    if size == 0:
        return True
    if kind == "units":
        return size <= most
    if kind == "percent":
        return size * 100 <= line.expected(ledger, reading) * most
    cost = _cost(ledger, line, reading)
    return kind == "value" and cost > 0 and size * cost <= most


def _cost(ledger: Ledger, line: Sheet, reading: Reading) -> Decimal:
    """What a unit cost when it was counted: at the hub, else at the latest receipt before, else by standard."""
    quantity, value = ledger.hub_at(reading.position, line.item, line.place[0])
    return six(value / quantity) if quantity else ledger.latest_cost(line.item, at=reading.position)


@dataclass(frozen=True)
class Cancellation:
    """End a count without changing anything."""

    count: int


def cancel(ledger: Ledger, wish: Cancellation) -> int:
    """What is closed stays closed."""
    count = in_state(ledger, wish.count, COUNTING | {"submitted"})
    count.state = "cancelled"
    return wish.count
