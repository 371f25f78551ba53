"""Where stock is and what it is worth: at any position by one look-up per balance, never by adding up entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

# Every (item, bin) that ever had stock has a balance row, so the entries need not be searched for keys.
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


@dataclass(frozen=True, slots=True)
class BinStock:
    """The stock of an item in one bin."""

    hub: str
    bin: str
    quantity: Decimal

    @property
    def address(self) -> str:
        """HUB/BIN, as people write it."""
        return f"{self.hub}/{self.bin}"


@dataclass(frozen=True, slots=True)
class HubStock:
    """The stock of an item at one hub, and its value."""

    hub: str
    name: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class UnitStock:
    """The stock of all items with one unit, and the number of these items."""

    unit: str
    quantity: Decimal
    items: int


def bins_of(item_id: int, *, hubs: Iterable[int], at: int | None = None) -> list[BinStock]:
    """The stock of an item in the bins of these hubs, at a position or (None) now, without empty bins."""
    sql = BINS_NOW if at is None else BINS_AT
    return [BinStock(*row) for row in _rows(sql, item=item_id, hubs=list(hubs), position=at)]


def hubs_of(item_id: int, *, hubs: Iterable[int], at: int | None = None) -> list[HubStock]:
    """The stock of an item at these hubs and its value, at a position or (None) now, without empty hubs."""
    sql = HUBS_NOW if at is None else HUBS_AT
    return [HubStock(*row) for row in _rows(sql, item=item_id, hubs=list(hubs), position=at)]


def units_on_hand(*, hubs: Iterable[int]) -> list[UnitStock]:
    """All stock of these hubs now, per unit, the largest first."""
    return [UnitStock(*row) for row in _rows(UNITS_NOW, hubs=list(hubs))]


def value_on_hand(*, hubs: Iterable[int]) -> Decimal:
    """The value of all stock of these hubs now."""
    ((value,),) = _rows(VALUE_NOW, hubs=list(hubs))
    return Decimal(value)


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
