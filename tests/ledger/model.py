"""The ledger once more, as simply as it can be said: no database, no batches, no cleverness.

Written from ledger.md and from nothing else: it shares no code with `ledger`. Every posting is judged and done line by
line; every entry remembers the balances after it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)


def six(value: Decimal) -> Decimal:
    """At six places, half to even."""
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Line:
    """One line as somebody wrote it. `place` and `to` are (hub, bin)."""

    item: str
    place: tuple[str, str]
    quantity: Decimal
    cost: Decimal | None = None
    to: tuple[str, str] | None = None


@dataclass(frozen=True)
class Document:
    """What somebody wants: a kind, lines, or the number of an earlier posting to take back."""

    kind: str
    lines: tuple[Line, ...] = ()
    reverses: int | None = None
    submission: int = 0


@dataclass(frozen=True)
class Written:
    """One entry: what moved, and what was there afterwards."""

    item: str
    place: tuple[str, str]
    quantity: Decimal
    value: Decimal
    bin_quantity: Decimal
    hub_quantity: Decimal
    hub_value: Decimal
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


class Refused(Exception):
    """A posting that is not accepted, with its reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def all_of() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Go on after a refused line, to name the reasons of all of them; refused as a whole at the end."""
    reasons: set[str] = set()

    @contextmanager
    def one() -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            reasons.add(refused.reason)

    yield one
    if reasons:
        raise Refused("+".join(sorted(reasons)))


@dataclass
class Model:
    """A tenant's ledger. `decimals`: places of each item; `standard`: its standard cost."""

    fifo: bool
    decimals: dict[str, int]
    standard: dict[str, Decimal]
    bins: dict[tuple[str, tuple[str, str]], Decimal] = field(default_factory=dict)
    hubs: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    layers: dict[tuple[str, str], list[Layer]] = field(default_factory=dict)
    postings: list[tuple[Document, list[Written]]] = field(default_factory=list)
    layer_count: int = 0

    def post(self, document: Document) -> int:
        """Post it and return its number (from 0), or raise Refused and change nothing."""
        if any(done.submission == document.submission for done, _ in self.postings):
            raise Refused("ALREADY_POSTED")
        attempt = copy.deepcopy(self)
        written = attempt._reverse(document) if document.reverses is not None else attempt._write(document)
        attempt.postings.append((document, written))
        self.__dict__.update(attempt.__dict__)
        return len(self.postings) - 1

    def _write(self, document: Document) -> list[Written]:
        self._judge(document)
        averages = {key: six(value / quantity) for key, (quantity, value) in self.hubs.items() if quantity}
        lines = list(document.lines)
        if document.kind != "transfer":
            lines.sort(key=lambda line: line.quantity < 0)
        written: list[Written] = []
        with all_of() as line_by_line:
            for line in lines:
                with line_by_line():
                    written += self._write_line(document, line, averages)
        return written

    def _write_line(
        self, document: Document, line: Line, averages: dict[tuple[str, str], Decimal]
    ) -> list[Written]:
        if document.kind in {"issue", "transfer"} or line.quantity < 0:
            if line.to is not None and line.to[0] == line.place[0]:
                return self._shift(line)
            out = self._take(line.item, line.place, abs(line.quantity))
            return [out] if line.to is None else [out, self._carry(line.item, line.to, out)]
        return [self._bring(line, self._cost(line, averages))]

    def _judge(self, document: Document) -> None:
        with all_of() as one:
            for line in document.lines:
                with one():
                    if line.to is not None and line.to == line.place:
                        raise Refused("SAME_BIN")
                with one():
                    if document.kind == "adjustment" and line.quantity == 0:
                        raise Refused("QUANTITY_ZERO")
                    if document.kind != "adjustment" and line.quantity <= 0:
                        raise Refused("QUANTITY_NOT_POSITIVE")
                    if line.quantity != round(line.quantity, self.decimals[line.item]):
                        raise Refused("QUANTITY_TOO_PRECISE")

    def _cost(self, line: Line, averages: dict[tuple[str, str], Decimal]) -> Decimal:
        if line.cost is not None:
            return line.cost
        key = line.item, line.place[0]
        if key in averages:
            return averages[key]
        return self._latest_cost(line.item)

    def _latest_cost(self, item: str) -> Decimal:
        """What the item cost at its latest receipt that was not taken back; else its standard cost."""
        undone = {done.reverses for done, _ in self.postings}
        for number, (done, _) in reversed(list(enumerate(self.postings))):
            costs = [line.cost for line in done.lines if line.item == item and line.cost is not None]
            if done.kind == "receipt" and number not in undone and costs:
                return costs[-1]
        return self.standard[item]

    def _bring(self, line: Line, cost: Decimal) -> Written:
        value = six(line.quantity * cost)
        made = (self._layer(line.item, line.place[0], line.quantity, value),) if self.fifo else ()
        return replace(self._move(line.item, line.place, line.quantity, value), made=made)

    def _take(self, item: str, place: tuple[str, str], quantity: Decimal) -> Written:
        if quantity > self.bins.get((item, place), ZERO):
            raise Refused("INSUFFICIENT_STOCK")
        have, worth = self.hubs[item, place[0]]
        used: list[tuple[int, Decimal, Decimal]] = []
        if self.fifo:
            left = quantity
            for layer in sorted(self.layers[item, place[0]], key=lambda layer: layer.number):
                part = min(left, layer.quantity_left)
                if part == 0:
                    continue
                value = (
                    layer.value_left
                    if part == layer.quantity_left
                    else six(layer.value_left * part / layer.quantity_left)
                )
                layer.quantity_left -= part
                layer.value_left -= value
                left -= part
                used.append((layer.number, part, value))
            value = sum((use[2] for use in used), ZERO)
        else:
            value = worth if quantity == have else six(worth * quantity / have)
        return replace(self._move(item, place, -quantity, -value), used=tuple(used))

    def _shift(self, line: Line) -> list[Written]:
        """Within a hub: the value of the oldest units goes along, and the layers stay as they are."""
        key = line.item, line.place[0]
        kept = [replace(layer) for layer in self.layers.get(key, [])]
        out = replace(self._take(line.item, line.place, line.quantity), used=())
        self.layers[key] = kept
        assert line.to is not None
        return [out, self._move(line.item, line.to, -out.quantity, -out.value)]

    def _carry(self, item: str, to: tuple[str, str], out: Written) -> Written:
        made = tuple(self._layer(item, to[0], quantity, value) for _, quantity, value in out.used)
        return replace(self._move(item, to, -out.quantity, -out.value), made=made)

    def _reverse(self, document: Document) -> list[Written]:
        number = document.reverses or 0
        original, entries = self.postings[number]
        if original.reverses is not None:
            raise Refused("INVALID_INPUT")
        if any(done.reverses == number for done, _ in self.postings):
            raise Refused("ALREADY_REVERSED")
        written: list[Written] = []
        with all_of() as entry_by_entry:
            for entry in sorted(entries, key=lambda entry: -entry.quantity < 0):
                with entry_by_entry():
                    written.append(self._reverse_entry(entry))
        return written

    def _reverse_entry(self, entry: Written) -> Written:
        key = entry.item, entry.place[0]
        if self.bins[entry.item, entry.place] < entry.quantity:
            raise Refused("INSUFFICIENT_STOCK")
        used = self._unmake(key, entry) + self._refill(key, entry)
        quantity, value = self.hubs[key]
        quantity, left = quantity - entry.quantity, value - entry.value
        worthless = left == 0 and quantity > 0 and entry.value != 0
        if quantity < 0 or left < 0 or worthless or (quantity == 0 and left != 0):
            raise Refused("COST_CONSUMED")
        return replace(self._move(entry.item, entry.place, -entry.quantity, -entry.value), used=used)

    def _unmake(self, key: tuple[str, str], entry: Written) -> tuple[tuple[int, Decimal, Decimal], ...]:
        used = []
        for layer in self.layers.get(key, []):
            if layer.number in entry.made:
                if layer.quantity_left != layer.quantity:
                    raise Refused("COST_CONSUMED")
                used.append((layer.number, layer.quantity_left, layer.value_left))
                layer.quantity_left = layer.value_left = ZERO
        return tuple(used)

    def _refill(self, key: tuple[str, str], entry: Written) -> tuple[tuple[int, Decimal, Decimal], ...]:
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

    def _move(self, item: str, place: tuple[str, str], quantity: Decimal, value: Decimal) -> Written:
        self.bins[item, place] = self.bins.get((item, place), ZERO) + quantity
        have, worth = self.hubs.get((item, place[0]), (ZERO, ZERO))
        self.hubs[item, place[0]] = have + quantity, worth + value
        return Written(item, place, quantity, value, self.bins[item, place], have + quantity, worth + value)
