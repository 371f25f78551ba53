"""Ledger history: every line of every document in the order of recording, with the balances after it.

A reversal is listed under the vendor of its original, so that the figures of a vendor add up.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from ledger.reports.definition import Report, column, ordinal
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
SELECT entry.position, entry.line, entry.kind, posting.reverses, posting.effective_on, posting.recorded_at,
       coalesce(vendor.code, '') AS vendor, posting.reference, posting.reason,
       item.sku, coalesce(revision.name, '') AS item, hub.code AS hub, bin.code AS bin, item.unit,
       round(entry.quantity, item.decimals::int) AS quantity, entry.unit_cost, entry.value,
       round(entry.bin_quantity, item.decimals::int) AS bin_quantity,
       round(entry.hub_quantity, item.decimals::int) AS hub_quantity, entry.hub_value, item.decimals
FROM ledger_entry entry
JOIN ledger_posting posting ON posting.position = entry.position
{ORIGINAL}
LEFT JOIN inventory_vendor vendor ON vendor.id = coalesce(original.vendor_id, posting.vendor_id)
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_bin bin ON bin.id = entry.bin_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
{REVISION}
WHERE {NOT_BEFORE} AND {NOT_BEHIND} AND hub.code = ANY(%(hubs)s) AND {CHOSEN} AND {VENDORS}
"""
# Starts from the documents, and adds up item by item.
CROSS_CHECK = per_unit(
    f"""
SELECT entry.item_id, sum(entry.quantity) AS quantity, sum(entry.value) AS value
FROM ledger_posting posting
JOIN ledger_entry entry ON entry.position = posting.position
{ORIGINAL}
LEFT JOIN inventory_vendor vendor ON vendor.id = coalesce(original.vendor_id, posting.vendor_id)
WHERE {NOT_BEFORE} AND {NOT_BEHIND} AND entry.hub_id IN {HUBS} AND {VENDORS}
GROUP BY entry.item_id
""",
    "quantity",
    "value",
)

LEDGER_HISTORY = Report(
    slug="ledger-history",
    title=_("Ledger history"),
    summary=_("Every line in the order it was recorded, with the balances after it."),
    columns=(
        ordinal("position", _("Position")),
        ordinal("line", _("Line")),
        column("kind", _("Kind"), "kind"),
        ordinal("reverses", _("Reverses")),
        column("effective_on", _("Effective on"), "date"),
        column("recorded_at", _("Recorded"), "moment"),
        column("vendor", _("Vendor"), "code"),
        column("reference", _("Reference")),
        column("reason", _("Reason"), "code"),
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("hub", _("Hub"), "code"),
        column("bin", _("Bin"), "code"),
        column("unit", _("Unit")),
        column("quantity", _("Quantity"), "quantity"),
        column("unit_cost", _("Unit cost"), "money"),
        column("value", _("Value"), "money"),
        column("bin_quantity", _("Bin after"), "quantity"),
        column("hub_quantity", _("Hub after"), "quantity"),
        column("hub_value", _("Hub value after"), "money"),
    ),
    key=("position", "line"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=document_of,
    amounts=("value",),
    has_period=True,
    has_vendors=True,
    permission=Permission.LEDGER_VIEW_VALUE,
)
