"""What lies where and what it is worth, as simply as it can be said: no database, no cleverness.

Written from ledger.md and from nothing else: the model shares no code with `ledger`. Every line is done by itself, and
remembers the balances after it.
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
    """What never changes once it is said: a copy of it is itself."""

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


@dataclass(frozen=True)
class Written(Said):
    """One entry: what moved, at which cost, and what was there afterwards. `counted`: found and expected."""

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
    """FIFO: what came in at once, and what is left."""

    number: int
    quantity: Decimal
    value: Decimal
    quantity_left: Decimal
    value_left: Decimal


@dataclass
class Stock:
    """Bins, hubs with their values and, first in, first out, layers."""

    fifo: bool
    bins: dict[tuple[str, Place], Decimal] = field(default_factory=dict)
    hubs: dict[Key, tuple[Decimal, Decimal]] = field(default_factory=dict)
    layers: dict[Key, list[Layer]] = field(default_factory=dict)
    layer_count: int = 0

    def averages(self) -> dict[Key, Decimal]:
        """What a unit of everything that is there costs on average."""
        return {key: six(value / quantity) for key, (quantity, value) in self.hubs.items() if quantity}

    def bring(self, item: str, place: Place, quantity: Decimal, cost: Decimal) -> Written:
        """Stock comes in at a cost."""
        value = six(quantity * cost)
        made = (self._layer(item, place[0], quantity, value),) if self.fifo else ()
        return replace(self._move(item, place, quantity, value, cost), made=made)

    def take(self, item: str, place: Place, quantity: Decimal) -> Written:
        """Stock leaves at what it cost; the last unit takes all the value that is left."""
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
        """Within a hub: the value of the oldest units goes along, and the layers stay as they are."""
        key = item, place[0]
        kept = [replace(layer) for layer in self.layers.get(key, [])]
        out = replace(self.take(item, place, quantity), used=())
        self.layers[key] = kept
        return [out, self._move(item, to, -out.quantity, -out.value, out.cost)]

    def carry(self, out: Written, to: Place) -> Written:
        """Into another hub: the exact value that left, a new layer per consumed layer."""
        made = tuple(self._layer(out.item, to[0], quantity, value) for _, quantity, value in out.used)
        return replace(self._move(out.item, to, -out.quantity, -out.value, out.cost), made=made)

    def stand(self, item: str, place: Place) -> Written:
        """Nothing moves: evidence that what was counted was there."""
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
