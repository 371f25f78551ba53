"""The value of stock, in memory: moving average and first in, first out. No database, no clock, no floats.

A `Book` has the balances that a batch locked. Each movement changes the book and returns the figures of its entry. The
last unit out takes all the value that is left, so that no stock always means no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ledger.posting.rules import ZERO, Stock, rounded, value_of

ItemHub = tuple[int, int]
ItemBin = tuple[int, int]
LayerKey = tuple[int, int, int]  # position and line of the entry that made it, and number


class BookError(ValueError):
    """A movement that the book cannot take; `have` is the available amount."""

    def __init__(self, *, have: Decimal) -> None:
        super().__init__(f"only {have}")
        self.have = have


class InsufficientStock(BookError):
    """The bin has less than what should leave it."""


class CostConsumed(BookError):
    """The value or the layers that a reversal needs have been used in the meantime."""


@dataclass(slots=True)
class Layer:
    """FIFO: stock that came in by one line at one cost, and what is left of it."""

    key: LayerKey
    unit_cost: Decimal
    quantity: Decimal
    value: Decimal
    quantity_left: Decimal
    value_left: Decimal

    def take(self, quantity: Decimal) -> Decimal:
        """Take `quantity` (at most what is left) and return its value; the last unit takes all that is left."""
        worth = (
            self.value_left
            if quantity == self.quantity_left
            else _share(self.value_left, quantity, self.quantity_left)
        )
        self.quantity_left -= quantity
        self.value_left -= worth
        return worth


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a layer a movement consumed; negative if it was given back."""

    layer: LayerKey
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """The figures of one entry: signed quantity and value, unit cost, the balances after it, and the layers used."""

    quantity: Decimal
    unit_cost: Decimal
    value: Decimal
    bin_quantity: Decimal
    hub: Stock
    uses: Sequence[Use] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A saved state of a book for some items, with what was left of each layer."""

    hubs: dict[ItemHub, Stock]
    bins: dict[ItemBin, Decimal]
    layers: dict[ItemHub, list[tuple[Decimal, Decimal]]]


@dataclass(slots=True)
class Book:
    """The balances of a batch while it is computed. `fifo`: whether value follows layers."""

    fifo: bool
    hubs: dict[ItemHub, Stock] = field(default_factory=dict)
    bins: dict[ItemBin, Decimal] = field(default_factory=dict)
    layers: dict[ItemHub, list[Layer]] = field(default_factory=dict)

    def snapshot(self, *, hubs: Iterable[ItemHub], bins: Iterable[ItemBin]) -> Snapshot:
        """Save the present state of these hubs and bins."""
        wanted = set(hubs)
        return Snapshot(
            hubs={key: self.hubs[key] for key in wanted},
            bins={key: self.bins[key] for key in bins},
            layers={
                key: [(layer.quantity_left, layer.value_left) for layer in self.layers.get(key, ())]
                for key in wanted
            },
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a saved state, as if nothing had moved since."""
        self.hubs |= snapshot.hubs
        self.bins |= snapshot.bins
        for key, left in snapshot.layers.items():
            layers = self.layers.get(key, [])
            del layers[len(left) :]
            for layer, (quantity_left, value_left) in zip(layers, left, strict=True):
                layer.quantity_left, layer.value_left = quantity_left, value_left

    def bring(
        self, *, item: int, hub: int, bin_: int, quantity: Decimal, unit_cost: Decimal, entry: tuple[int, int]
    ) -> Moved:
        """Stock comes in at a cost: a receipt, or stock that was found. `entry`: its position and line."""
        value = value_of(quantity=quantity, unit_cost=unit_cost)
        if self.fifo:
            self._add_layer((item, hub), (*entry, 1), unit_cost, quantity, value)
        return self._moved(item, hub, bin_, quantity=quantity, value=value, unit_cost=unit_cost)

    def take(self, *, item: int, hub: int, bin_: int, quantity: Decimal) -> Moved:
        """`quantity` (positive) leaves at its cost. Raises InsufficientStock."""
        have = self.bins[item, bin_]
        if quantity > have:
            raise InsufficientStock(have=have)
        uses = _consume(self.layers.get((item, hub), ()), quantity) if self.fifo else ()
        value = sum((use.value for use in uses), ZERO) if self.fifo else self._part((item, hub), quantity)
        unit_cost = rounded(value / quantity)
        return self._moved(item, hub, bin_, quantity=-quantity, value=-value, unit_cost=unit_cost, uses=uses)

    def shift(self, *, item: int, hub: int, bin_: int, to_bin: int, quantity: Decimal) -> tuple[Moved, Moved]:
        """Stock changes bins within a hub. Its cost moves with it, but the age of the layers does not change.

        Under first in, first out, putting away would otherwise make the oldest layers the newest. Raises
        InsufficientStock.
        """
        have = self.bins[item, bin_]
        if quantity > have:
            raise InsufficientStock(have=have)
        if self.fifo:
            copies = [replace(layer) for layer in self.layers.get((item, hub), ())]
            value = sum((use.value for use in _consume(copies, quantity)), ZERO)
        else:
            value = self._part((item, hub), quantity)
        unit_cost = rounded(value / quantity)
        out = self._moved(item, hub, bin_, quantity=-quantity, value=-value, unit_cost=unit_cost)
        return out, self._moved(item, hub, to_bin, quantity=quantity, value=value, unit_cost=unit_cost)

    def carry(self, out: Moved, *, item: int, hub: int, bin_: int, entry: tuple[int, int]) -> Moved:
        """The other end of a transfer, in another hub: the exact value that left, a new layer per consumed layer."""
        if self.fifo:
            for number, use in enumerate(out.uses, start=1):
                self._add_layer(
                    (item, hub), (*entry, number), rounded(use.value / use.quantity), use.quantity, use.value
                )
        return self._moved(item, hub, bin_, quantity=-out.quantity, value=-out.value, unit_cost=out.unit_cost)

    def stand(self, *, item: int, hub: int, bin_: int) -> Moved:
        """Nothing moves: a count that found the expected quantity. The entry is still evidence."""
        return self._moved(
            item, hub, bin_, quantity=ZERO, value=ZERO, unit_cost=self.hubs[item, hub].average_cost
        )

    def mirror(
        self,
        *,
        item: int,
        hub: int,
        bin_: int,
        quantity: Decimal,
        value: Decimal,
        unit_cost: Decimal,
        made: Sequence[LayerKey] = (),
        used: Sequence[Use] = (),
    ) -> Moved:
        """Cancel one entry exactly: `quantity` and `value` are those of the original, and so are its layers.

        `made`: layers that the original made, which must be whole; `used`: what it consumed, which is given back.
        Raises InsufficientStock (the bin would be negative), CostConsumed (value or layers are gone).
        """
        if self.bins[item, bin_] < quantity:
            raise InsufficientStock(have=self.bins[item, bin_])
        uses = self._unmake((item, hub), made) + self._refill((item, hub), used) if self.fifo else []
        stock = self.hubs[item, hub]
        left = Stock(stock.quantity - quantity, stock.value - value)
        is_worthless = left.value == 0 and left.quantity > 0 and value != 0
        if left.quantity < 0 or left.value < 0 or is_worthless or (left.quantity == 0 and left.value != 0):
            raise CostConsumed(have=stock.value)
        return self._moved(item, hub, bin_, quantity=-quantity, value=-value, unit_cost=unit_cost, uses=uses)

    def _moved(
        self,
        item: int,
        hub: int,
        bin_: int,
        *,
        quantity: Decimal,
        value: Decimal,
        unit_cost: Decimal,
        uses: Sequence[Use] = (),
    ) -> Moved:
        stock = self.hubs[item, hub]
        self.hubs[item, hub] = Stock(stock.quantity + quantity, stock.value + value)
        self.bins[item, bin_] += quantity
        return Moved(
            quantity=quantity,
            unit_cost=unit_cost,
            value=value,
            bin_quantity=self.bins[item, bin_],
            hub=self.hubs[item, hub],
            uses=uses,
        )

    def _add_layer(
        self, key: ItemHub, layer: LayerKey, unit_cost: Decimal, quantity: Decimal, value: Decimal
    ) -> None:
        self.layers.setdefault(key, []).append(Layer(layer, unit_cost, quantity, value, quantity, value))

    def _part(self, key: ItemHub, quantity: Decimal) -> Decimal:
        """The value of `quantity` of a hub's stock at its average; for all of the stock, all of its value."""
        stock = self.hubs[key]
        return stock.value if quantity == stock.quantity else _share(stock.value, quantity, stock.quantity)

    def _unmake(self, key: ItemHub, made: Sequence[LayerKey]) -> list[Use]:
        uses = []
        for layer in self._named(key, made):
            if layer.quantity_left != layer.quantity:
                raise CostConsumed(have=layer.quantity_left)
            uses.append(Use(layer.key, layer.quantity_left, layer.take(layer.quantity_left)))
        return uses

    def _refill(self, key: ItemHub, used: Sequence[Use]) -> list[Use]:
        given = {use.layer: use for use in used}
        for layer in self._named(key, list(given)):
            layer.quantity_left += given[layer.key].quantity
            layer.value_left += given[layer.key].value
        return [Use(use.layer, -use.quantity, -use.value) for use in used]

    def _named(self, key: ItemHub, wanted: Sequence[LayerKey]) -> list[Layer]:
        by_key = {layer.key: layer for layer in self.layers.get(key, ())}
        return [by_key[layer] for layer in wanted]


def _consume(layers: Iterable[Layer], quantity: Decimal) -> list[Use]:
    """Take `quantity` from layers, the oldest first."""
    uses = []
    for layer in sorted(layers, key=lambda layer: layer.key):
        taken = min(quantity, layer.quantity_left)
        if taken > 0:
            uses.append(Use(layer.key, taken, layer.take(taken)))
            quantity -= taken
    if quantity:
        raise AssertionError("the layers hold less than the balance: rebuild them")
    return uses


def _share(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return rounded(value * part / whole)
