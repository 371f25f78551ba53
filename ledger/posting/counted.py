"""Differences that counts have booked, for a warning before somebody books the same difference by an adjustment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from asora.kernel.templatetags import figures
from ledger.posting.drafts import DraftLine

# Counts that are not reversed, of the day of the adjustment or later, that booked a difference of the same sign.
BOOKED = """
SELECT DISTINCT entry.position, entry.line, posting.reference, posting.effective_on, item.sku,
       hub.code || '/' || bin.code, entry.quantity, item.unit, item.decimals
FROM unnest(%(items)s::bigint[], %(bins)s::bigint[], %(signs)s::int[]) AS wanted (item_id, bin_id, sign)
JOIN ledger_entry entry ON entry.item_id = wanted.item_id AND entry.bin_id = wanted.bin_id
JOIN ledger_posting posting ON posting.position = entry.position
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_bin bin ON bin.id = entry.bin_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE entry.kind = 'count' AND NOT entry.is_reversal AND sign(entry.quantity) = wanted.sign
  AND posting.effective_on >= %(day)s
  AND NOT EXISTS (SELECT FROM ledger_posting undone WHERE undone.reverses = entry.position)
ORDER BY entry.position DESC, entry.line
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """A difference that a count booked at a place. `counted_on`: the day of the count."""

    position: int
    line: int
    count: str
    counted_on: date
    sku: str
    address: str
    quantity: Decimal
    unit: str
    decimals: int

    @property
    def figure(self) -> str:
        """The quantity as a page shows it."""
        return f"{figures.signed_text(self.quantity, places=self.decimals)} {self.unit}"

    @property
    def fact(self) -> str:
        """The difference as the event records it."""
        return f"{self.position}.{self.line} {self.sku} {self.address}"


def booked_since(lines: Sequence[DraftLine], *, day: date) -> list[Booked]:
    """Differences that counts of that day or later booked at these places in the same direction, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            BOOKED,
            {
                "items": [line.item_id for line in lines],
                "bins": [line.bin_id for line in lines],
                "signs": [1 if line.quantity > 0 else -1 for line in lines],
                "day": day,
            },
        )
        return [Booked(*row) for row in cursor.fetchall()]
