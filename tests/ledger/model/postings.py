"""The model of documents, and of the ledger that they are posted to one by one."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

from tests.ledger.model.refusals import Faults, Refused
from tests.ledger.model.stock import ZERO, Key, Place, Said, Stock, Written

Result = TypeVar("Result")


@dataclass(frozen=True)
class Line(Said):
    """One line as entered. `to`: the target of a transfer; `counted`: counted and expected quantity."""

    item: str
    place: Place
    quantity: Decimal
    cost: Decimal | None = None
    to: Place | None = None
    number: int = 1
    counted: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True)
class Document(Said):
    """A document to post: a kind and lines, or the number of an earlier posting to reverse."""

    kind: str
    lines: tuple[Line, ...] = ()
    reverses: int | None = None
    submission: Hashable = 0
    batch: Hashable = None
    reference: str = "R"

    def moves(self) -> Counter[tuple[Any, ...]]:
        """Its movements, by which (with kind and reference) two documents are the same."""
        found: Counter[tuple[Any, ...]] = Counter()
        for line in self.lines:
            goes_out = self.kind in {"issue", "transfer"}
            found[line.item, line.place, -line.quantity if goes_out else line.quantity, line.cost] += 1
            if line.to is not None:
                found[line.item, line.to, line.quantity, line.cost] += 1
        return found


@dataclass(frozen=True)
class Posting(Said):
    """A document that was accepted, and its entries."""

    document: Document
    entries: list[Written]


@dataclass
class Ledger:
    """A tenant's ledger. `decimals`: places of each item; `standard`: its standard cost."""

    stock: Stock
    decimals: dict[str, int]
    standard: dict[str, Decimal]
    postings: list[Posting] = field(default_factory=list)
    counts: list[Any] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    readings: int = 0  # how many figures were entered so far

    def attempt(self, change: Callable[[Ledger], Result]) -> Result:
        """Make the whole change, or raise Refused and change nothing."""
        tried = copy.deepcopy(self)
        result = change(tried)
        self.__dict__.update(tried.__dict__)
        return result

    def has(self, submission: Hashable) -> bool:
        """Whether a submission was posted."""
        return any(posting.document.submission == submission for posting in self.postings)

    def reversals(self) -> set[int]:
        """The numbers of the reversed postings."""
        return {
            posting.document.reverses for posting in self.postings if posting.document.reverses is not None
        }

    def bin_at(self, position: int, item: str, place: Place) -> Decimal:
        """The quantity in a bin after that many postings."""
        for entry in self._backwards(position):
            if (entry.item, entry.place) == (item, place):
                return entry.bin_quantity
        return ZERO

    def hub_at(self, position: int, item: str, hub: str) -> tuple[Decimal, Decimal]:
        """The quantity at a hub and its value, after that many postings."""
        for entry in self._backwards(position):
            if (entry.item, entry.place[0]) == (item, hub):
                return entry.hub_quantity, entry.hub_value
        return ZERO, ZERO

    def _backwards(self, position: int) -> list[Written]:
        return [entry for posting in self.postings[:position] for entry in posting.entries][::-1]

    def latest_cost(self, item: str, *, at: int | None = None) -> Decimal:
        """The cost of an item's latest receipt that was not reversed; else its standard cost."""
        undone = self.reversals()
        for number, posting in reversed(list(enumerate(self.postings[:at]))):
            costs = [line.cost for line in posting.document.lines if line.item == item]
            if posting.document.kind == "receipt" and number not in undone and costs:
                return costs[-1] or ZERO
        return self.standard[item]


def post(ledger: Ledger, document: Document) -> int:
    """Post one document; returns its number (from 0)."""
    if ledger.has(document.submission):
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    faults = Faults()
    if document.reverses is not None:
        refuse_reversal(ledger, document.reverses)
        entries = write_reversal(ledger, document, faults)
    else:
        check(ledger, document, faults)
        faults.refuse()
        entries = write(ledger, document, faults)
    faults.refuse()
    return append(ledger, document, entries)


def append(ledger: Ledger, document: Document, entries: list[Written]) -> int:
    """Append a posting; returns its number."""
    ledger.postings.append(Posting(document, entries))
    return len(ledger.postings) - 1


def check(ledger: Ledger, document: Document, faults: Faults) -> None:
    """Collect what is wrong with lines by themselves, without looking at stock."""
    for line in document.lines:
        with faults.of(line.number):
            if line.to is not None and line.to == line.place:
                raise Refused("VALIDATION_FAILED", "SAME_BIN")
        with faults.of(line.number):
            if document.kind == "adjustment" and line.quantity == 0:
                raise Refused("VALIDATION_FAILED", "QUANTITY_ZERO")
            if document.kind in {"receipt", "issue", "transfer"} and line.quantity <= 0:
                raise Refused("VALIDATION_FAILED", "QUANTITY_NOT_POSITIVE")
            if line.quantity != round(line.quantity, ledger.decimals[line.item]):
                raise Refused("VALIDATION_FAILED", "QUANTITY_TOO_PRECISE")


def write(ledger: Ledger, document: Document, faults: Faults) -> list[Written]:
    """Enter the lines: incoming before outgoing, those of a transfer as written."""
    averages = ledger.stock.averages()
    lines = list(document.lines)
    if document.kind != "transfer":
        lines.sort(key=lambda line: line.quantity < 0)
    written: list[Written] = []
    for line in lines:
        with faults.of(line.number):
            entries = _write_line(ledger, document.kind, line, averages)
            written += [replace(entry, kind=document.kind, counted=line.counted) for entry in entries]
    return written


def _write_line(ledger: Ledger, kind: str, line: Line, averages: dict[Key, Decimal]) -> list[Written]:
    stock = ledger.stock
    if kind in {"issue", "transfer"} or line.quantity < 0:
        if line.to is not None and line.to[0] == line.place[0]:
            return stock.shift(line.item, line.place, line.to, line.quantity)
        out = stock.take(line.item, line.place, abs(line.quantity))
        return [out] if line.to is None else [out, stock.carry(out, line.to)]
    if line.quantity == 0:
        return [stock.stand(line.item, line.place)]
    cost = line.cost
    if cost is None:
        cost = averages.get((line.item, line.place[0]))
    if cost is None:
        cost = ledger.latest_cost(line.item)
    return [stock.bring(line.item, line.place, line.quantity, cost)]


def refuse_reversal(ledger: Ledger, number: int) -> None:
    """Refuse to reverse a reversal, or a posting twice."""
    if ledger.postings[number].document.reverses is not None:
        raise Refused("VALIDATION_FAILED", "INVALID_INPUT")
    if number in ledger.reversals():
        raise Refused("STATE_CONFLICT", "ALREADY_REVERSED")


def write_reversal(ledger: Ledger, document: Document, faults: Faults, *, before: int = 0) -> list[Written]:
    """Reverse every entry. `before`: how many lines came before, since lines of a batch are numbered through."""
    entries = ledger.postings[document.reverses or 0].entries
    numbered = list(enumerate(entries, start=before + 1))
    written: list[Written] = []
    for number, entry in sorted(numbered, key=lambda pair: -pair[1].quantity < 0):
        with faults.of(number):
            written.append(replace(ledger.stock.take_back(entry), kind=entry.kind))
    return written
