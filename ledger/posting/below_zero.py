"""Stock by effective date: the stock at the end of a day, by the dates of the documents.

By position, no balance is ever below zero. By effective date it can be: a document may be dated before the delivery of
the stock that it takes. The ledger is still right, but the date is usually wrong, so people are warned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from asora.kernel import looking
from asora.kernel.shapes import Values
from asora.kernel.templatetags import figures
from ledger.posting.drafts import Draft

BELOW_ZERO_FROM = """
WITH daily AS (
    SELECT item_id, hub_id, moved.effective_on AS day,
           sum(sum(moved.quantity_up - moved.quantity_down)) OVER (
               PARTITION BY item_id, hub_id ORDER BY moved.effective_on
           ) AS stock
    FROM unnest(%(items)s::bigint[], %(hubs)s::bigint[]) AS taken (item_id, hub_id)
    JOIN {moved} moved USING (item_id, hub_id)
    GROUP BY item_id, hub_id, moved.effective_on
)
SELECT item.sku, hub.code, item.unit, item.decimals, min(daily.day), min(daily.stock)
FROM daily
JOIN inventory_item item ON item.id = daily.item_id
JOIN inventory_hub hub ON hub.id = daily.hub_id
WHERE daily.day >= %(day)s::date AND daily.stock < 0
GROUP BY item.sku, hub.code, item.unit, item.decimals
ORDER BY item.sku COLLATE "C", hub.code COLLATE "C"
"""
# A look posts nothing, so what it would take away is added to what has moved.
WITH_UNPOSTED = """(
    SELECT item_id, hub_id, effective_on, quantity_up, quantity_down FROM ledger_dailymovement
    UNION ALL
    SELECT item_id, hub_id, %(day)s::date, 0, quantity FROM unnest(
        %(items)s::bigint[], %(hubs)s::bigint[], %(unposted)s::numeric[]
    ) AS unposted (item_id, hub_id, quantity)
)"""


@dataclass(frozen=True, slots=True)
class BelowZero:
    """An item whose stock at a hub is below zero by effective date: the first such day, and the lowest stock."""

    sku: str
    hub: str
    unit: str
    decimals: int
    day: date
    stock: Decimal

    def __str__(self) -> str:
        stock = figures.signed_text(self.stock, places=self.decimals)
        return f"{self.sku}, {self.hub}, {self.day.isoformat()}: {stock} {self.unit}"

    @property
    def fact(self) -> str:
        """The difference as the event records it."""
        return f"{self.sku} {self.hub} {self.day.isoformat()} {self.stock.normalize():f}"


def left_below_zero(draft: Draft, hub_of: Mapping[int, int]) -> list[BelowZero]:
    """The items that a draft took away and that are below zero on its day or later, just after it was posted.

    `hub_of`: the hub of each bin.
    """
    net: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for line in draft.lines:
        net[line.item_id, hub_of[line.bin_id]] += -abs(line.quantity) if draft.takes(line) else line.quantity
        if line.to_bin_id is not None:
            net[line.item_id, hub_of[line.to_bin_id]] += line.quantity
    taken = sorted(key for key, quantity in net.items() if quantity < 0)
    if not taken:
        return []
    items, hubs = (list(column) for column in zip(*taken, strict=True))
    values: Values = {"items": items, "hubs": hubs, "day": draft.effective_on}
    moved = "ledger_dailymovement"
    if looking.is_on():
        moved = WITH_UNPOSTED
        values["unposted"] = [-net[key] for key in taken]
    with connection.cursor() as cursor:
        cursor.execute(BELOW_ZERO_FROM.format(moved=moved), values)
        return [BelowZero(*row) for row in cursor.fetchall()]
