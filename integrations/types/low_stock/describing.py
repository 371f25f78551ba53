"""Finds the stock that a posting took to its reorder point or below it, per item and hub.

The stock before and after the whole posting is compared, so a transfer inside a hub never counts. The reorder point is
that of the position, from the revisions: the same event is described alike at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from integrations.types.definition import Described
from integrations.types.figures import quantity
from integrations.types.low_stock.event_types import LOW
from integrations.types.low_stock.fields import LowStock
from integrations.types.postings.reading import Head, Read, Row

ZERO = Decimal(0)

# A hub's own point, if it has one at the position, wins over that of the item. Archived items have no point.
POINTS = """
SELECT taken.item, taken.hub, coalesce(own.quantity, usual.quantity)
FROM unnest(%(items)s::bigint[], %(hubs)s::bigint[]) AS taken (item, hub)
LEFT JOIN LATERAL (
    SELECT revision.quantity FROM inventory_reorderrevision revision
    WHERE revision.item_id = taken.item AND revision.hub_id = taken.hub AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) own ON true
LEFT JOIN LATERAL (
    SELECT revision.quantity FROM inventory_reorderrevision revision
    WHERE revision.item_id = taken.item AND revision.hub_id IS NULL AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) usual ON true
WHERE coalesce(own.quantity, usual.quantity) IS NOT NULL
"""
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """The stock of an item at a hub that one posting made less. `row`: the last of its entries there."""

    head: Head
    row: Row
    before: Decimal

    @property
    def place(self) -> Place:
        """Item and hub."""
        return self.row.item_id, self.row.hub_id


def low(postings: Sequence[Read]) -> dict[int, list[Described]]:
    """What became low, by the position of the posting that took it; at most one query.

    `postings`: of one event. Its positions follow each other, so that no reorder point changed in between.
    """
    taken = [each for read in postings for each in _taken(read)]
    found: dict[int, list[Described]] = {}
    if not taken:
        return found
    points = _points({each.place for each in taken}, position=postings[0].head.position)
    for each in taken:
        point = points.get(each.place)
        if point is not None and each.row.hub_quantity <= point < each.before:
            found.setdefault(each.head.position, []).append(_described(each, point))
    return found


def _taken(read: Read) -> Iterator[Taken]:
    if not any(row.quantity < 0 for row in read.rows):
        return
    last: dict[Place, Row] = {}
    moved: dict[Place, Decimal] = {}
    for row in read.rows:
        place = row.item_id, row.hub_id
        last[place] = row
        moved[place] = moved.get(place, ZERO) + row.quantity
    for place, row in last.items():
        if moved[place] < 0:
            yield Taken(read.head, row, before=row.hub_quantity - moved[place])


def _points(places: Collection[Place], *, position: int) -> dict[Place, Decimal]:
    """The reorder points in force at a position."""
    items, hubs = (list(column) for column in zip(*places, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(POINTS, {"items": items, "hubs": hubs, "position": position})
        return {(item, hub): point for item, hub, point in cursor.fetchall()}


def _described(taken: Taken, point: Decimal) -> Described:
    row = taken.row
    stock = LowStock(
        hub_id=row.hub_id,
        position=row.position,
        sku=row.sku,
        name=row.name,
        unit=row.unit,
        hub=row.hub,
        quantity=quantity(row.hub_quantity, row.decimals),
        quantity_before=quantity(taken.before, row.decimals),
        reorder_point=quantity(point, row.decimals),
        shortfall=quantity(point - row.hub_quantity, row.decimals),
    )
    return Described(
        type=LOW.name,
        subject=f"items/{row.sku}",
        position=row.position,
        time=taken.head.recorded_at,
        data=stock,
    )
