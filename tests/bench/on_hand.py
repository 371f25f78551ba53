"""Line 4: stock on hand at any position: against its own time in a small ledger, and against adding all entries up.

Early, middle and late are positions after a tenth, a half and all of the postings. Both ledgers have the same places.
Adding up reads more for later positions; a look-up does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context

from inventory.models import Hub, Item
from ledger.queries import stock
from ledger.reports.definition import Report
from ledger.reports.scope import Scope
from ledger.reports.stock_on_hand import STOCK_ON_HAND
from tests.bench import large
from tests.bench.harness import Result, Size, interleaved
from tests.bench.large import HUBS, ITEMS, Ledger

POSITIONS = {"early": 0.1, "middle": 0.5, "late": 1.0}
AT_MOST, AT_LEAST = 2.0, 5.0
SAMPLE = 100
HUB_CODES = tuple(f"HUB-{number}" for number in range(HUBS))

# The same columns and rows, from the entries alone.
ADDED_UP = """
SELECT item.sku, coalesce(revision.name, '') AS item, coalesce(revision.category_code, '') AS category,
       hub.code AS hub, bin.code AS bin, item.unit, round(held.quantity, item.decimals::int) AS quantity
FROM (
    SELECT entry.item_id, entry.bin_id, sum(entry.quantity) AS quantity FROM ledger_entry entry
    WHERE entry.position <= %(position)s GROUP BY entry.item_id, entry.bin_id
) held
JOIN inventory_item item ON item.id = held.item_id
JOIN inventory_bin bin ON bin.id = held.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
LEFT JOIN LATERAL (
    SELECT revision.name, revision.category_code FROM inventory_itemrevision revision
    WHERE revision.item_id = item.id AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) revision ON true
WHERE held.quantity <> 0 AND hub.code = ANY(%(hubs)s)
"""
ITEM_ADDED_UP = """
SELECT hub.code, bin.code, sum(entry.quantity) FROM ledger_entry entry
JOIN inventory_bin bin ON bin.id = entry.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
WHERE entry.item_id = %s AND entry.position <= %s AND bin.hub_id = ANY(%s)
GROUP BY hub.code, bin.code HAVING sum(entry.quantity) <> 0 ORDER BY hub.code COLLATE "C", bin.code COLLATE "C"
"""
SUMMED = replace(STOCK_ON_HAND, select=ADDED_UP)

Read = Callable[[], list[Any]]


def measure(size: Size) -> Iterator[Result]:
    """Two lines for each position of the whole report, two for items one by one."""
    with large.ledgers(size) as both:
        # Early in the small ledger, most places are still empty: it is read at a position with the same balances.
        for name, share in POSITIONS.items():
            yield from _compared(
                f"stock on hand, all bins, {name}",
                size,
                many=_report(STOCK_ON_HAND, both.large, share),
                few=_report(STOCK_ON_HAND, both.small, 1.0),
                summed=_report(SUMMED, both.large, share),
            )
        yield from _compared(
            f"stock of {SAMPLE} items, one by one, late",
            size,
            many=_items(both.large, _looked_up),
            few=_items(both.small, _looked_up),
            summed=_items(both.large, _added_up),
        )


def _compared(what: str, size: Size, *, many: Read, few: Read, summed: Read) -> Iterator[Result]:
    """Two lines: against its own time, and against adding up."""
    wrong = [] if many() == summed() else ["looking up and adding up differ"]
    turns = size.reading_turns
    # Not all three in turn: adding up reads whole tables, and so decides what is in memory.
    own = interleaved({"many": many, "few": few}, turns=turns, warm_up=2)
    other = interleaved({"many": many, "summed": summed}, turns=max(turns // 2, 1), warm_up=0)
    figures = {"entries": size.entries, "compared_entries": size.compared_entries, "wrong": wrong}
    yield Result(
        work=f"{what}: {size.entries:,} entries to {size.compared_entries:,}",
        ratio=own["many"] / own["few"],
        goal=AT_MOST,
        is_at_most=True,
        detail=f"{_shown(own['many'])} against {_shown(own['few'])}, {turns} turns each",
        figures={**figures, "seconds": own},
    )
    yield Result(
        work=f"{what}: times as fast as SUM … GROUP BY",
        ratio=other["summed"] / other["many"],
        goal=AT_LEAST,
        is_at_most=False,
        detail=f"{_shown(other['many'])} against {_shown(other['summed'])}, {max(turns // 2, 1)} turns each",
        figures={**figures, "seconds": other},
    )


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _report(report: Report, ledger: Ledger, share: float) -> Callable[[], list[tuple[Any, ...]]]:
    scope = Scope(position=ledger.at(share), hubs=HUB_CODES)

    def read() -> list[tuple[Any, ...]]:
        connection.set_tenant(ledger.tenant)
        return list(report.stream(scope))

    return read


def _items(ledger: Ledger, look: Callable[..., Any]) -> Callable[[], list[Any]]:
    with tenant_context(ledger.tenant):
        ids = list(Item.objects.order_by("sku").values_list("pk", flat=True))[1 :: ITEMS // SAMPLE][:SAMPLE]
        hubs = list(Hub.objects.values_list("pk", flat=True))
    position = ledger.at(POSITIONS["late"])

    def read() -> list[Any]:
        connection.set_tenant(ledger.tenant)
        return [look(item, hubs, position) for item in ids]

    return read


def _looked_up(item: int, hubs: list[int], position: int) -> list[tuple[Any, ...]]:
    return [(row.hub, row.bin, row.quantity) for row in stock.bins_of(item, hubs=hubs, at=position)]


def _added_up(item: int, hubs: list[int], position: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(ITEM_ADDED_UP, [item, position, hubs])
        return list(cursor.fetchall())
