"""Inventory valuation: the stock of each hub at a position and its value, by one look-up per balance."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from ledger.reports.definition import Chart, Report, column
from ledger.reports.scope import Scope
from ledger.reports.sql import CHOSEN, HUBS, REVISION, address_of_entries, per_unit

# PostgreSQL rounds halves away from zero, the ledger to even: an exact half, found by integer arithmetic, is corrected.
AVERAGE = """
CASE WHEN (2000000 * last.hub_value) %% last.hub_quantity = 0
          AND (2000000 * last.hub_value / last.hub_quantity) %% 4 = 1
     THEN trunc(last.hub_value / last.hub_quantity, 6)
     ELSE round(last.hub_value / last.hub_quantity, 6) END"""
SELECT = f"""
SELECT item.sku, coalesce(revision.name, '') AS item, hub.code AS hub, item.unit,
       round(last.hub_quantity, item.decimals::int) AS quantity, {AVERAGE} AS average_cost,
       last.hub_value AS value, item.decimals, last.hub_value = 0 AS is_unpriced,
       coalesce(revision.category_code, '') AS category
FROM ledger_hubbalance balance
JOIN inventory_item item ON item.id = balance.item_id
JOIN inventory_hub hub ON hub.id = balance.hub_id
CROSS JOIN LATERAL (
    SELECT entry.hub_quantity, entry.hub_value FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.hub_id = balance.hub_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last
{REVISION}
WHERE last.hub_quantity <> 0 AND hub.code = ANY(%(hubs)s) AND {CHOSEN}
"""
# Adds up all entries, so that it shares only the entries with the look-up of the last one.
CROSS_CHECK = per_unit(
    f"""
SELECT entry.item_id, sum(entry.quantity) AS quantity, sum(entry.value) AS value FROM ledger_entry entry
WHERE entry.position <= %(position)s AND entry.hub_id IN {HUBS}
GROUP BY entry.item_id
""",
    "quantity",
    "value",
)


def entries_of(row: ReadOnlyValues, scope: Scope, _figure: str) -> str:
    """The entries behind a row's quantity and value."""
    return address_of_entries(item=row["sku"], hub=row["hub"], at=scope.position)


INVENTORY_VALUATION = Report(
    slug="inventory-valuation",
    title=_("Inventory valuation"),
    summary=_("The stock of each hub and its value. Stock that never had a cost is marked."),
    columns=(
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("hub", _("Hub"), "code"),
        column("unit", _("Unit")),
        column("quantity", _("Quantity"), "quantity"),
        column("average_cost", _("Average cost"), "money"),
        column("value", _("Value"), "money"),
    ),
    key=("sku", "hub"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=entries_of,
    amounts=("value",),
    permission=Permission.LEDGER_VIEW_VALUE,
    charts=(
        Chart(_("Value by hub"), "hub", filter="hub"),
        Chart(_("Value by category"), "category", blank=_("No category")),
    ),
)
