"""Receiving summary: every received line with its vendor and cost, in the order of recording.

The reversal of a receipt is listed too, negative, under the vendor and reference of its original.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from ledger.reports.definition import Chart, Report, column, ordinal
from ledger.reports.sql import (
    CHOSEN,
    HUBS,
    NOT_BEFORE,
    NOT_BEHIND,
    ORIGINAL,
    REVISION,
    VENDORS,
    document_of,
    per_unit,
)

SELECT = f"""
SELECT vendor.code AS vendor, coalesce(original.reference, posting.reference) AS reference, posting.effective_on,
       entry.position, entry.line, item.sku, coalesce(revision.name, '') AS item, hub.code AS hub,
       round(entry.quantity, item.decimals::int) AS quantity, entry.unit_cost, entry.value,
       item.unit, item.decimals
FROM ledger_entry entry
JOIN ledger_posting posting ON posting.position = entry.position
{ORIGINAL}
JOIN inventory_vendor vendor ON vendor.id = coalesce(original.vendor_id, posting.vendor_id)
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
{REVISION}
WHERE entry.kind = 'receipt' AND {NOT_BEFORE} AND {NOT_BEHIND}
  AND hub.code = ANY(%(hubs)s) AND {CHOSEN} AND {VENDORS}
"""
# By the kinds of the documents; added up item by item.
CROSS_CHECK = per_unit(
    f"""
SELECT entry.item_id, sum(entry.quantity) AS quantity, sum(entry.value) AS value
FROM ledger_posting posting
{ORIGINAL}
JOIN ledger_entry entry ON entry.position = posting.position
LEFT JOIN inventory_vendor vendor ON vendor.id = coalesce(original.vendor_id, posting.vendor_id)
WHERE 'receipt' IN (posting.kind, original.kind) AND {NOT_BEFORE} AND {NOT_BEHIND}
  AND entry.hub_id IN {HUBS} AND {VENDORS}
GROUP BY entry.item_id
""",
    "quantity",
    "value",
)

RECEIVING_SUMMARY = Report(
    slug="receiving-summary",
    title=_("Receiving summary"),
    summary=_("Every received line with its vendor and cost. Reversals count negative."),
    columns=(
        column("vendor", _("Vendor"), "code"),
        column("reference", _("Reference")),
        column("effective_on", _("Effective on"), "date"),
        ordinal("position", _("Position")),
        ordinal("line", _("Line")),
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("hub", _("Hub"), "code"),
        column("quantity", _("Quantity"), "quantity"),
        column("unit_cost", _("Unit cost"), "money"),
        column("value", _("Value"), "money"),
    ),
    key=("position", "line"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=document_of,
    amounts=("value",),
    has_period=True,
    has_vendors=True,
    permission=Permission.LEDGER_VIEW_VALUE,
    charts=(Chart(_("Receipts by vendor"), "vendor", filter="vendor"),),
)
