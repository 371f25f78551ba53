"""Turns drafts into entries, in memory: the lines of each document, in order, with the balances after each.

Pure functions: the book has the locked balances, the master data has the records that were read. Within a document,
lines that bring stock come before lines that take it. The lines of a transfer stay in the order in which they were
written, each "out" before its "in", so that stock can be passed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Protocol

from django.utils.translation import gettext as _

from asora.kernel.csv.reading import LineErrors
from asora.kernel.refusals import Reason
from ledger.models import Kind
from ledger.posting.costing import Book, CostConsumed, InsufficientStock, ItemHub, Moved
from ledger.posting.drafts import Counted, Draft, DraftLine
from ledger.posting.kinds import MOVING
from ledger.posting.master_data import MasterData
from ledger.posting.rules import ZERO, Stock

# Positions are assigned last, so entries are computed with provisional ones that sort after all real ones.
PROVISIONAL = 1 << 62


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry to be written. `order`: the index of its draft; `line`: its number in the posting."""

    order: int
    line: int
    item_id: int
    bin_id: int
    hub_id: int
    kind: Kind
    moved: Moved
    is_reversal: bool = False
    counted: Counted | None = None


class Journal(Protocol):
    """Makes the entries of a batch. A line that the book cannot take is reported in `errors`.

    `shows_stock`: whether messages may name the stock on hand.
    """

    def __call__(
        self,
        drafts: Sequence[Draft],
        master_data: MasterData,
        book: Book,
        errors: LineErrors,
        *,
        shows_stock: bool,
    ) -> list[JournalEntry]:
        """The entries, in order."""


def all_or_nothing(
    drafts: Sequence[Draft], master_data: MasterData, book: Book, errors: LineErrors, *, shows_stock: bool
) -> list[JournalEntry]:
    """For drafts that are posted together or not at all: each line builds on all earlier lines except refused ones."""
    return [
        entry
        for order, draft in enumerate(drafts)
        for entry in _entries(order, draft, master_data, book, errors, shows_stock=shows_stock)
    ]


def each_by_itself(
    drafts: Sequence[Draft], master_data: MasterData, book: Book, errors: LineErrors, *, shows_stock: bool
) -> list[JournalEntry]:
    """For drafts that may be left out: a draft with a refused line does not change the stock for later drafts."""
    entries: list[JournalEntry] = []
    for order, draft in enumerate(drafts):
        bins = {(line.item_id, bin_) for line in draft.lines for bin_ in line.bins}
        snapshot = book.snapshot(
            hubs={(item, master_data.bins[bin_].hub_id) for item, bin_ in bins}, bins=bins
        )
        own = LineErrors()
        made = _entries(order, draft, master_data, book, own, shows_stock=shows_stock)
        if own:
            book.restore(snapshot)
            errors.lines |= own.lines
        else:
            entries += made
    return entries


def _entries(
    order: int, draft: Draft, master_data: MasterData, book: Book, errors: LineErrors, *, shows_stock: bool
) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    document = _Document(order, draft, master_data, book, before=_before(draft, master_data, book))
    for line in _in_order(draft):
        try:
            entries += list(document.entries(line, number=len(entries) + 1))
        except InsufficientStock as error:
            message = _short(line, master_data, error, shows_stock=shows_stock)
            errors.add(line.number, "quantity", Reason.INSUFFICIENT_STOCK, message)
        except CostConsumed:
            message = _(
                "Stock of %(sku)s has moved since, and its cost was used. Reverse the newer movement first."
            ) % {"sku": master_data.items[line.item_id].sku}
            errors.add(line.number, "quantity", Reason.COST_CONSUMED, message)
        except InvalidOperation:
            # Overflows the value column, numeric(26, 6).
            errors.add(
                line.number,
                "quantity",
                Reason.INVALID_INPUT,
                _("The number is too large. Enter a smaller quantity or cost."),
            )
    return entries


def _before(draft: Draft, master_data: MasterData, book: Book) -> dict[ItemHub, Stock]:
    """The stock of the hubs before a document that may find stock; empty for other documents."""
    if not draft.finds_stock:
        return {}
    keys = {(line.item_id, master_data.bins[line.bin_id].hub_id) for line in draft.lines}
    return {key: book.hubs[key] for key in keys}


