"""Reads items with their barcodes, put-away bins and reorder points, as they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from asora.kernel import binding
from asora.kernel.shapes import Values
from integrations.types.figures import quantity
from integrations.types.items.fields import HubPoint

# One query for any number of items: a file can add a hundred thousand.
READ = """
SELECT item.id, item.sku, item.name,
       (SELECT category.code FROM inventory_category category WHERE category.id = item.category_id),
       item.unit, item.decimals, item.standard_cost, item.reorder_point, item.archived_at IS NOT NULL, item.version,
       bin.code, hub.code, bin.hub_id,
       ARRAY(SELECT barcode.code FROM inventory_barcode barcode WHERE barcode.item_id = item.id
             ORDER BY barcode.code COLLATE "C"),
       (SELECT json_agg(json_build_array(place.id, place.code, CAST(point.quantity AS text))
                        ORDER BY place.code COLLATE "C")
        FROM inventory_reorderpoint point JOIN inventory_hub place ON place.id = point.hub_id
        WHERE point.item_id = item.id)
FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (id, place)
JOIN inventory_item item ON item.id = wanted.id
LEFT JOIN inventory_bin bin ON bin.id = item.putaway_bin_id
LEFT JOIN inventory_hub hub ON hub.id = bin.hub_id
ORDER BY wanted.place
"""


class Row(NamedTuple):
    """One item. `points`: id and code of a hub, and its reorder point as text."""

    id: int
    sku: str
    name: str
    category: str
    unit: str
    decimals: int
    standard_cost: Decimal
    reorder_point: Decimal | None
    is_archived: bool
    version: int
    bin: str | None
    hub: str | None
    hub_id: int | None
    barcodes: list[str]
    points: list[tuple[int, str, str]] | None


def read(ids: Sequence[int]) -> Iterator[tuple[Row, Values]]:
    """The items of these ids, in this order, each with the fields of its state."""
    currency: str = binding.tenant().currency
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(ids)])
        rows = cursor.fetchall()
    for row in map(Row._make, rows):
        yield row, _fields(row, currency)


def _fields(row: Row, currency: str) -> Values:
    point = row.reorder_point
    return {
        "sku": row.sku,
        "name": row.name,
        "category": row.category,
        "unit": row.unit,
        "decimals": row.decimals,
        "standard_cost": row.standard_cost,
        "currency": currency,
        "barcodes": tuple(row.barcodes),
        "putaway_bin": None if row.bin is None else f"{row.hub}/{row.bin}",
        "putaway_hub_id": row.hub_id,
        "reorder_point": None if point is None else quantity(point, row.decimals),
        "reorder_points": tuple(
            HubPoint(hub_id=hub_id, hub=code, quantity=quantity(Decimal(stored), row.decimals))
            for hub_id, code, stored in row.points or ()
        ),
        "is_archived": row.is_archived,
        "version": row.version,
    }
