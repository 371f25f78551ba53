"""The model of counts: expected is the bin's quantity at the moment of counting, whatever moves later."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.ledger.model.later import Later, later_than
from tests.ledger.model.postings import Ledger
from tests.ledger.model.refusals import Faults, Refused
from tests.ledger.model.stock import ZERO, Place, Said

COUNTING = {"open", "counting", "recount"}
CLOSED = {"approved", "cancelled"}


@dataclass(frozen=True)
class Opening(Said):
    """A count to open. `since`: "ever" leaves out what was counted before; "a day to come" is refused."""

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
    """A person's figure in a round, and after how many postings. `taken`: its number among all figures."""

    person: str
    round: int
    quantity: Decimal
    position: int
    taken: int = 0


@dataclass
class Sheet:
    """One line of a count: an item in a bin. Only readings of its own round are valid."""

    item: str
    place: Place
    round: int = 1
    is_left_out: bool = False
    chosen: int | None = None
    decision: str = ""
    decided: int | None = None  # the latest correction with a decision
    readings: list[Reading] = field(default_factory=list)

    @property
    def valid(self) -> list[Reading]:
        """The readings of its round."""
        return [reading for reading in self.readings if reading.round == self.round]

    def later(self, ledger: Ledger, reading: Reading, *, end: int) -> Later:
        """The effects of later postings on a reading, for a count that ended after `end` postings."""
        return later_than(ledger, reading, self.item, self.place, end=end)

    def standing(self, ledger: Ledger, *, end: int) -> list[Reading]:
        """The valid readings that are not superseded."""
        return [reading for reading in self.valid if not self.later(ledger, reading, end=end).superseded]

    def settled(self, ledger: Ledger, *, end: int) -> Reading | None:
        """The reading that is used: the chosen one, or the latest if all found the same variance."""
        standing = self.standing(ledger, end=end)
        if self.chosen is not None:
            return next((reading for reading in standing if reading is self.readings[self.chosen]), None)
        if len({self.plain_variance(ledger, reading, end=end) for reading in standing}) != 1:
            return None
        return max(standing, key=lambda reading: reading.taken)

    def plain_variance(self, ledger: Ledger, reading: Reading, *, end: int) -> Decimal:
        """Counted less expected quantity, without later corrections."""
        return reading.quantity - self.later(ledger, reading, end=end).expected

    def is_open_question(self, ledger: Ledger, reading: Reading, *, end: int) -> bool:
        """Whether the line was corrected later, and nobody has decided yet what that was about."""
        later = self.later(ledger, reading, end=end)
        if not later.is_corrected or (self.decided is not None and later.number <= self.decided):
            return False
        return later.is_adjusted or self.plain_variance(ledger, reading, end=end) != 0

    def expected(self, ledger: Ledger, reading: Reading, *, end: int) -> Decimal:
        """The expected quantity, with the decision about corrections."""
        later = self.later(ledger, reading, end=end)
        is_decided = self.decided is not None and later.number <= self.decided
        return later.expected + (later.changed if is_decided and self.decision == "same" else ZERO)

    def variance(self, ledger: Ledger, reading: Reading, *, end: int) -> Decimal:
        """Counted less expected quantity, with the decision about corrections."""
        return reading.quantity - self.expected(ledger, reading, end=end)


@dataclass
class Count:
    """A count of a hub. `posting`: the number of its posting; `ended`: after how many postings it was closed."""

    opening: Opening
    lines: list[Sheet]
    state: str = "open"
    round: int = 1
    posting: int | None = None
    ended: int | None = None
    booked: dict[tuple[str, Place], Reading] = field(default_factory=dict)
    scans: set[Hashable] = field(default_factory=set)


def end_of(ledger: Ledger, count: Count) -> int:
    """How many postings matter to a count."""
    return len(ledger.postings) if count.ended is None else count.ended


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
    """Figures that a person enters: (item, place, quantity)."""

    count: int
    person: str
    figures: tuple[tuple[str, Place, Decimal], ...]


def record(ledger: Ledger, wish: Recording) -> int:
    """Enter figures; a person's later figure replaces their earlier one."""
    count = in_state(ledger, wish.count, COUNTING)
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
        ledger.readings += 1
        own[0].quantity, own[0].position, own[0].taken = (
            quantity,
            len(ledger.postings),
            ledger.readings,
        )
    if count.state == "open":
        count.state = "counting"
    return wish.count


@dataclass(frozen=True)
class Scan:
    """One scan of an item. `scan`: its identity; sent again, it counts once."""

    count: int
    person: str
    item: str
    place: Place
    scan: Hashable


def scan_one(ledger: Ledger, wish: Scan) -> int:
    """Add one to the person's figure."""
    count = in_state(ledger, wish.count, COUNTING)
    if (wish.item, wish.place, wish.scan) in count.scans:
        return wish.count
    line = _line(count, wish.item, wish.place)
    own = [reading.quantity for reading in line.valid if reading.person == wish.person] if line else []
    figure = wish.item, wish.place, sum(own, ZERO) + 1
    record(ledger, Recording(wish.count, wish.person, (figure,)))
    count.scans.add((wish.item, wish.place, wish.scan))
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


def in_state(ledger: Ledger, number: int, states: set[str], *, is_stale: bool = False) -> Count:
    """A count in one of these states; `is_stale`: the request is based on an older version."""
    count: Count = ledger.counts[number]
    if count.state not in states:
        raise Refused("STATE_CONFLICT", "COUNT_STATE")
    if is_stale:
        raise Refused("STATE_CONFLICT", "STALE_FORM")
    return count


@dataclass(frozen=True)
class Submission:
    """Hand a count in. `without`: the numbers of lines that are left out on purpose."""

    count: int
    without: frozenset[int] = frozenset()


def submit(ledger: Ledger, wish: Submission) -> int:
    """Hand a count in, if all other lines are counted."""
    count = in_state(ledger, wish.count, COUNTING)
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
