"""The stock in a hub or a bin, item by item: now, or at any position by one look-up per balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

HUB_NOW = """
SELECT item_id, quantity, value FROM ledger_hubbalance WHERE hub_id = %(place)s AND quantity <> 0
"""
HUB_AT = """
SELECT balance.item_id, last.hub_quantity AS quantity, last.hub_value AS value
FROM ledger_hubbalance balance
CROSS JOIN LATERAL (
    SELECT entry.hub_quantity, entry.hub_value FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.hub_id = balance.hub_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last
WHERE balance.hub_id = %(place)s AND last.hub_quantity <> 0
"""
# A bin has no value of its own: costs are per hub.
BIN_NOW = """
SELECT item_id, quantity, NULL::numeric AS value FROM ledger_binbalance WHERE bin_id = %(place)s AND quantity <> 0
"""
BIN_AT = """
SELECT balance.item_id, last.bin_quantity AS quantity, NULL::numeric AS value
FROM ledger_binbalance balance
CROSS JOIN LATERAL (
    SELECT entry.bin_quantity FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.bin_id = balance.bin_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last
WHERE balance.bin_id = %(place)s AND last.bin_quantity <> 0
"""
SLICE = """
WITH contents AS ({contents})
SELECT item.sku, item.name, item.unit, item.decimals, contents.quantity, contents.value
FROM contents JOIN inventory_item item ON item.id = contents.item_id
WHERE (%(key)s::text IS NULL OR item.sku COLLATE "C" {beyond} %(key)s)
ORDER BY item.sku COLLATE "C" {order} LIMIT %(limit)s
"""
TOTALS = """
WITH contents AS ({contents})
SELECT item.unit, count(*), sum(contents.quantity), sum(contents.value)
FROM contents JOIN inventory_item item ON item.id = contents.item_id
GROUP BY item.unit ORDER BY sum(contents.quantity) DESC, item.unit COLLATE "C"
"""


@dataclass(frozen=True, slots=True)
class ItemContents:
    """The stock of one item; `value` is None in a bin."""

    sku: str
    name: str
    unit: str
    decimals: int
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class UnitContents:
    """The total of all items with one unit."""

    unit: str
    items: int
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Place:
    """A hub or (`is_bin`) a bin, at a position or (None) now."""

    id: int
    is_bin: bool
    position: int | None = None

    @property
    def _contents(self) -> str:
        if self.position is None:
            return BIN_NOW if self.is_bin else HUB_NOW
        return BIN_AT if self.is_bin else HUB_AT

    def slice(
        self, *, limit: int, after: Sequence[str] = (), before: Sequence[str] = ()
    ) -> list[ItemContents]:
        """Items by SKU: the first ones, those after `(sku,)`, or the last ones before it."""
        falls = bool(before)
        sql = SLICE.format(
            contents=self._contents, beyond="<" if falls else ">", order="DESC" if falls else ""
        )
        rows = [
            ItemContents(*row) for row in self._rows(sql, key=next(iter(after or before), None), limit=limit)
        ]
        return rows[::-1] if falls else rows

    def totals(self) -> list[UnitContents]:
        """The totals per unit, the largest first."""
        return [UnitContents(*row) for row in self._rows(TOTALS.format(contents=self._contents))]

    def _rows(self, sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"place": self.id, "position": self.position, **values})
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows
