"""What happened: documents with what their lines come to, and the movement of the last days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

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
DAYS = """
SELECT item.unit, moved.effective_on, sum(moved.quantity_up), sum(moved.quantity_down), count(*)
FROM ledger_dailymovement moved JOIN inventory_item item ON item.id = moved.item_id
WHERE moved.effective_on BETWEEN %(first)s AND %(last)s AND moved.hub_id = ANY(%(hubs)s)
  AND moved.kind <> 'transfer'
GROUP BY item.unit, moved.effective_on ORDER BY item.unit COLLATE "C"
"""
LAST_DAY = "SELECT max(effective_on) FROM ledger_dailymovement WHERE hub_id = ANY(%(hubs)s)"
NEIGHBOURS = """
SELECT (SELECT max(position) FROM ledger_posting WHERE position < %(position)s),
       (SELECT min(position) FROM ledger_posting WHERE position > %(position)s)
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the visible lines of a document come to; `sku` is empty where they are of several items."""

    lines: int
    items: int
    quantities: Sequence[tuple[str, Decimal]]
    value: Decimal
    sku: str
    hubs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Movement:
    """What came and went in one unit, day by day: `{"day", "up", "down"}`, neither below zero."""

    unit: str
    days: Sequence[dict[str, Any]]

    @property
    def up(self) -> Decimal:
        """All that came."""
        return sum((day["up"] for day in self.days), Decimal(0))

    @property
    def down(self) -> Decimal:
        """All that went."""
        return sum((day["down"] for day in self.days), Decimal(0))


def summaries(positions: Iterable[int], *, hubs: Iterable[int]) -> dict[int, Summary]:
    """What the lines of these documents come to at these hubs."""
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
    """What came and went on each of `days` days up to `last`, unit by unit, the busiest first. Transfers left out."""
    first = last - timedelta(days=days - 1)
    found: dict[str, dict[date, tuple[Decimal, Decimal]]] = {}
    busy: Counter[str] = Counter()
    for unit, day, up, down, times in _rows(DAYS, first=first, last=last, hubs=list(hubs)):
        found.setdefault(unit, {})[day] = (up, down)
        busy[unit] += times
    every = [first + timedelta(days=number) for number in range(days)]
    nothing = Decimal(0), Decimal(0)
    return [
        Movement(
            unit,
            [
                dict(zip(("day", "up", "down"), (day, *found[unit].get(day, nothing)), strict=True))
                for day in every
            ],
        )
        for unit, _times in busy.most_common()
    ]


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
