"""Shrink and adjustment: stock found and stock missing, by adjustment and by count, and its value.

A reversal counts negative in the row of its original, under the original's reason.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from ledger.reports.definition import Chart, Report, column
from ledger.reports.scope import Scope
from ledger.reports.sql import CHOSEN, HUBS, NOT_BEFORE, NOT_BEHIND, ORIGINAL, REVISION, address_of_entries

SELECT = f"""
SELECT hub.code AS hub, moved.reason, moved.kind, item.sku, coalesce(revision.name, '') AS item,
       round(moved.quantity_up, item.decimals::int) AS quantity_up,
       round(moved.quantity_down, item.decimals::int) AS quantity_down,
       moved.value_up, moved.value_down, moved.value_up - moved.value_down AS net_value,
       item.unit, item.decimals
FROM (
    SELECT entry.hub_id, entry.item_id, entry.kind, coalesce(original.reason, posting.reason) AS reason,
           coalesce(sum(entry.quantity) FILTER (WHERE way.is_up), 0) AS quantity_up,
           coalesce(-sum(entry.quantity) FILTER (WHERE NOT way.is_up), 0) AS quantity_down,
           coalesce(sum(entry.value) FILTER (WHERE way.is_up), 0) AS value_up,
           coalesce(-sum(entry.value) FILTER (WHERE NOT way.is_up), 0) AS value_down
    FROM ledger_entry entry
    JOIN ledger_posting posting ON posting.position = entry.position
    {ORIGINAL}
    CROSS JOIN LATERAL (SELECT (entry.quantity > 0) <> entry.is_reversal AS is_up) way
    WHERE entry.kind IN ('adjustment', 'count') AND entry.quantity <> 0 AND {NOT_BEFORE} AND {NOT_BEHIND}
      AND entry.hub_id IN {HUBS}
    GROUP BY entry.hub_id, entry.item_id, entry.kind, coalesce(original.reason, posting.reason)
) moved
JOIN inventory_item item ON item.id = moved.item_id
JOIN inventory_hub hub ON hub.id = moved.hub_id
{REVISION}
WHERE {CHOSEN}
  AND (moved.quantity_up, moved.quantity_down, moved.value_up, moved.value_down) <> (0, 0, 0, 0)
"""
# By the kinds of the documents, line by line: the sign of a line in its document decides between up and down.
CROSS_CHECK = f"""
SELECT item.unit,
       sum(greatest(document.direction * entry.quantity, 0) * document.direction),
       sum(greatest(document.direction * -entry.quantity, 0) * document.direction),
       sum(CASE WHEN document.direction * entry.quantity > 0 THEN entry.value ELSE 0 END),
       sum(CASE WHEN document.direction * entry.quantity < 0 THEN -entry.value ELSE 0 END),
       sum(entry.value)
FROM ledger_posting posting
{ORIGINAL}
JOIN ledger_entry entry ON entry.position = posting.position
JOIN inventory_item item ON item.id = entry.item_id
CROSS JOIN LATERAL (SELECT CASE WHEN original.position IS NULL THEN 1 ELSE -1 END AS direction) document
{REVISION}
WHERE coalesce(original.kind, posting.kind) IN ('adjustment', 'count') AND {NOT_BEFORE} AND {NOT_BEHIND}
  AND entry.hub_id IN {HUBS} AND {CHOSEN}
GROUP BY item.unit
"""
UP, DOWN = {"quantity_up", "value_up"}, {"quantity_down", "value_down"}


def entries_of(row: ReadOnlyValues, scope: Scope, figure: str) -> str:
    """The entries behind one figure of a row."""
    return address_of_entries(
        item=row["sku"],
        hub=row["hub"],
        kind=row["kind"],
        reason=row["reason"],
        direction="in" if figure in UP else "out" if figure in DOWN else None,
        later=scope.after,
        since=scope.since,
        until=scope.until,
        at=scope.position,
    )


SHRINK_ADJUSTMENT = Report(
    slug="shrink-adjustment",
    title=_("Shrink and adjustment"),
    summary=_("Stock found and stock missing, by adjustment and by count, and its value."),
    columns=(
        column("hub", _("Hub"), "code"),
        column("reason", _("Reason"), "code"),
        column("kind", _("Kind"), "kind"),
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("quantity_up", _("Found"), "quantity"),
        column("quantity_down", _("Missing"), "quantity"),
        column("value_up", _("Value found"), "money"),
        column("value_down", _("Value missing"), "money"),
        column("net_value", _("Net value"), "money"),
    ),
    key=("hub", "reason", "kind", "sku"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=entries_of,
    quantities=("quantity_up", "quantity_down"),
    amounts=("value_up", "value_down", "net_value"),
    has_period=True,
    permission=Permission.LEDGER_VIEW_VALUE,
    charts=(Chart(_("Net value by reason"), "reason", amount="net_value", blank=_("Counts (no reason)")),),
)
