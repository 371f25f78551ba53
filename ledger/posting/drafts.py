"""Documents to be posted and their lines, before anything is locked. Values only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from ledger.models import OPENING, Kind
from ledger.posting.costing import LayerKey, Use
from ledger.posting.kinds import FINDING, TAKING


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The entry that a line of a reversal cancels, with the cost layers that it made and used."""

    kind: Kind
    value: Decimal
    made: Sequence[LayerKey] = ()
    used: Sequence[Use] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """The counted quantity, and the quantity that was expected at that moment."""

    quantity: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line to be posted. `number` identifies it in its form or file.

    `quantity` is in the item's unit: what is received, issued or transferred (more than zero), or the signed change of
    an adjustment, count or reversal. `unit_cost` is needed for receipts and reversals; for others the ledger finds it.
    `to_bin_id`: the other end of a transfer.
    """

    number: int
    item_id: int
    bin_id: int
    quantity: Decimal
    unit_cost: Decimal | None = None
    to_bin_id: int | None = None
    counted: Counted | None = None
    mirrors: Mirrored | None = None

    @property
    def bins(self) -> tuple[int, ...]:
        """The bins where it changes stock."""
        return (self.bin_id,) if self.to_bin_id is None else (self.bin_id, self.to_bin_id)

    def concerned(self) -> Iterator[str]:
        """The keys of its item and bins in the audit trail."""
        yield f"item:{self.item_id}"
        yield from (f"bin:{bin_id}" for bin_id in self.bins)


@dataclass(frozen=True, slots=True)
class Draft:
    """One document to be posted; `submission` is its idempotency key, `reverses` the position that it reverses.

    `confirmed`: keys of the questions (`ledger.posting.questions`) that were answered with yes; None: no person
    at a form can be asked.
    """

    kind: Kind
    submission: UUID
    effective_on: date
    lines: Sequence[DraftLine]
    reference: str = ""
    vendor_id: int | None = None
    reason: str = ""
    note: str = ""
    batch: UUID | None = None
    reverses: int | None = None
    confirmed: frozenset[str] | None = None

    @property
    def opens(self) -> bool:
        """Whether it enters the stock from before the ledger began (`ledger.posting.opening_stock`)."""
        return self.kind is Kind.ADJUSTMENT and self.reason == OPENING

    def takes(self, line: DraftLine) -> bool:
        """Whether a line takes stock out of its bin."""
        return self.kind in TAKING or line.quantity < 0

    @property
    def finds_stock(self) -> bool:
        """Whether a line may bring in stock without a given cost."""
        return self.kind in FINDING and any(line.quantity > 0 for line in self.lines)

    def concerned(self, *, lines: Collection[int] = ()) -> Iterator[str]:
        """The keys of its vendor, and of the items and bins of its lines; `lines`: only these line numbers, if any."""
        if self.vendor_id is not None:
            yield f"vendor:{self.vendor_id}"
        for line in self.lines:
            if not lines or line.number in lines:
                yield from line.concerned()


def lines_of(drafts: Sequence[Draft]) -> Iterator[DraftLine]:
    """All lines of all drafts, in order."""
    return (line for draft in drafts for line in draft.lines)
