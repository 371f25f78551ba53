"""What somebody wants posted, before anything is locked: documents and their lines. Values only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from ledger.models import OPENING, Kind
from ledger.posting.costing import LayerKey, Use


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The entry that a line of a reversal takes back, with the layers that it made and used."""

    kind: Kind
    value: Decimal
    made: Sequence[LayerKey] = ()
    used: Sequence[Use] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a count found, and what was expected there when it was counted."""

    quantity: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line to be posted. `number` is how its form or file knows it.

    `quantity` is in the item's unit: what is received, issued or transferred (more than zero), or the signed change of
    an adjustment, count or reversal. `unit_cost` is needed for receipts and for mirrors; otherwise the ledger knows it.
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
        """The bins that it touches."""
        return (self.bin_id,) if self.to_bin_id is None else (self.bin_id, self.to_bin_id)

    def concerned(self) -> Iterator[str]:
        """The keys of its item and bins, as the trail knows them."""
        yield f"item:{self.item_id}"
        yield from (f"bin:{bin_id}" for bin_id in self.bins)


@dataclass(frozen=True, slots=True)
class Draft:
    """One document to be posted; `submission` is its idempotency key, `reverses` the position it takes back.

    `confirmed`: keys of the questions (`ledger.posting.questions`) that were answered with yes; None: nobody is
    at a form who could be asked.
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
        """Whether it says what was there before the ledger began (`ledger.posting.opening_stock`)."""
        return self.kind is Kind.ADJUSTMENT and self.reason == OPENING

    @property
    def finds_stock(self) -> bool:
        """Whether a line may bring stock that nobody has named a price for."""
        return self.kind in {Kind.ADJUSTMENT, Kind.COUNT} and any(line.quantity > 0 for line in self.lines)

    def concerned(self, *, lines: Collection[int] = ()) -> Iterator[str]:
        """The keys of its vendor and of what its lines name; `lines`: only of these, if there are any."""
        if self.vendor_id is not None:
            yield f"vendor:{self.vendor_id}"
        for line in self.lines:
            if not lines or line.number in lines:
                yield from line.concerned()


def lines_of(drafts: Sequence[Draft]) -> Iterator[DraftLine]:
    """All lines of all drafts, in order."""
    return (line for draft in drafts for line in draft.lines)
