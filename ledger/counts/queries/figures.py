"""The accuracy of counts per hub, and the stock that they found or missed. For people who may see stock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection

from ledger.counts.rules import Accuracy, UnitFigures
from ledger.posting.rules import ZERO

# A reversed count is left out, and so is its reversal.
FIGURES = """
SELECT hub.code, hub.name, item.unit, count(*), count(*) FILTER (WHERE entry.quantity = 0),
       coalesce(sum(least(entry.counted_quantity, entry.expected_quantity)), 0),
       coalesce(sum(greatest(entry.counted_quantity, entry.expected_quantity)), 0),
       coalesce(sum(entry.quantity) FILTER (WHERE entry.quantity > 0), 0),
       coalesce(sum(entry.quantity) FILTER (WHERE entry.quantity < 0), 0),
       coalesce(sum(entry.value) FILTER (WHERE entry.quantity > 0), 0),
       coalesce(sum(entry.value) FILTER (WHERE entry.quantity < 0), 0),
       max(posting.effective_on)
FROM ledger_posting posting
JOIN ledger_entry entry ON entry.position = posting.position
JOIN inventory_hub hub ON hub.id = entry.hub_id
JOIN inventory_item item ON item.id = entry.item_id
WHERE posting.kind = 'count' AND entry.hub_id = ANY(%(hubs)s)
  AND NOT EXISTS (SELECT FROM ledger_posting undone WHERE undone.reverses = posting.position)
GROUP BY hub.code, hub.name, item.unit ORDER BY hub.code COLLATE "C", item.unit COLLATE "C"
"""


@dataclass(frozen=True, slots=True)
class HubFigures:
    """The accuracy of a hub's counts, and the value that they removed and added."""

    hub: str
    name: str
    accuracy: Accuracy
    value_up: Decimal
    value_down: Decimal
    last_counted: date

    @property
    def net_value(self) -> Decimal:
        """The change in value by all counts; below zero is shrink."""
        return self.value_up + self.value_down


def figures_of(*, hubs: Iterable[int]) -> list[HubFigures]:
    """Accuracy and shrink of all approved counts, per hub and unit. For people who may see stock."""
    rows = _rows(FIGURES, hubs=list(hubs))
    return [
        _hub_figures(hub, name, list(of_hub))
        for (hub, name), of_hub in groupby(rows, key=lambda row: row[:2])
    ]


def _hub_figures(hub: str, name: str, rows: Sequence[tuple[Any, ...]]) -> HubFigures:
    return HubFigures(
        hub=hub,
        name=name,
        accuracy=Accuracy(
            lines=sum(row[3] for row in rows),
            exact=sum(row[4] for row in rows),
            units=[UnitFigures(row[2], *row[5:9]) for row in rows],
        ),
        value_up=sum((row[9] for row in rows), ZERO),
        value_down=sum((row[10] for row in rows), ZERO),
        last_counted=max(row[11] for row in rows),
    )


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
