"""The model of stock and its value, as simple as possible, without a database.

Written from the rules alone: the model shares no code with `ledger`. Every line is entered by itself, with the balances
after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

from tests.ledger.model.refusals import Refused

ZERO = Decimal(0)
Place = tuple[str, str]  # hub, bin
Key = tuple[str, str]  # item, hub


def six(value: Decimal) -> Decimal:
    """At six places, half to even."""
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


class Said:
    """A value that never changes, so a copy is the value itself."""

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


@dataclass(frozen=True)
class Written(Said):
    """One entry: the movement, its cost, and the balances after it. `counted`: counted and expected quantity."""

    item: str
    place: Place
    quantity: Decimal
    cost: Decimal
    value: Decimal
    bin_quantity: Decimal
    hub_quantity: Decimal
    hub_value: Decimal
    kind: str = ""
    counted: tuple[Decimal, Decimal] | None = None
    made: tuple[int, ...] = ()
    used: tuple[tuple[int, Decimal, Decimal], ...] = ()


@dataclass
class Layer:
    """FIFO: stock that came in by one line, and what is left of it."""

    number: int
    quantity: Decimal
    value: Decimal
    quantity_left: Decimal
    value_left: Decimal


@dataclass
class Stock:
    """Bins, hubs with their values, and layers for FIFO."""

    fifo: bool
    bins: dict[tuple[str, Place], Decimal] = field(default_factory=dict)
    hubs: dict[Key, tuple[Decimal, Decimal]] = field(default_factory=dict)
    layers: dict[Key, list[Layer]] = field(default_factory=dict)
    layer_count: int = 0

    def averages(self) -> dict[Key, Decimal]:
        """The average unit cost of everything in stock."""
        return {key: six(value / quantity) for key, (quantity, value) in self.hubs.items() if quantity}

    def bring(self, item: str, place: Place, quantity: Decimal, cost: Decimal) -> Written:
        """Stock comes in at a cost."""
        value = six(quantity * cost)
        made = (self._layer(item, place[0], quantity, value),) if self.fifo else ()
        return replace(self._move(item, place, quantity, value, cost), made=made)

    def take(self, item: str, place: Place, quantity: Decimal) -> Written:
        """Stock leaves at its cost; the last unit takes all the value that is left."""
        if quantity > self.bins.get((item, place), ZERO):
            raise Refused("VALIDATION_FAILED", "INSUFFICIENT_STOCK")
        have, worth = self.hubs[item, place[0]]
        used: list[tuple[int, Decimal, Decimal]] = []
        if self.fifo:
            used = self._consume((item, place[0]), quantity)
            value = sum((use[2] for use in used), ZERO)
        else:
            value = worth if quantity == have else six(worth * quantity / have)
        return replace(self._move(item, place, -quantity, -value, six(value / quantity)), used=tuple(used))

    def shift(self, item: str, place: Place, to: Place, quantity: Decimal) -> list[Written]:
        """Move within a hub: the value of the oldest units moves along, and the layers do not change."""
        key = item, place[0]
        kept = [replace(layer) for layer in self.layers.get(key, [])]
        out = replace(self.take(item, place, quantity), used=())
        self.layers[key] = kept
        return [out, self._move(item, to, -out.quantity, -out.value, out.cost)]

    def carry(self, out: Written, to: Place) -> Written:
        """Move into another hub: the exact value that left, with a new layer per consumed layer."""
        made = tuple(self._layer(out.item, to[0], quantity, value) for _, quantity, value in out.used)
        return replace(self._move(out.item, to, -out.quantity, -out.value, out.cost), made=made)

    def stand(self, item: str, place: Place) -> Written:
        """Nothing moves: the entry is evidence that the expected quantity was counted."""
        return self._move(item, place, ZERO, ZERO, self.averages().get((item, place[0]), ZERO))

    def take_back(self, entry: Written) -> Written:
        """The mirror of an entry, exactly, with the layers that it made and used."""
        key = entry.item, entry.place[0]
        if self.bins[entry.item, entry.place] < entry.quantity:
            raise Refused("VALIDATION_FAILED", "INSUFFICIENT_STOCK")
        used = self._unmake(key, entry) + self._refill(key, entry)
        quantity, value = self.hubs[key]
        quantity, left = quantity - entry.quantity, value - entry.value
        worthless = left == 0 and quantity > 0 and entry.value != 0
        if quantity < 0 or left < 0 or worthless or (quantity == 0 and left != 0):
            raise Refused("VALIDATION_FAILED", "COST_CONSUMED")
        moved = self._move(entry.item, entry.place, -entry.quantity, -entry.value, entry.cost)
        return replace(moved, used=used)

    def _consume(self, key: Key, quantity: Decimal) -> list[tuple[int, Decimal, Decimal]]:
        used = []
        for layer in sorted(self.layers[key], key=lambda layer: layer.number):
            part = min(quantity, layer.quantity_left)
            if part == 0:
                continue
            is_last = part == layer.quantity_left
            value = layer.value_left if is_last else six(layer.value_left * part / layer.quantity_left)
            layer.quantity_left -= part
            layer.value_left -= value
            quantity -= part
            used.append((layer.number, part, value))
        return used

    def _unmake(self, key: Key, entry: Written) -> tuple[tuple[int, Decimal, Decimal], ...]:
        used = []
        for layer in self.layers.get(key, []):
            if layer.number in entry.made:
                if layer.quantity_left != layer.quantity:
                    raise Refused("VALIDATION_FAILED", "COST_CONSUMED")
                used.append((layer.number, layer.quantity_left, layer.value_left))
                layer.quantity_left = layer.value_left = ZERO
        return tuple(used)

    def _refill(self, key: Key, entry: Written) -> tuple[tuple[int, Decimal, Decimal], ...]:
        given = {number: (quantity, value) for number, quantity, value in entry.used}
        for layer in self.layers.get(key, []):
            if layer.number in given:
                layer.quantity_left += given[layer.number][0]
                layer.value_left += given[layer.number][1]
        return tuple((number, -quantity, -value) for number, (quantity, value) in given.items())

    def _layer(self, item: str, hub: str, quantity: Decimal, value: Decimal) -> int:
        self.layer_count += 1
        layer = Layer(self.layer_count, quantity, value, quantity, value)
        self.layers.setdefault((item, hub), []).append(layer)
        return self.layer_count

    def _move(self, item: str, place: Place, quantity: Decimal, value: Decimal, cost: Decimal) -> Written:
        self.bins[item, place] = self.bins.get((item, place), ZERO) + quantity
        have, worth = self.hubs.get((item, place[0]), (ZERO, ZERO))
        self.hubs[item, place[0]] = have + quantity, worth + value
        return Written(
            item, place, quantity, cost, value, self.bins[item, place], have + quantity, worth + value
        )
