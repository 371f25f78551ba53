"""Inventory movement: the opening stock of each item at each hub, the movements of a period, and the closing stock.

A reversal counts negative in the column of the kind that it reverses.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import ReadOnlyValues
from ledger.models import Kind
from ledger.posting.below_zero import BelowZero
from ledger.reports.definition import Report, column
from ledger.reports.scope import Scope
from ledger.reports.sql import CHOSEN, HUBS, NOT_BEFORE, NOT_BEHIND, ORIGINAL, REVISION, address_of_entries

# Opening is the stock at the end without the movements since the beginning, so only the entries since then are read.
SELECT = f"""
SELECT item.sku, coalesce(revision.name, '') AS item, hub.code AS hub, item.unit,
       round(figures.opening, item.decimals::int) AS opening,
       round(figures.received, item.decimals::int) AS received,
       round(figures.issued, item.decimals::int) AS issued,
       round(figures.transferred_in, item.decimals::int) AS transferred_in,
       round(figures.transferred_out, item.decimals::int) AS transferred_out,
       round(figures.adjusted, item.decimals::int) AS adjusted,
       round(figures.counted, item.decimals::int) AS counted,
       round(figures.opening + figures.moved, item.decimals::int) AS closing,
       item.decimals
FROM ledger_hubbalance balance
JOIN inventory_item item ON item.id = balance.item_id
JOIN inventory_hub hub ON hub.id = balance.hub_id
LEFT JOIN LATERAL (
    SELECT entry.hub_quantity FROM ledger_entry entry
    WHERE entry.item_id = balance.item_id AND entry.hub_id = balance.hub_id AND entry.position <= %(position)s
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) last ON true
LEFT JOIN (
    SELECT entry.item_id, entry.hub_id,
           sum(entry.quantity) AS since,
           sum(entry.quantity) FILTER (WHERE {NOT_BEHIND}) AS moved,
           sum(entry.quantity) FILTER (WHERE {NOT_BEHIND} AND entry.kind = 'receipt') AS received,
           -sum(entry.quantity) FILTER (WHERE {NOT_BEHIND} AND entry.kind = 'issue') AS issued,
           sum(entry.quantity) FILTER (WHERE {NOT_BEHIND} AND entry.kind = 'transfer'
                                       AND (entry.quantity > 0) <> entry.is_reversal) AS transferred_in,
           -sum(entry.quantity) FILTER (WHERE {NOT_BEHIND} AND entry.kind = 'transfer'
                                        AND (entry.quantity > 0) = entry.is_reversal) AS transferred_out,
           sum(entry.quantity) FILTER (WHERE {NOT_BEHIND} AND entry.kind = 'adjustment') AS adjusted,
           sum(entry.quantity) FILTER (WHERE {NOT_BEHIND} AND entry.kind = 'count') AS counted
    FROM ledger_entry entry JOIN ledger_posting posting ON posting.position = entry.position
    WHERE {NOT_BEFORE} AND entry.hub_id IN {HUBS}
    GROUP BY entry.item_id, entry.hub_id
) period ON period.item_id = balance.item_id AND period.hub_id = balance.hub_id
CROSS JOIN LATERAL (
    SELECT coalesce(last.hub_quantity, 0) - coalesce(period.since, 0) AS opening,
           coalesce(period.moved, 0) AS moved,
           coalesce(period.received, 0) AS received,
           coalesce(period.issued, 0) AS issued,
           coalesce(period.transferred_in, 0) AS transferred_in,
           coalesce(period.transferred_out, 0) AS transferred_out,
           coalesce(period.adjusted, 0) AS adjusted,
           coalesce(period.counted, 0) AS counted
) figures
{REVISION}
WHERE hub.code = ANY(%(hubs)s) AND {CHOSEN}
  AND (figures.opening, figures.received, figures.issued, figures.transferred_in, figures.transferred_out,
       figures.adjusted, figures.counted, figures.opening + figures.moved) <> (0, 0, 0, 0, 0, 0, 0, 0)
"""
# By the kinds of the documents, not of their lines, and without the balances.
CROSS_CHECK = f"""
SELECT item.unit,
       sum(entry.quantity) FILTER (WHERE NOT part.is_since),
       sum(entry.quantity) FILTER (WHERE part.is_within AND document.kind = 'receipt'),
       sum(-entry.quantity) FILTER (WHERE part.is_within AND document.kind = 'issue'),
       sum(entry.quantity) FILTER (WHERE part.is_within AND document.kind = 'transfer'
                                   AND sign(entry.quantity) = document.direction),
       sum(-entry.quantity) FILTER (WHERE part.is_within AND document.kind = 'transfer'
                                    AND sign(entry.quantity) = -document.direction),
       sum(entry.quantity) FILTER (WHERE part.is_within AND document.kind = 'adjustment'),
       sum(entry.quantity) FILTER (WHERE part.is_within AND document.kind = 'count'),
       sum(entry.quantity) FILTER (WHERE NOT part.is_since OR part.is_within)
