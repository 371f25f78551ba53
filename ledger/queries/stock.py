"""What lies where, and what it is worth: at any position by one look-up per balance, never by adding entries up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

# Every (item, bin) that ever held something has a balance row, so its entries need not be searched for keys.
BINS_AT = """
SELECT hub.code, bin.code, last.bin_quantity
FROM ledger_binbalance balance
JOIN inventory_bin bin ON bin.id = balance.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
CROSS JOIN LATERAL (
    SELECT entry.bin_quantity FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.bin_id = balance.bin_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last
WHERE balance.item_id = %(item)s AND bin.hub_id = ANY(%(hubs)s) AND last.bin_quantity <> 0
ORDER BY hub.code COLLATE "C", bin.code COLLATE "C"
"""
BINS_NOW = """
SELECT hub.code, bin.code, balance.quantity
FROM ledger_binbalance balance
JOIN inventory_bin bin ON bin.id = balance.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
WHERE balance.item_id = %(item)s AND bin.hub_id = ANY(%(hubs)s) AND balance.quantity <> 0
ORDER BY hub.code COLLATE "C", bin.code COLLATE "C"
"""
HUBS_AT = """
SELECT hub.code, hub.name, last.hub_quantity, last.hub_value
FROM ledger_hubbalance balance
JOIN inventory_hub hub ON hub.id = balance.hub_id
CROSS JOIN LATERAL (
    SELECT entry.hub_quantity, entry.hub_value FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.hub_id = balance.hub_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last
WHERE balance.item_id = %(item)s AND balance.hub_id = ANY(%(hubs)s) AND last.hub_quantity <> 0
ORDER BY hub.code COLLATE "C"
"""
HUBS_NOW = """
SELECT hub.code, hub.name, balance.quantity, balance.value
FROM ledger_hubbalance balance
JOIN inventory_hub hub ON hub.id = balance.hub_id
WHERE balance.item_id = %(item)s AND balance.hub_id = ANY(%(hubs)s) AND balance.quantity <> 0
ORDER BY hub.code COLLATE "C"
"""
UNITS_NOW = """
SELECT item.unit, sum(balance.quantity), count(DISTINCT balance.item_id)
FROM ledger_hubbalance balance JOIN inventory_item item ON item.id = balance.item_id
WHERE balance.hub_id = ANY(%(hubs)s) AND balance.quantity <> 0
GROUP BY item.unit ORDER BY 2 DESC, item.unit COLLATE "C"
"""
VALUE_NOW = "SELECT coalesce(sum(value), 0) FROM ledger_hubbalance WHERE hub_id = ANY(%(hubs)s)"
# The default point is compared with all permitted stock of the item; a hub's own point with that hub's stock.
BELOW = """
WITH wanted AS (
    SELECT item.id AS item_id, NULL::bigint AS hub_id, item.reorder_point AS point
    FROM inventory_item item WHERE item.reorder_point > 0 AND item.archived_at IS NULL AND %(everywhere)s
    UNION ALL
    SELECT own.item_id, own.hub_id, own.quantity
    FROM inventory_reorderpoint own
    JOIN inventory_item item ON item.id = own.item_id AND item.archived_at IS NULL
    WHERE own.quantity > 0 AND own.hub_id = ANY(%(hubs)s)
), compared AS (
    SELECT wanted.item_id, wanted.hub_id, wanted.point,
           coalesce((SELECT sum(balance.quantity) FROM ledger_hubbalance balance
                     WHERE balance.item_id = wanted.item_id
                       AND (wanted.hub_id IS NULL OR balance.hub_id = wanted.hub_id)), 0) AS on_hand
    FROM wanted
)
SELECT item.sku, item.name, hub.code, item.unit, item.decimals, compared.on_hand, compared.point,
       count(*) OVER () AS total
FROM compared
JOIN inventory_item item ON item.id = compared.item_id
LEFT JOIN inventory_hub hub ON hub.id = compared.hub_id
WHERE compared.on_hand < compared.point
ORDER BY compared.on_hand / compared.point, item.sku COLLATE "C", hub.code COLLATE "C" NULLS FIRST
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class BinStock:
    """What one bin holds of an item."""

    hub: str
    bin: str
    quantity: Decimal

    @property
    def address(self) -> str:
        """Hub and bin, as people say it."""
        return f"{self.hub}/{self.bin}"


@dataclass(frozen=True, slots=True)
class HubStock:
    """What one hub holds of an item, and what all of it is worth."""

    hub: str
    name: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class UnitStock:
    """How much there is of everything that is counted in one unit, and of how many items."""

    unit: str
    quantity: Decimal
    items: int


@dataclass(frozen=True, slots=True)
class Below:
    """An item that is below its reorder point: everywhere (`hub` empty), or at one hub."""

    sku: str
    name: str
    hub: str
    unit: str
    decimals: int
    on_hand: Decimal
    point: Decimal


def bins_of(item_id: int, *, hubs: Iterable[int], at: int | None = None) -> list[BinStock]:
    """What the bins of these hubs hold of an item, at a position or (None) now; empty ones left out."""
    sql = BINS_NOW if at is None else BINS_AT
    return [BinStock(*row) for row in _rows(sql, item=item_id, hubs=list(hubs), position=at)]


def hubs_of(item_id: int, *, hubs: Iterable[int], at: int | None = None) -> list[HubStock]:
    """What these hubs hold of an item and its value, at a position or (None) now; empty ones left out."""
    sql = HUBS_NOW if at is None else HUBS_AT
    return [HubStock(*row) for row in _rows(sql, item=item_id, hubs=list(hubs), position=at)]


def units_on_hand(*, hubs: Iterable[int]) -> list[UnitStock]:
    """All stock of these hubs now, per unit of counting, most first."""
    return [UnitStock(*row) for row in _rows(UNITS_NOW, hubs=list(hubs))]


def value_on_hand(*, hubs: Iterable[int]) -> Decimal:
    """What all stock of these hubs is worth now."""
    ((value,),) = _rows(VALUE_NOW, hubs=list(hubs))
    return Decimal(value)


def below_reorder_point(*, hubs: Iterable[int], everywhere: bool, limit: int) -> tuple[list[Below], int]:
    """Items below their reorder point, emptiest first, and how many there are in all.

    `everywhere`: also judge the default points, which are about the stock of all hubs together; somebody who works at
    some hubs only is told of those hubs' own points.
    """
    rows = _rows(BELOW, hubs=list(hubs), everywhere=everywhere, limit=limit)
    found = [Below(row[0], row[1], row[2] or "", *row[3:7]) for row in rows]
    return found, int(rows[0][7]) if rows else 0


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
