"""The arithmetic of a count: variances, tolerance, which reading is used, and accuracy. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from ledger.posting.rules import ZERO

Moment = tuple[int, datetime, int]  # position, time, and for two at the same time the reading's id


@dataclass(frozen=True, slots=True)
class LaterEntry:
    """An entry at a reading's place that was posted after the reading, and may be about the same difference.

    `reverses`: the position that it reverses. `reversed_by`: the position that reversed it. `booked`: for entries of
    counts, the moment of the reading that it (or its original) booked.
    """

    position: int
    kind: str
    quantity: Decimal
    reverses: int | None
    reversed_by: int | None
    booked: Moment | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A counted quantity, the quantity that the ledger expected there, and what has moved there since.

    `expected`: the balance at that position, with what other counts booked since for earlier readings. `unit_cost`:
    the unit cost at that position. `superseded_by`: the posting that booked a later reading. `corrections`: entries
    posted since that may correct the same difference, or another one; only a person knows.
    """

    id: int
    person: str
    counted_at: datetime
    position: int
    quantity: Decimal
    expected: Decimal
    moved_since: Decimal
    unit_cost: Decimal
    superseded_by: int | None = None
    corrections: tuple[LaterEntry, ...] = ()

    @property
    def moment(self) -> Moment:
        """The moment of the reading, by ledger position first; readings are ordered by it."""
        return self.position, self.counted_at, self.id

    @property
    def variance(self) -> Decimal:
        """The change if it is approved: more than zero if stock was found."""
        return self.quantity - self.expected

    @property
    def corrected(self) -> Decimal:
        """The sum of the corrections."""
        return sum((entry.quantity for entry in self.corrections), ZERO)

    @property
    def corrected_upto(self) -> int:
        """The position of the latest correction; 0 if there is none."""
        return max((entry.position for entry in self.corrections), default=0)

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person must decide if the corrections are about the difference that was found.

        Reversals of other documents than adjustments only matter if a difference was found at all.
        """
        is_adjusted = any(entry.kind == "adjustment" for entry in self.corrections)
        return is_adjusted or (bool(self.corrections) and self.variance != 0)

    def weighed(self, later: Iterable[LaterEntry]) -> Reading:
        """The reading adjusted for what was posted at its place after it.

        The later reading is used: what a count booked for an earlier reading is expected here, and a count of a later
        reading supersedes this one. Entries that were posted and reversed since are ignored.
        """
        booked, corrections, superseded_by = ZERO, [], self.superseded_by
        for entry in later:
            was_undone = entry.reversed_by is not None
            undoes_later_one = entry.reverses is not None and entry.reverses > self.position
            if entry.position <= self.position or was_undone or undoes_later_one:
                continue
            if entry.booked is not None:
                if entry.booked < self.moment:
                    booked += entry.quantity
                else:
                    superseded_by = entry.position
            else:
                corrections.append(entry)
        return replace(
            self,
            expected=self.expected + booked,
            moved_since=self.moved_since - booked,
            superseded_by=superseded_by,
            corrections=tuple(corrections),
        )

    def with_corrections_expected(self) -> Reading:
        """The reading after somebody decided that the corrections are about the difference that it found."""
        return replace(
            self,
            expected=self.expected + self.corrected,
            moved_since=self.moved_since - self.corrected,
        )


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much a line may differ and still be approved automatically. `kind`: none, units, percent or value."""

    kind: str
    amount: Decimal

    def covers(self, reading: Reading) -> bool:
        """Whether the variance is within the tolerance. Zero always is; by value, an unknown cost never is."""
        size = abs(reading.variance)
        if size == 0:
            return True
        if self.kind == "units":
            return size <= self.amount
        if self.kind == "percent":
            return size * 100 <= reading.expected * self.amount
        return self.kind == "value" and reading.unit_cost > 0 and size * reading.unit_cost <= self.amount


def settled(readings: Sequence[Reading], *, chosen: int | None) -> Reading | None:
    """The reading that is used: the chosen one, else the latest if all found the same variance, else none yet.

    A superseded reading is never used; if it was the chosen one, somebody has to choose again.
    """
    valid = [reading for reading in readings if reading.superseded_by is None]
    if chosen is not None:
        return next((reading for reading in valid if reading.id == chosen), None)
    if len({reading.variance for reading in valid}) != 1:
        return None
    return max(valid, key=lambda reading: reading.moment)


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """The figures of a count in one unit of measure: quantities of different units have no sum.

    `agreed`: the smaller of expected and counted quantity, added up; `known`: the larger. `down` is never above zero.
    """

    unit: str
    agreed: Decimal
    known: Decimal
    up: Decimal
    down: Decimal

    @property
    def net(self) -> Decimal:
        """Stock found less stock missing; below zero is shrink."""
        return self.up + self.down

    @property
    def accuracy(self) -> Decimal | None:
        """The share that was both expected and counted, in percent; None if there is no stock."""
        return _percent(self.agreed, self.known)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well counted and expected stock agree: by lines, and by quantities per unit."""

    lines: int
    exact: int
    units: Sequence[UnitFigures] = ()

    @property
    def by_lines(self) -> Decimal | None:
        """The share of lines without variance, in percent; None if nothing was counted."""
        return _percent(Decimal(self.exact), Decimal(self.lines))

    @property
    def changes(self) -> list[tuple[str, Decimal]]:
        """Stock found and stock missing, by unit, without zeros."""
        return [(unit.unit, change) for unit in self.units for change in (unit.up, unit.down) if change]


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """One decimal place, rounded down, so that only exact counts show 100 %."""
    return (100 * part / whole).quantize(Decimal("0.1"), rounding=ROUND_FLOOR) if whole else None


def accuracy_of(counted: Iterable[tuple[str, Reading]]) -> Accuracy:
    """The accuracy of `(unit, reading)` of one session."""
    by_unit: dict[str, list[Reading]] = {}
    for unit, reading in counted:
        by_unit.setdefault(unit, []).append(reading)
    readings = [reading for found in by_unit.values() for reading in found]
    return Accuracy(
        lines=len(readings),
        exact=sum(1 for reading in readings if reading.variance == 0),
        units=[_figures_of(unit, by_unit[unit]) for unit in sorted(by_unit)],
    )


def _figures_of(unit: str, readings: Sequence[Reading]) -> UnitFigures:
    return UnitFigures(
        unit=unit,
        agreed=sum((min(reading.quantity, reading.expected) for reading in readings), ZERO),
        known=sum((max(reading.quantity, reading.expected) for reading in readings), ZERO),
        up=sum((max(reading.variance, ZERO) for reading in readings), ZERO),
        down=sum((min(reading.variance, ZERO) for reading in readings), ZERO),
    )