FROM ledger_posting posting
{ORIGINAL}
JOIN ledger_entry entry ON entry.position = posting.position
JOIN inventory_item item ON item.id = entry.item_id
CROSS JOIN LATERAL (
    SELECT coalesce(original.kind, posting.kind) AS kind,
           CASE WHEN original.position IS NULL THEN 1 ELSE -1 END AS direction
) document
CROSS JOIN LATERAL (SELECT {NOT_BEFORE} AS is_since, {NOT_BEFORE} AND {NOT_BEHIND} AS is_within) part
{REVISION}
WHERE posting.position <= %(position)s AND entry.hub_id IN {HUBS} AND {CHOSEN}
GROUP BY item.unit
"""
# By position, stock is never below zero, but by date it may be: a document can be dated before the delivery of stock
# that it takes. Opening is computed as in SELECT; movements after the period are read for it, and then left out.
BELOW_ZERO = f"""
WITH moved AS (
    SELECT entry.item_id, entry.hub_id, posting.effective_on AS day, sum(entry.quantity) AS quantity
    FROM ledger_entry entry JOIN ledger_posting posting ON posting.position = entry.position
    WHERE {NOT_BEFORE} AND entry.hub_id IN {HUBS}
    GROUP BY entry.item_id, entry.hub_id, posting.effective_on
), opened AS (
    SELECT period.item_id, period.hub_id, last.hub_quantity - period.quantity AS quantity
    FROM (SELECT item_id, hub_id, sum(quantity) AS quantity FROM moved GROUP BY item_id, hub_id) period
    CROSS JOIN LATERAL (
        SELECT entry.hub_quantity FROM ledger_entry entry
        WHERE entry.item_id = period.item_id AND entry.hub_id = period.hub_id AND entry.position <= %(position)s
        ORDER BY entry.position DESC, entry.line DESC LIMIT 1
    ) last
), daily AS (
    SELECT posting.item_id, posting.hub_id, posting.effective_on,
           opened.quantity + sum(posting.quantity) OVER (
               PARTITION BY posting.item_id, posting.hub_id ORDER BY posting.effective_on
           ) AS stock
    FROM (SELECT item_id, hub_id, day AS effective_on, quantity FROM moved) posting
    JOIN opened USING (item_id, hub_id)
)
SELECT item.sku, hub.code, item.unit, item.decimals, min(posting.effective_on), min(posting.stock),
       count(*) OVER ()
FROM daily posting
JOIN inventory_item item ON item.id = posting.item_id
JOIN inventory_hub hub ON hub.id = posting.hub_id
{REVISION}
WHERE posting.stock < 0 AND {NOT_BEHIND} AND {CHOSEN}
GROUP BY item.sku, hub.code, item.unit, item.decimals
ORDER BY item.sku COLLATE "C", hub.code COLLATE "C" LIMIT %(limit)s
"""
KINDS = {
    "received": Kind.RECEIPT,
    "issued": Kind.ISSUE,
    "transferred_in": Kind.TRANSFER,
    "transferred_out": Kind.TRANSFER,
    "adjusted": Kind.ADJUSTMENT,
    "counted": Kind.COUNT,
}
DIRECTIONS = {"transferred_in": "in", "transferred_out": "out"}


def entries_of(row: ReadOnlyValues, scope: Scope, figure: str) -> str:
    """The entries behind one figure of a row."""
    place = {"item": row["sku"], "hub": row["hub"]}
    if figure == "opening":
        if scope.since == date.min:
            return ""
        if scope.since:
            return address_of_entries(**place, until=scope.since - timedelta(days=1), at=scope.position)
        return address_of_entries(**place, at=scope.after) if scope.after else ""
    if figure == "closing":
        return address_of_entries(**place, until=scope.until, at=scope.position)
    return address_of_entries(
        **place,
        kind=KINDS[figure].value,
        direction=DIRECTIONS.get(figure),
        later=scope.after,
        since=scope.since,
        until=scope.until,
        at=scope.position,
    )


def below_zero(scope: Scope, *, limit: int) -> tuple[list[BelowZero], int]:
    """The cases where stock by effective date falls below zero in the period: the first ones, and how many there are.

    None for a scope without a period by effective date: by position, stock is never below zero.
    """
    if scope.since is None and scope.until is None:
        return [], 0
    with connection.cursor() as cursor:
        cursor.execute(BELOW_ZERO, scope.values() | {"limit": limit})
        rows = cursor.fetchall()
    return [BelowZero(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


FIGURES = (
    ("opening", _("Opening")),
    ("received", _("Received")),
    ("issued", _("Issued")),
    ("transferred_in", _("In")),
    ("transferred_out", _("Out")),
    ("adjusted", _("Adjusted")),
    ("counted", _("Counted")),
    ("closing", _("Closing")),
)

INVENTORY_MOVEMENT = Report(
    slug="inventory-movement",
    title=_("Inventory movement"),
    summary=_("Opening stock of each hub, the movements of a period, and closing stock."),
    columns=(
        column("sku", _("SKU"), "code"),
        column("item", _("Item")),
        column("hub", _("Hub"), "code"),
        column("unit", _("Unit")),
        *(column(name, label, "quantity") for name, label in FIGURES),
    ),
    key=("sku", "hub"),
    select=SELECT,
    cross_checked=CROSS_CHECK,
    entries_of=entries_of,
    quantities=tuple(name for name, _label in FIGURES),
    has_period=True,
)
