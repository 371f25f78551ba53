"""Reorder list: items at or below their reorder point at a hub, with stock and point as they were at a position.

A hub's own reorder point applies there; the item's point applies at every other hub that ever had stock of the item.
An item that no hub ever had is listed once, without a hub. Archived items are not reordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import ReadOnlyValues
from ledger.reports.definition import Report, column
from ledger.reports.scope import Scope
from ledger.reports.sql import CHOSEN, HUBS, REVISION, address_of_entries

# Every place that has a reorder point, whether it is short or not. An item exists from its first revision on. Its unit
# and decimals are those of the position: they may change until the item moves.
PLACES = f"""
SELECT item.sku, revision.name AS item, revision.category_code AS category, coalesce(place.hub, '') AS hub, stated.unit,
       round(coalesce(place.quantity, 0), stated.decimals::int) AS quantity,
       round(wanted.point, stated.decimals::int) AS reorder_point,
       round(wanted.point - coalesce(place.quantity, 0), stated.decimals::int) AS shortfall,
       stated.decimals
FROM inventory_item item
CROSS JOIN LATERAL (
    SELECT revision.name, revision.category_code FROM inventory_itemrevision revision
    WHERE revision.item_id = item.id AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) revision
CROSS JOIN LATERAL (
    SELECT revision.unit, revision.decimals FROM inventory_reorderrevision revision
    WHERE revision.item_id = item.id AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) stated
LEFT JOIN LATERAL (
    SELECT revision.quantity FROM inventory_reorderrevision revision
    WHERE revision.item_id = item.id AND revision.hub_id IS NULL AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) usual ON true
LEFT JOIN LATERAL (
    SELECT hub.code AS hub, last.hub_quantity AS quantity, own.quantity AS point
    FROM (
        SELECT balance.hub_id FROM ledger_hubbalance balance WHERE balance.item_id = item.id
        UNION
        SELECT revision.hub_id FROM inventory_reorderrevision revision WHERE revision.item_id = item.id
    ) known
    JOIN inventory_hub hub ON hub.id = known.hub_id AND hub.code = ANY(%(hubs)s)
    LEFT JOIN LATERAL (
        SELECT entry.hub_quantity FROM ledger_entry entry
        WHERE entry.item_id = item.id AND entry.hub_id = hub.id AND entry.position <= %(position)s
        ORDER BY entry.position DESC, entry.line DESC LIMIT 1
    ) last ON true
    LEFT JOIN LATERAL (
        SELECT revision.quantity FROM inventory_reorderrevision revision
        WHERE revision.item_id = item.id AND revision.hub_id = hub.id AND revision.position <= %(position)s
        ORDER BY revision.position DESC LIMIT 1
    ) own ON true
    WHERE last.hub_quantity IS NOT NULL OR own.quantity IS NOT NULL
) place ON true
CROSS JOIN LATERAL (SELECT coalesce(place.point, usual.quantity) AS point) wanted
WHERE wanted.point IS NOT NULL AND {CHOSEN}
"""
SELECT = f"SELECT places.* FROM ({PLACES}) places WHERE places.quantity <= places.reorder_point"
# Adds up all entries, and takes the latest of all points by age, so that it shares no look-up with the above.
CROSS_CHECK = f"""
WITH revision AS (
    SELECT revision.item_id, revision.hub_id, revision.quantity, revision.unit, revision.position,
           row_number() OVER (PARTITION BY revision.item_id, revision.hub_id ORDER BY revision.position DESC) AS age
    FROM inventory_reorderrevision revision
    JOIN (SELECT item_id, min(position) AS first FROM inventory_itemrevision GROUP BY item_id) born
      ON born.item_id = revision.item_id AND born.first <= %(position)s
    WHERE revision.position <= %(position)s
), stated AS (
    SELECT DISTINCT ON (item_id) item_id, unit FROM revision ORDER BY item_id, position DESC
), usual AS (
    SELECT item_id, quantity AS point FROM revision WHERE age = 1 AND hub_id IS NULL AND quantity IS NOT NULL
), own AS (
    SELECT item_id, hub_id, quantity AS point FROM revision
    WHERE age = 1 AND quantity IS NOT NULL AND hub_id IN {HUBS}
), held AS (
    SELECT entry.item_id, entry.hub_id, sum(entry.quantity) AS quantity FROM ledger_entry entry
    WHERE entry.position <= %(position)s AND entry.hub_id IN {HUBS}
    GROUP BY entry.item_id, entry.hub_id
), places AS (
    SELECT item_id, coalesce(held.quantity, 0) AS quantity, coalesce(own.point, usual.point) AS point
    FROM held FULL JOIN own USING (item_id, hub_id) LEFT JOIN usual USING (item_id)
    UNION ALL
    SELECT usual.item_id, 0, usual.point FROM usual
    WHERE usual.item_id NOT IN (SELECT item_id FROM held UNION ALL SELECT item_id FROM own)
)
SELECT stated.unit, sum(places.quantity), sum(places.point), sum(places.point - places.quantity)
FROM places
JOIN stated ON stated.item_id = places.item_id
JOIN inventory_item item ON item.id = places.item_id
{REVISION}
WHERE places.quantity <= places.point AND {CHOSEN}
GROUP BY stated.unit
"""
# Items that never were in stock come last: they are listed, but nobody has run out of them.
EMPTIEST = f"""
SELECT short.*, count(*) OVER () AS lines FROM ({SELECT}) short
ORDER BY short.hub = '', coalesce(short.quantity / nullif(short.reorder_point, 0), 0),
         short.sku COLLATE "C", short.hub COLLATE "C"
