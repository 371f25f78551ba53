"""Pieces of SQL that the reports share. They use the named values of `Scope.values`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from asora.kernel.shapes import ReadOnlyValues
from ledger.reports.scope import Scope

#: The item's name and category as they were at the position, as `revision`.
REVISION = """
LEFT JOIN LATERAL (
    SELECT revision.name, revision.category_code FROM inventory_itemrevision revision
    WHERE revision.item_id = item.id AND revision.position <= %(position)s
    ORDER BY revision.position DESC LIMIT 1
) revision ON true"""
#: The items and categories in scope; needs `item` and `revision`.
CHOSEN = """
(cardinality(%(items)s::text[]) = 0 OR item.sku = ANY(%(items)s))
AND (cardinality(%(categories)s::text[]) = 0 OR revision.category_code = ANY(%(categories)s))"""
#: The hubs in scope, by key, for `hub_id IN …`.
HUBS = "(SELECT hub.id FROM inventory_hub hub WHERE hub.code = ANY(%(hubs)s))"
#: Entries up to the position and not before the period; needs `entry` and `posting`.
NOT_BEFORE = """
entry.position <= %(position)s AND entry.position > %(after)s
AND (%(since)s::date IS NULL OR posting.effective_on >= %(since)s::date)"""
#: Entries not after the period; needs `posting`.
NOT_BEHIND = "(%(until)s::date IS NULL OR posting.effective_on <= %(until)s::date)"
#: The vendors in scope; needs `vendor`.
VENDORS = "(cardinality(%(vendors)s::text[]) = 0 OR vendor.code = ANY(%(vendors)s))"
#: The document that `posting` reverses, if it is a reversal.
ORIGINAL = "LEFT JOIN ledger_posting original ON original.position = posting.reverses"


def per_unit(moved: str, *figures: str) -> str:
    """Figures of the items in scope (`item_id` and the figures, one row per item), added up per unit."""
    sums = ", ".join(f"sum(moved.{figure})" for figure in figures)
    return f"""
SELECT item.unit, {sums}
FROM ({moved}) moved
JOIN inventory_item item ON item.id = moved.item_id
{REVISION}
WHERE {CHOSEN}
GROUP BY item.unit
"""


def document_of(row: ReadOnlyValues, _scope: Scope, _figure: str) -> str:
    """The page of the document of a row."""
    return reverse("ledger:posting-detail", args=[row["position"]])


def address_of_entries(**wanted: Any) -> str:
    """The page of the entries that match; empty filters are left out."""
    given: ReadOnlyValues = {name: value for name, value in wanted.items() if value not in (None, "", 0)}
    return f"{reverse('ledger:entry-list')}?{urlencode(given)}"
