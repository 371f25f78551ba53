"""History: documents with the totals of their lines, and the movement of the last days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from asora.kernel.shapes import Values

# Per unit: quantities of different units are never added up.
SUMMARIES = """
SELECT entry.position, item.unit, count(*), count(DISTINCT entry.item_id), sum(entry.quantity), sum(entry.value),
       min(item.sku), array_agg(DISTINCT hub.code)
FROM ledger_entry entry
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE entry.position = ANY(%(positions)s) AND entry.hub_id = ANY(%(hubs)s)
GROUP BY entry.position, item.unit ORDER BY entry.position, item.unit COLLATE "C"
"""
# A reversal reduces the movement of its kind on its day, as in the report of movements.
DAYS = """
SELECT item.unit, moved.effective_on, moved.kind, sum(moved.quantity_up - moved.quantity_down), count(*)
FROM ledger_dailymovement moved JOIN inventory_item item ON item.id = moved.item_id
WHERE moved.effective_on BETWEEN %(first)s AND %(last)s AND moved.hub_id = ANY(%(hubs)s)
  AND moved.kind <> 'transfer'
GROUP BY item.unit, moved.effective_on, moved.kind ORDER BY item.unit COLLATE "C"
"""
LAST_DAY = "SELECT max(effective_on) FROM ledger_dailymovement WHERE hub_id = ANY(%(hubs)s)"
NEIGHBOURS = """
SELECT (SELECT max(position) FROM ledger_posting WHERE position < %(position)s),
       (SELECT min(position) FROM ledger_posting WHERE position > %(position)s)
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """The totals of the visible lines of a document; `sku` is empty if they have several items."""

    lines: int
    items: int
    quantities: Sequence[tuple[str, Decimal]]
    value: Decimal
    sku: str
    hubs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Movement:
    """The movement in one unit, day by day: `{"day", "up", "down"}`, neither below zero; and the total by kind."""

    unit: str
    days: Sequence[Values]
    by_kind: Mapping[str, Decimal]

    @property
    def received(self) -> Decimal:
        """The received quantity, less reversals."""
        return self.by_kind.get("receipt", Decimal(0))

    @property
    def issued(self) -> Decimal:
        """The issued quantity, less reversals."""
        return -self.by_kind.get("issue", Decimal(0))

    @property
    def adjusted(self) -> Decimal:
        """The sum of adjustments."""
        return self.by_kind.get("adjustment", Decimal(0))

    @property
    def counted(self) -> Decimal:
        """The sum of counts."""
        return self.by_kind.get("count", Decimal(0))


def summaries(positions: Iterable[int], *, hubs: Iterable[int]) -> dict[int, Summary]:
    """The totals of these documents at these hubs."""
    per_unit: dict[int, list[Sequence[Any]]] = {}
    for row in _rows(SUMMARIES, positions=list(positions), hubs=list(hubs)):
        per_unit.setdefault(row[0], []).append(row[1:])
    return {position: _summary(rows) for position, rows in per_unit.items()}


def _summary(rows: Sequence[Sequence[Any]]) -> Summary:
    units, lines, items, quantities, values, skus, hubs = zip(*rows, strict=True)
    return Summary(
        lines=sum(lines),
        items=sum(items),
        quantities=list(zip(units, quantities, strict=True)),
        value=sum(values, Decimal(0)),
        sku=skus[0] if sum(items) == 1 else "",
        hubs=sorted({code for codes in hubs for code in codes}),
    )


def movement(*, hubs: Iterable[int], last: date, days: int) -> list[Movement]:
    """The movement of each of `days` days up to `last`, unit by unit, the busiest first. Without transfers."""
    first = last - timedelta(days=days - 1)
    found: dict[str, dict[date, dict[str, Decimal]]] = {}
    busy: Counter[str] = Counter()
    for unit, day, kind, net, times in _rows(DAYS, first=first, last=last, hubs=list(hubs)):
        found.setdefault(unit, {}).setdefault(day, {})[kind] = net
        busy[unit] += times
    every = [first + timedelta(days=number) for number in range(days)]
    return [
        Movement(
            unit, [_drawn(day, found[unit].get(day, {})) for day in every], _by_kind(found[unit].values())
        )
        for unit, _times in busy.most_common()
    ]


def _drawn(day: date, nets: Mapping[str, Decimal]) -> Values:
    up = sum((net for net in nets.values() if net > 0), Decimal(0))
    down = sum((-net for net in nets.values() if net < 0), Decimal(0))
    return {"day": day, "up": up, "down": down}


def _by_kind(days: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for nets in days:
        for kind, net in nets.items():
            sums[kind] = sums.get(kind, Decimal(0)) + net
    return sums


def last_moved_on(*, hubs: Iterable[int]) -> date | None:
    """The latest day on which anything moved."""
    ((day,),) = _rows(LAST_DAY, hubs=list(hubs))
    return day  # type: ignore[no-any-return]


def neighbours(position: int) -> tuple[int | None, int | None]:
    """The documents before and after a position."""
    ((before, after),) = _rows(NEIGHBOURS, position=position)
    return before, after


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