LIMIT %(limit)s
"""
OF_ITEM = f'SELECT places.* FROM ({PLACES}) places ORDER BY places.hub COLLATE "C"'


@dataclass(frozen=True, slots=True)
class Place:
    """An item at a hub where it has a reorder point; `hub` is empty if no hub ever had any."""

    sku: str
    name: str
    category: str
    hub: str
    unit: str
    on_hand: Decimal
    point: Decimal
    shortfall: Decimal
    decimals: int

    @property
    def is_short(self) -> bool:
        """Whether it is time to reorder: at the point or below it."""
        return self.on_hand <= self.point


def emptiest(scope: Scope, *, limit: int) -> tuple[list[Place], int]:
    """The lines of the report with the least stock, and the number of all its lines."""
    rows = _rows(EMPTIEST, scope, limit=limit)
    return [Place(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0


def places_of(sku: str, scope: Scope) -> list[Place]:
    """Every place at which an item has a reorder point, short or not, by hub."""
    return [Place(*row) for row in _rows(OF_ITEM, replace(scope, items=(sku,)))]


def _rows(sql: str, scope: Scope, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, scope.values() | values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


def entries_of(row: ReadOnlyValues, scope: Scope, figure: str) -> str:
    """The entries behind a quantity; for the reorder point and the shortfall, the stock page of the item."""
    if figure != "quantity":
        return f"{reverse('ledger:item-stock', args=[row['sku']])}?at={scope.position}"
    return address_of_entries(item=row["sku"], hub=row["hub"], at=scope.position) if row["hub"] else ""


REORDER_LIST = Report(
    slug="reorder-list",
    title=_("Reorder list"),
    summary=_("Items at or below their reorder point, hub by hub, and how much is missing."),
    columns=(
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("category", _("Category"), "code"),
        column("hub", _("Hub"), "code"),
        column("unit", _("Unit")),
        column("quantity", _("Quantity"), "quantity"),
        column("reorder_point", _("Reorder point"), "quantity"),
        column("shortfall", _("Shortfall"), "quantity"),
    ),
    key=("sku", "hub"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=entries_of,
    nothing=_("Nothing to reorder"),
    quantities=("quantity", "reorder_point", "shortfall"),
)