def _in_order(draft: Draft) -> Sequence[DraftLine]:
    if draft.kind in MOVING:
        return draft.lines
    return sorted(draft.lines, key=lambda line: line.quantity < 0)


@dataclass(frozen=True, slots=True)
class _Document:
    """One draft while it is entered into the book; `before`: the stock of its hubs before it, if it may find stock."""

    order: int
    draft: Draft
    master_data: MasterData
    book: Book
    before: dict[ItemHub, Stock]

    def entries(self, line: DraftLine, *, number: int) -> Iterator[JournalEntry]:
        """The entry of a line, or the two entries of a transfer, numbered from `number`."""
        if line.to_bin_id is not None and self._stays(line, line.to_bin_id):
            yield from self._shifted(line, line.to_bin_id, number=number)
            return
        out = self._move(line, number=number)
        yield self._entry(
            line,
            line.bin_id,
            out,
            number=number,
            kind=line.mirrors.kind if line.mirrors else self.draft.kind,
        )
        if line.to_bin_id is not None:
            place = self._place(line.item_id, line.to_bin_id)
            arrived = self.book.carry(out, **place, entry=(PROVISIONAL + self.order, number + 1))
            yield self._entry(line, line.to_bin_id, arrived, number=number + 1, kind=self.draft.kind)

    def _stays(self, line: DraftLine, to_bin_id: int) -> bool:
        """Whether a line's stock stays in its hub."""
        return self.master_data.bins[line.bin_id].hub_id == self.master_data.bins[to_bin_id].hub_id

    def _shifted(self, line: DraftLine, to_bin_id: int, *, number: int) -> Iterator[JournalEntry]:
        place = self._place(line.item_id, line.bin_id)
        out, arrived = self.book.shift(**place, to_bin=to_bin_id, quantity=line.quantity)
        yield self._entry(line, line.bin_id, out, number=number, kind=self.draft.kind)
        yield self._entry(line, to_bin_id, arrived, number=number + 1, kind=self.draft.kind)

    def _move(self, line: DraftLine, *, number: int) -> Moved:
        place = self._place(line.item_id, line.bin_id)
        if line.mirrors is not None:
            return self.book.mirror(
                **place,
                quantity=-line.quantity,
                value=line.mirrors.value,
                unit_cost=line.unit_cost or ZERO,
                made=line.mirrors.made,
                used=line.mirrors.used,
            )
        if self.draft.takes(line):
            return self.book.take(**place, quantity=abs(line.quantity))
        if line.quantity == 0:
            return self.book.stand(**place)
        entry = PROVISIONAL + self.order, number
        return self.book.bring(**place, quantity=line.quantity, unit_cost=self._cost(line), entry=entry)

    def _cost(self, line: DraftLine) -> Decimal:
        """The unit cost: the given one, else the hub's average before the document, else that of the master data."""
        if line.unit_cost is not None:
            return line.unit_cost
        stock = self.before[line.item_id, self.master_data.bins[line.bin_id].hub_id]
        return stock.average_cost if stock.quantity else self.master_data.found_cost(line.item_id)

    def _place(self, item_id: int, bin_id: int) -> dict[str, int]:
        return {"item": item_id, "hub": self.master_data.bins[bin_id].hub_id, "bin_": bin_id}

    def _entry(self, line: DraftLine, bin_id: int, moved: Moved, *, number: int, kind: Kind) -> JournalEntry:
        return JournalEntry(
            order=self.order,
            line=number,
            item_id=line.item_id,
            bin_id=bin_id,
            hub_id=self.master_data.bins[bin_id].hub_id,
            kind=kind,
            moved=moved,
            is_reversal=self.draft.kind is Kind.REVERSAL,
            counted=line.counted,
        )


def _short(line: DraftLine, master_data: MasterData, error: InsufficientStock, *, shows_stock: bool) -> str:
    names = {"bin": master_data.bins[line.bin_id].address, "sku": master_data.items[line.item_id].sku}
    if not shows_stock:
        return _("There is not enough %(sku)s in bin %(bin)s.") % names
    amounts = {"have": f"{error.have.normalize():f}", "asked": f"{abs(line.quantity).normalize():f}"}
    return _("Not enough %(sku)s in bin %(bin)s: %(asked)s needed, %(have)s available.") % (names | amounts)
