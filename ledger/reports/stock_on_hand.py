"""Stock on hand: what lay in which bin at a position, one look-up per balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.listing import Column
from ledger.reports.definition import Report

SELECT = """
SELECT item.sku, coalesce(revision.name, '') AS item, coalesce(revision.category_code, '') AS category,
       hub.code AS hub, bin.code AS bin, item.unit, round(last.bin_quantity, item.decimals::int) AS quantity,
       item.decimals
FROM ledger_binbalance balance
JOIN inventory_item item ON item.id = balance.item_id
JOIN inventory_bin bin ON bin.id = balance.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
CROSS JOIN LATERAL (
    SELECT entry.bin_quantity FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.bin_id = balance.bin_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last
LEFT JOIN LATERAL (
    SELECT revision.name, revision.category_code FROM inventory_itemrevision revision
    WHERE revision.item_id = item.id AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) revision ON true
WHERE last.bin_quantity <> 0
  AND hub.code = ANY(%(hubs)s)
  AND (cardinality(%(items)s::text[]) = 0 OR item.sku = ANY(%(items)s))
  AND (cardinality(%(categories)s::text[]) = 0 OR revision.category_code = ANY(%(categories)s))
"""
# Adds all entries up, so that it shares nothing with the look-up of the last one but the entries themselves.
RECKONED = """
SELECT item.unit, sum(moved.quantity)
FROM (
    SELECT entry.item_id, sum(entry.quantity) AS quantity FROM ledger_entry entry
    WHERE entry.position <= %(position)s
      AND entry.hub_id IN (SELECT hub.id FROM inventory_hub hub WHERE hub.code = ANY(%(hubs)s))
    GROUP BY entry.item_id
) moved
JOIN inventory_item item ON item.id = moved.item_id
LEFT JOIN LATERAL (
    SELECT revision.category_code FROM inventory_itemrevision revision
    WHERE revision.item_id = item.id AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) revision ON true
WHERE (cardinality(%(items)s::text[]) = 0 OR item.sku = ANY(%(items)s))
  AND (cardinality(%(categories)s::text[]) = 0 OR revision.category_code = ANY(%(categories)s))
GROUP BY item.unit
"""


def entries_of(row: Mapping[str, Any], position: int) -> str:
    """The address of the entries that a row's quantity is made of."""
    scope = {"item": row["sku"], "bin": f"{row['hub']}/{row['bin']}", "at": position}
    return f"{reverse('ledger:entry-list')}?{urlencode(scope)}"


def _column(name: str, label: Any, kind: str = "text") -> Column:
    return Column(name, label, lambda row: row[name], kind=kind)


STOCK_ON_HAND = Report(
    slug="stock-on-hand",
    title=_("Stock on hand"),
    lede=_("What lies in which bin. Every quantity leads to the entries behind it."),
    columns=(
        _column("sku", _("SKU"), "code"),
        _column("item", _("Item")),
        _column("category", _("Category"), "code"),
        _column("hub", _("Hub"), "code"),
        _column("bin", _("Bin"), "code"),
        _column("unit", _("Unit")),
        Column(
            "quantity",
            _("Quantity"),
            lambda row: row["quantity"],
            kind="quantity",
            decimals=lambda row: int(row["decimals"]),
        ),
    ),
    key=("sku", "hub", "bin"),
    select=SELECT,
    reckoned=RECKONED,
    entries_of=entries_of,
)
