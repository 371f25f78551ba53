"""The arithmetic of a count: variances, tolerance, whose reading holds, and how accurate it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from ledger.posting.rules import ZERO

Moment = tuple[int, datetime, int]  # position, time, and for two at the same time the reading's id


@dataclass(frozen=True, slots=True)
class LaterEntry:
    """An entry at a reading's place that was posted after it, and may be about what the reading found.

    `reverses`: the position that it takes back. `reversed_by`: the position that took it back. `booked`: for entries of
    counts, when the reading was taken that it (or what it takes back) booked.
    """

    position: int
    kind: str
    quantity: Decimal
    reverses: int | None
    reversed_by: int | None
    booked: Moment | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody found, beside what the ledger expected there, and what moved there since.

    `expected`: the balance at that position, with what other counts booked since for earlier readings. `unit_cost`:
    what a unit cost at that position. `superseded_by`: the posting that booked a later reading. `corrections`: entries
    posted since that may correct the very difference that was found, or another one; only a person knows.
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
        """When it was taken, by the ledger's clock first; readings are ordered by it."""
        return self.position, self.counted_at, self.id

    @property
    def variance(self) -> Decimal:
        """What approving it changes: more than zero where stock was found."""
        return self.quantity - self.expected

    @property
    def corrected(self) -> Decimal:
        """What the corrections changed, all in all."""
        return sum((entry.quantity for entry in self.corrections), ZERO)

    @property
    def corrected_upto(self) -> int:
        """The position of the latest correction; 0 without any."""
        return max((entry.position for entry in self.corrections), default=0)

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person must say if the corrections are about the difference that was found.

        A reversal of something else than an adjustment only is where a difference was found at all.
        """
        is_adjusted = any(entry.kind == "adjustment" for entry in self.corrections)
        return is_adjusted or (bool(self.corrections) and self.variance != 0)

    def weighed(self, later: Iterable[LaterEntry]) -> Reading:
        """The reading in the light of what was posted at its place after it.

        The later reading wins: what a count booked for an earlier one was expected here, and a count of a later one
        supersedes this. What was posted and taken back since is as if it had never been.
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
        """The reading as it counts once somebody said that the corrections are about what it found."""
        return replace(
            self,
            expected=self.expected + self.corrected,
            moved_since=self.moved_since - self.corrected,
        )


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much a line may differ and still be approved by itself. `kind`: none, units, percent or value."""

    kind: str
    amount: Decimal

    def covers(self, reading: Reading) -> bool:
        """Whether the variance is small enough. No variance always is; what has no known cost has no small value."""
        size = abs(reading.variance)
        if size == 0:
            return True
        if self.kind == "units":
            return size <= self.amount
        if self.kind == "percent":
            return size * 100 <= reading.expected * self.amount
        return self.kind == "value" and reading.unit_cost > 0 and size * reading.unit_cost <= self.amount


def settled(readings: Sequence[Reading], *, chosen: int | None) -> Reading | None:
    """The reading that holds: the chosen one, else the latest if all found the same variance, else none yet.

    A superseded reading never holds; when it was the chosen one, somebody has to choose again.
    """
    valid = [reading for reading in readings if reading.superseded_by is None]
    if chosen is not None:
        return next((reading for reading in valid if reading.id == chosen), None)
    if len({reading.variance for reading in valid}) != 1:
        return None
    return max(valid, key=lambda reading: reading.moment)


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What was found in one unit of measure: quantities of different units have no sum.

    `agreed`: what books and counts both know of; `known`: what either knows of. `down` is not above zero.
    """

    unit: str
    agreed: Decimal
    known: Decimal
    up: Decimal
    down: Decimal

    @property
    def net(self) -> Decimal:
        """What was found less what was missing; below zero is shrink."""
        return self.up + self.down

    @property
    def accuracy(self) -> Decimal | None:
        """The share that was both expected and counted, in percent; None where there is nothing."""
        return _percent(self.agreed, self.known)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well stock and books agree: by lines, and by quantities, one unit at a time."""

    lines: int
    exact: int
    units: Sequence[UnitFigures] = ()

    @property
    def by_lines(self) -> Decimal | None:
        """The share of lines without variance, in percent; None where nothing was counted."""
        return _percent(Decimal(self.exact), Decimal(self.lines))

    @property
    def changes(self) -> list[tuple[str, Decimal]]:
        """What was found and what was missing, by unit; without zeros."""
        return [(unit.unit, change) for unit in self.units for change in (unit.up, unit.down) if change]


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """One place, never rounded up: what is not exact is not 100 %."""
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
