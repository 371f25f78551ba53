"""Stock on hand: the stock in each bin at a position, by one look-up per balance."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import ReadOnlyValues
from ledger.reports.definition import Report, column
from ledger.reports.scope import Scope
from ledger.reports.sql import CHOSEN, HUBS, REVISION, address_of_entries, per_unit

SELECT = f"""
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
{REVISION}
WHERE last.bin_quantity <> 0 AND hub.code = ANY(%(hubs)s) AND {CHOSEN}
"""
# Adds up all entries, so that it shares only the entries with the look-up of the last one.
CROSS_CHECK = per_unit(
    f"""
SELECT entry.item_id, sum(entry.quantity) AS quantity FROM ledger_entry entry
WHERE entry.position <= %(position)s AND entry.hub_id IN {HUBS}
GROUP BY entry.item_id
""",
    "quantity",
)


def entries_of(row: ReadOnlyValues, scope: Scope, _figure: str) -> str:
    """The entries behind a row's quantity."""
    return address_of_entries(item=row["sku"], bin=f"{row['hub']}/{row['bin']}", at=scope.position)


STOCK_ON_HAND = Report(
    slug="stock-on-hand",
    title=_("Stock on hand"),
    summary=_("The stock in each bin. Every quantity links to the entries behind it."),
    columns=(
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("category", _("Category"), "code"),
        column("hub", _("Hub"), "code"),
        column("bin", _("Bin"), "code"),
        column("unit", _("Unit")),
        column("quantity", _("Quantity"), "quantity"),
    ),
    key=("sku", "hub", "bin"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=entries_of,
)
