"""What happened: documents with what their lines come to, and the movement of the last days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

SUMMARIES = """
SELECT entry.position, count(*), count(DISTINCT entry.item_id), sum(entry.quantity), sum(entry.value),
       min(item.sku), min(item.unit), count(DISTINCT item.unit), array_agg(DISTINCT hub.code ORDER BY hub.code)
FROM ledger_entry entry
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE entry.position = ANY(%(positions)s) AND entry.hub_id = ANY(%(hubs)s)
GROUP BY entry.position
"""
DAYS = """
SELECT effective_on, sum(quantity_up), sum(quantity_down) FROM ledger_dailymovement
WHERE effective_on BETWEEN %(first)s AND %(last)s AND hub_id = ANY(%(hubs)s) AND kind <> 'transfer'
GROUP BY effective_on
"""
LAST_DAY = "SELECT max(effective_on) FROM ledger_dailymovement WHERE hub_id = ANY(%(hubs)s)"
NEIGHBOURS = """
SELECT (SELECT max(position) FROM ledger_posting WHERE position < %(position)s),
       (SELECT min(position) FROM ledger_posting WHERE position > %(position)s)
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the visible lines of a document come to. `unit` is empty where they are counted in several."""

    lines: int
    items: int
    quantity: Decimal
    value: Decimal
    sku: str
    unit: str
    hubs: Sequence[str]


def summaries(positions: Iterable[int], *, hubs: Iterable[int]) -> dict[int, Summary]:
    """What the lines of these documents come to at these hubs."""
    return {
        row[0]: Summary(
            lines=row[1],
            items=row[2],
            quantity=row[3],
            value=row[4],
            sku=row[5] if row[2] == 1 else "",
            unit=row[6] if row[7] == 1 else "",
            hubs=row[8],
        )
        for row in _rows(SUMMARIES, positions=list(positions), hubs=list(hubs))
    }


def movement(*, hubs: Iterable[int], last: date, days: int) -> list[dict[str, Any]]:
    """Units in and out per day, every one of `days` days up to `last`: `{"day", "up", "down"}`. Transfers left out."""
    first = last - timedelta(days=days - 1)
    found = {day: (up, down) for day, up, down in _rows(DAYS, first=first, last=last, hubs=list(hubs))}
    nothing = Decimal(0), Decimal(0)
    series = []
    for number in range(days):
        day = first + timedelta(days=number)
        up, down = found.get(day, nothing)
        series.append({"day": day, "up": up, "down": down})
    return series


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
