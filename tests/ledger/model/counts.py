"""Cycle counts: what was expected is what the bin held when it was counted, whatever moves meanwhile."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.ledger.model.postings import Document, Ledger, Line, post
from tests.ledger.model.refusals import Faults, Refused
from tests.ledger.model.stock import ZERO, Place, six

COUNTING = {"open", "counting", "recount"}
CLOSED = {"approved", "cancelled"}


@dataclass(frozen=True)
class Opening:
    """What shall be counted. `since`: only what no count that stands has counted; `far`: since a day to come."""

    submission: Hashable
    hub: str
    bins: frozenset[Place] = frozenset()
    items: frozenset[str] = frozenset()
    since: str = ""
    is_blind: bool = True
    tolerance: tuple[str, Decimal] = ("none", ZERO)

    def covers(self, item: str, place: Place) -> bool:
        """Whether stock that is found there belongs to the count."""
        return (
            place[0] == self.hub
            and (not self.bins or place in self.bins)
            and (not self.items or item in self.items)
        )


@dataclass
class Reading:
    """What a person found in a round, and after how many postings."""

    person: str
    round: int
    quantity: Decimal
    position: int


@dataclass
class Sheet:
    """One line of a count: an item in a bin. Only readings of its own round are valid."""

    item: str
    place: Place
    round: int = 1
    is_left_out: bool = False
    chosen: int | None = None
    readings: list[Reading] = field(default_factory=list)

    @property
    def valid(self) -> list[Reading]:
        """The readings of its round."""
        return [reading for reading in self.readings if reading.round == self.round]

    def settled(self, ledger: Ledger) -> Reading | None:
        """The reading that holds: the chosen one, or the latest if all found the same variance."""
        if self.chosen is not None:
            return self.readings[self.chosen]
        if len({self.variance(ledger, reading) for reading in self.valid}) != 1:
            return None
        return max(self.valid, key=lambda reading: reading.position)

    def expected(self, ledger: Ledger, reading: Reading) -> Decimal:
        """What the bin held when it was counted."""
        return ledger.bin_at(reading.position, self.item, self.place)

    def variance(self, ledger: Ledger, reading: Reading) -> Decimal:
        """What was found more, or less, than expected."""
        return reading.quantity - self.expected(ledger, reading)


@dataclass
class Count:
    """A count of a hub. `posting`: the number of what approving it posted."""

    opening: Opening
    lines: list[Sheet]
    state: str = "open"
    round: int = 1
    posting: int | None = None


def open_count(ledger: Ledger, opening: Opening) -> int:
    """Open a count of every balance above zero in scope; returns its number."""
    if any(count.opening.submission == opening.submission for count in ledger.counts):
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    if any(place[0] != opening.hub for place in opening.bins):
        raise Refused("VALIDATION_FAILED", "OUT_OF_SCOPE")
    if opening.tolerance[1] < 0:
        raise Refused("VALIDATION_FAILED", "INVALID_INPUT")
    if opening.since == "a day to come":
        raise Refused("VALIDATION_FAILED", "DATE_IN_FUTURE")
    found = [
        (item, place)
        for (item, place), quantity in ledger.stock.bins.items()
        if quantity > 0 and opening.covers(item, place)
    ]
    if opening.since:
        found = [key for key in found if key not in _counted(ledger)]
    found.sort(key=lambda key: (key[1], key[0]))
    ledger.counts.append(Count(opening, [Sheet(item, place) for item, place in found]))
    return len(ledger.counts) - 1


def _counted(ledger: Ledger) -> set[tuple[str, Place]]:
    undone = ledger.reversals()
    return {
        (entry.item, entry.place)
        for number, posting in enumerate(ledger.postings)
        if posting.document.kind == "count" and number not in undone
        for entry in posting.entries
    }


@dataclass(frozen=True)
class Recording:
    """What a person found: (item, place, quantity)."""

    count: int
    person: str
    figures: tuple[tuple[str, Place, Decimal], ...]


def record(ledger: Ledger, wish: Recording) -> int:
    """Enter figures; a person's later figure takes the place of their earlier one."""
    count = _in_state(ledger, wish.count, COUNTING)
    if not wish.figures:
        raise Refused("VALIDATION_FAILED", "NO_DATA")
    faults = _faults(ledger, count, wish.figures)
    faults.refuse()
    for item, place, quantity in wish.figures:
        line = _line(count, item, place)
        if line is None:
            line = Sheet(item, place, round=count.round)
            count.lines.append(line)
        own = [reading for reading in line.valid if reading.person == wish.person]
        if not own:
            own = [Reading(wish.person, line.round, ZERO, 0)]
            line.readings += own
        own[0].quantity, own[0].position = quantity, len(ledger.postings)
    if count.state == "open":
        count.state = "counting"
    return wish.count


def _faults(ledger: Ledger, count: Count, figures: tuple[tuple[str, Place, Decimal], ...]) -> Faults:
    faults = Faults()
    for number, (item, place, quantity) in enumerate(figures, start=1):
        line = _line(count, item, place)
        if (item, place) in [figure[:2] for figure in figures[: number - 1]]:
            faults.at.add((number, "DUPLICATE_ROW"))
        if quantity < 0:
            faults.at.add((number, "COUNT_NEGATIVE"))
        elif quantity != round(quantity, ledger.decimals[item]):
            faults.at.add((number, "QUANTITY_TOO_PRECISE"))
        is_foreign = line is None and not count.opening.covers(item, place)
        was_not_sent_back = line is not None and count.state == "recount" and line.round != count.round
        if is_foreign or was_not_sent_back:
            faults.at.add((number, "OUT_OF_SCOPE"))
    return faults


def _line(count: Count, item: str, place: Place) -> Sheet | None:
    return next((line for line in count.lines if (line.item, line.place) == (item, place)), None)


def _in_state(ledger: Ledger, number: int, states: set[str], *, is_stale: bool = False) -> Count:
    count: Count = ledger.counts[number]
    if count.state not in states:
        raise Refused("STATE_CONFLICT", "COUNT_STATE")
    if is_stale:
        raise Refused("STATE_CONFLICT", "STALE_FORM")
    return count


@dataclass(frozen=True)
class Submission:
    """Hand it in. `without`: the numbers of lines that are knowingly left out."""

    count: int
    without: frozenset[int] = frozenset()


def submit(ledger: Ledger, wish: Submission) -> int:
    """Nothing that is not counted is handed in unawares."""
    count = _in_state(ledger, wish.count, COUNTING)
    if not any(line.valid for line in count.lines):
        raise Refused("VALIDATION_FAILED", "NO_DATA")
    uncounted = {number for number, line in enumerate(count.lines) if not line.valid}
    missing = {number for number in uncounted - wish.without if not count.lines[number].is_left_out}
    if missing:
        at = frozenset((number, "NOT_COUNTED") for number in missing)
        raise Refused("VALIDATION_FAILED", "NOT_COUNTED", at=at)
    for number in uncounted:
        count.lines[number].is_left_out = True
    count.state = "submitted"
    return wish.count


@dataclass(frozen=True)
class Recount:
    """Count these lines again, please. `is_stale`: whoever asks has looked at an older version."""

    count: int
    lines: frozenset[int]
    is_stale: bool = False


def request_recount(ledger: Ledger, wish: Recount) -> int:
    """Lines that are sent back start afresh, in a round of their own."""
    count = _in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
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
    count = _in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
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
    count = _in_state(ledger, wish.count, {"submitted"}, is_stale=wish.is_stale)
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
    count = _in_state(ledger, wish.count, COUNTING | {"submitted"})
    count.state = "cancelled"
    return wish.count
