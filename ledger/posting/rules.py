"""The arithmetic of stock and cost: pure functions over decimals, no database, no clock, no floats.

Quantities have the item's number of places (0 to 4); costs and values have 6, rounded half to even.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

VALUE_STEP = Decimal("0.000001")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stock:
    """The stock of an item at a hub: its quantity, and the value of all of it."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def average_cost(self) -> Decimal:
        """Value per unit, 6 places; zero if there is no stock."""
        return rounded(self.value / self.quantity) if self.quantity else ZERO

    def with_receipt(self, *, quantity: Decimal, value: Decimal) -> Stock:
        """The stock after a receipt of `quantity` with that value."""
        return replace(self, quantity=self.quantity + quantity, value=self.value + value)


def rounded(value: Decimal) -> Decimal:
    """A cost or value at 6 places, half to even."""
    return value.quantize(VALUE_STEP, rounding=ROUND_HALF_EVEN)


def value_of(*, quantity: Decimal, unit_cost: Decimal) -> Decimal:
    """The value of `quantity` units at `unit_cost`, 6 places."""
    return rounded(quantity * unit_cost)


def fits(quantity: Decimal, *, decimals: int) -> bool:
    """Whether a quantity has no more places than its item allows; trailing zeros do not count."""
    exponent = quantity.normalize().as_tuple().exponent if quantity else 0
    return isinstance(exponent, int) and -exponent <= decimals


def added_up(quantities: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Quantities added up per unit, in the order of the units: quantities of different units have no sum."""
    per_unit: dict[str, Decimal] = {}
    for unit, quantity in quantities:
        per_unit[unit] = per_unit.get(unit, ZERO) + quantity
    return per_unit
