"""The model of deciding a count: recounts, the choice of a reading, and one posting of all variances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.ledger.model.counts import COUNTING, Count, Reading, Sheet, end_of, in_state
from tests.ledger.model.postings import Document, Ledger, Line, post
from tests.ledger.model.refusals import Refused
from tests.ledger.model.stock import six


@dataclass(frozen=True)
class Recount:
    """Send these lines back. `is_stale`: the request is based on an older version."""

    count: int
    lines: frozenset[int]
    is_stale: bool = False


def request_recount(ledger: Ledger, wish: Recount) -> int:
    """Send lines back: they start again in a new round."""
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    if not wish.lines:
        raise Refused("VALIDATION_FAILED", "NO_DATA")
    count.round += 1
    for number in wish.lines:
        line = count.lines[number]
        line.round, line.is_left_out, line.chosen = count.round, False, None
        line.decision, line.decided = "", None
    count.state = "recount"
    return wish.count


@dataclass(frozen=True)
class Choice:
    """The chosen reading of a line, by its number among all readings of the line."""

    count: int
    line: int
    reading: int
    is_stale: bool = False


def choose(ledger: Ledger, wish: Choice) -> int:
    """Choose a reading, which must be of the line's present round."""
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    line = count.lines[wish.line]
    if line.readings[wish.reading].round != line.round:
        raise Refused("VALIDATION_FAILED", "UNKNOWN_LINE")
    if line.later(ledger, line.readings[wish.reading], end=end_of(ledger, count)).superseded:
        raise Refused("STATE_CONFLICT", "READING_SUPERSEDED")
    line.chosen, line.decision, line.decided = wish.reading, "", None
    return wish.count


@dataclass(frozen=True)
class Verdict:
    """The decision that a correction was about the same difference, or another one."""

    count: int
    line: int
    decision: str
    is_stale: bool = False


def decide_correction(ledger: Ledger, wish: Verdict) -> int:
    """Decide about a correction, if that is an open question."""
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    line, end = count.lines[wish.line], end_of(ledger, count)
    reading = line.settled(ledger, end=end)
    later = line.later(ledger, reading, end=end) if reading else None
    has_question = later is not None and (
        later.is_adjusted or (later.is_corrected and reading.quantity != later.expected)  # type: ignore[union-attr]
    )
    if later is None or not has_question:
        raise Refused("STATE_CONFLICT", "STALE_FORM")
    line.decision, line.decided = wish.decision, later.number
    return wish.count


@dataclass(frozen=True)
class Approval:
    """Approve a count. `accepted`: the lines whose variance beyond the tolerance is accepted."""

    count: int
    accepted: frozenset[int]
    is_stale: bool = False


def approve(ledger: Ledger, wish: Approval) -> int:
    """Post all variances, including zeros; returns the number of the posting."""
    if ledger.counts[wish.count].posting is not None:
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    count = in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
    end = end_of(ledger, count)
    counted = {
        number: line
        for number, line in enumerate(count.lines)
        if line.valid and line.standing(ledger, end=end)
    }
    settled = {number: line.settled(ledger, end=end) for number, line in counted.items()}
    _refuse_any((number for number, reading in settled.items() if reading is None), "COUNTS_DIFFER")
    open_questions = (
        number
        for number, reading in settled.items()
        if reading and counted[number].is_open_question(ledger, reading, end=end)
    )
    _refuse_any(open_questions, "ADJUSTED_SINCE")
    undecided = [number for number in counted if not is_within(ledger, count, counted[number])]
    _refuse_any((number for number in undecided if number not in wish.accepted), "VARIANCE_UNDECIDED")
    if not counted:
        raise Refused("STATE_CONFLICT", "READING_SUPERSEDED")
    lines = []
    for number, line in sorted(counted.items(), key=lambda pair: (pair[1].place, pair[1].item)):
        reading = settled[number]
        assert reading is not None
        expected = line.expected(ledger, reading, end=end)
        moves = reading.quantity - expected
        found = reading.quantity, expected
        lines.append(Line(line.item, line.place, moves, number=number, counted=found))
        count.booked[line.item, line.place] = reading
    count.posting = post(
        ledger, Document("count", tuple(lines), submission=(count.opening.submission, "posting"))
    )
    count.state, count.ended = "approved", count.posting
    return count.posting


def _refuse_any(numbers: Iterable[int], reason: str) -> None:
    at = frozenset((number, reason) for number in numbers)
    if at:
        raise Refused("VALIDATION_FAILED", reason, at=at)


def is_within(ledger: Ledger, count: Count, line: Sheet) -> bool:
    """Whether the variance of a line is within the tolerance."""
    end = end_of(ledger, count)
    reading = line.settled(ledger, end=end)
    if reading is None or line.is_open_question(ledger, reading, end=end):
        return False
    kind, most = count.opening.tolerance
    size = abs(line.variance(ledger, reading, end=end))
    if size == 0:
        return True
    if kind == "units":
        return size <= most
    if kind == "percent":
        return size * 100 <= line.expected(ledger, reading, end=end) * most
    cost = _cost(ledger, line, reading)
    return kind == "value" and cost > 0 and size * cost <= most


def _cost(ledger: Ledger, line: Sheet, reading: Reading) -> Decimal:
    """The unit cost at the moment of counting: at the hub, else of the latest receipt, else the standard cost."""
    quantity, value = ledger.hub_at(reading.position, line.item, line.place[0])
    return six(value / quantity) if quantity else ledger.latest_cost(line.item, at=reading.position)


@dataclass(frozen=True)
class Cancellation:
    """End a count without changing anything."""

    count: int


def cancel(ledger: Ledger, wish: Cancellation) -> int:
    """Cancel a count that is not closed."""
    count = in_state(ledger, wish.count, COUNTING | {"submitted"})
    count.state, count.ended = "cancelled", len(ledger.postings)
    return wish.count
