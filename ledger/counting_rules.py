"""The arithmetic of a count: variances, tolerance, whose reading holds, and how accurate it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from ledger.rules import ZERO


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody found, beside what the ledger said at that position, and what moved there since.

    `unit_cost`: what a unit cost at that position.
    """

    id: int
    person: str
    counted_at: datetime
    position: int
    quantity: Decimal
    expected: Decimal
    moved_since: Decimal
    unit_cost: Decimal

    @property
    def variance(self) -> Decimal:
        """What approving it changes: more than zero where stock was found."""
        return self.quantity - self.expected


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
    """The reading that holds: the chosen one, else the latest if all found the same variance, else none yet."""
    for reading in readings:
        if reading.id == chosen:
            return reading
    if len({reading.variance for reading in readings}) != 1:
        return None
    return max(readings, key=lambda reading: (reading.position, reading.id))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well stock and books agree: by lines, and by units (those that both know, of those that either knows)."""

    lines: int
    exact: int
    agreed: Decimal
    known: Decimal

    @property
    def by_lines(self) -> Decimal | None:
        """The share of lines without variance, in percent; None where nothing was counted."""
        return _percent(Decimal(self.exact), Decimal(self.lines))

    @property
    def by_units(self) -> Decimal | None:
        """The share of units that were both expected and counted, in percent; None where there are none."""
        return _percent(self.agreed, self.known)


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """One place, never rounded up: what is not exact is not 100 %."""
    return (100 * part / whole).quantize(Decimal("0.1"), rounding=ROUND_FLOOR) if whole else None


def accuracy_of(readings: Iterable[Reading]) -> Accuracy:
    """The accuracy of the readings of one session."""
    found = list(readings)
    return Accuracy(
        lines=len(found),
        exact=sum(1 for reading in found if reading.variance == 0),
        agreed=sum((min(reading.quantity, reading.expected) for reading in found), ZERO),
        known=sum((max(reading.quantity, reading.expected) for reading in found), ZERO),
    )
