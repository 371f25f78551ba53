"""The effect of postings after a reading on its variance: the later reading of a place is used.

Computed from the postings that are not reversed at the end, not entry by entry as the product does.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.ledger.model.postings import Ledger
from tests.ledger.model.stock import ZERO, Place


@dataclass(frozen=True)
class Later:
    """The effects on one reading at one place, for a count that ended after `end` postings.

    `expected`: the expected quantity. `superseded`: whether a later reading is booked. `changed`: the sum of later
    corrections, by adjustments or by reversals of earlier postings; `number`: the latest posting of these.
    """

    expected: Decimal
    superseded: bool
    changed: Decimal
    number: int
    is_adjusted: bool

    @property
    def is_corrected(self) -> bool:
        """Whether anything was corrected."""
        return self.number >= 0


def later_than(ledger: Ledger, reading: Any, item: str, place: Place, *, end: int) -> Later:
    """Compute the effects of everything that was posted until `end` for this item in this bin."""
    taken_back = {
        posting.document.reverses: number
        for number, posting in enumerate(ledger.postings[:end])
        if posting.document.reverses is not None
    }
    expected = ledger.bin_at(reading.position, item, place)
    superseded, changed, latest, is_adjusted = False, ZERO, -1, False
    for number, posting in enumerate(ledger.postings[:end]):
        moved = [entry.quantity for entry in posting.entries if (entry.item, entry.place) == (item, place)]
        if not moved or posting.document.reverses is not None:
            continue
        was_before = number < reading.position
        ended = taken_back.get(number)
        is_new = not was_before and ended is None
        is_gone = was_before and ended is not None and ended >= reading.position
        if not is_new and not is_gone:
            continue
        difference = sum(moved, ZERO) * (1 if is_new else -1)
        kind = posting.document.kind
        if kind == "count":
            is_earlier = _booked(ledger, number, item, place).taken < reading.taken
            expected += difference if is_earlier else ZERO
            superseded = superseded or (is_new and not is_earlier)
        elif kind == "adjustment" or is_gone:
            changed += difference
            latest = max(latest, number if is_new or ended is None else ended)
            is_adjusted = is_adjusted or kind == "adjustment"
    return Later(expected, superseded, changed, latest, is_adjusted)


def _booked(ledger: Ledger, number: int, item: str, place: Place) -> Any:
    """The reading that a count's posting booked at a place."""
    count = next(count for count in ledger.counts if count.posting == number)
    return count.booked[item, place]
