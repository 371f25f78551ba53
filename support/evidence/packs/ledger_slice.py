"""A slice of the ledger as CSV: for each item and bin its opening balance, its entries in a span, and its closing one.

Costs and values are left out: agents may not see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from asora.kernel.csv.writing import csv_bytes
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import Values
from asora.kernel.text import fold_code
from support.evidence.facts import EventFact

MAX_ENTRIES, MAX_PLACES = 20_000, 1_000
COLUMNS = (
    "position", "line", "recorded_at", "effective_on", "kind", "is_reversal", "document", "reference", "request_id",
    "sku", "hub", "bin", "unit", "quantity", "balance",
)  # fmt: skip
# The places are those of the entries; balances are looked up in each entry, which states that of its bin.
PLACES = """
SELECT DISTINCT entry.item_id, entry.bin_id FROM ledger_entry entry
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_bin bin ON bin.id = entry.bin_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE (%(sku)s = '' OR item.sku_key = %(sku)s) AND (%(bin)s = '' OR bin.code_key = %(bin)s)
  AND (%(hub)s = '' OR hub.code_key = %(hub)s)
  AND (%(positions)s::bigint[] IS NULL OR entry.position = ANY(%(positions)s))
LIMIT %(most)s
"""
OPENING = """
SELECT item.sku, hub.code, bin.code, item.unit, coalesce(before.bin_quantity, 0)
FROM unnest(%(items)s::bigint[], %(bins)s::bigint[]) AS place (item_id, bin_id)
JOIN inventory_item item ON item.id = place.item_id
JOIN inventory_bin bin ON bin.id = place.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
LEFT JOIN LATERAL (
    SELECT bin_quantity FROM ledger_entry
    WHERE item_id = place.item_id AND bin_id = place.bin_id AND position < %(first)s
    ORDER BY position DESC, line DESC LIMIT 1
) before ON true
ORDER BY item.sku COLLATE "C", hub.code COLLATE "C", bin.code COLLATE "C"
"""
ENTRIES = """
SELECT entry.position, entry.line, posting.recorded_at, posting.effective_on, entry.kind, entry.is_reversal,
       posting.kind, posting.reference, posting.request_id, item.sku, hub.code, bin.code, item.unit, entry.quantity,
       entry.bin_quantity
FROM unnest(%(items)s::bigint[], %(bins)s::bigint[]) AS place (item_id, bin_id)
JOIN ledger_entry entry ON entry.item_id = place.item_id AND entry.bin_id = place.bin_id
JOIN ledger_posting posting ON posting.position = entry.position
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_bin bin ON bin.id = entry.bin_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE entry.position BETWEEN %(first)s AND %(last)s
ORDER BY entry.position, entry.line LIMIT %(most)s
"""
SPAN = """
SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM ledger_posting
WHERE (%(since)s::timestamptz IS NULL OR recorded_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR recorded_at < %(until)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which stock, by codes; the period is that of recording, without its end. Empty values do not limit."""

    item: str = ""
    hub: str = ""
    bin: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no stock is named."""
        return not (self.item or self.hub or self.bin)


@dataclass(frozen=True, slots=True)
class Slice:
    """The slice as CSV, and what the manifest says of it."""

    content: bytes
    described: Values


def read(scope: Scope | None, facts: Iterable[EventFact]) -> Slice | None:
    """The slice of a scope; without one, that of the places that the events moved. None if there is no stock in it.

    Refusals: VALIDATION_FAILED NO_DATA if a scope names stock that never moved; TOO_LARGE.
    """
    if scope is None or scope.is_empty:
        wrote = sorted(_written_by(facts))
        return _slice({"positions": wrote}, wrote[0], wrote[-1]) if wrote else None
    names = {"sku": fold_code(scope.item), "bin": fold_code(scope.bin), "hub": fold_code(scope.hub)}
    with connection.cursor() as cursor:
        cursor.execute(SPAN, {"since": scope.since, "until": scope.until})
        first, last = cursor.fetchone()
    found = _slice(names, first, last)
    if found is None:
        raise ValidationFailed.at_field(
            "item", _("The ledger has no stock of this item, hub and bin."), reason=Reason.NO_DATA
        )
    return found


def _written_by(facts: Iterable[EventFact]) -> set[int]:
    """The positions of the documents that events wrote."""
    spans = [fact.positions for fact in facts if fact.positions]
    if sum(last - first + 1 for first, last in spans) > MAX_ENTRIES:
        raise _too_much()
    return {position for first, last in spans for position in range(first, last + 1)}


def _too_much() -> ValidationFailed:
    text = _("This is too much stock for one pack. Name the item and the bin, or choose a shorter period.")
    return ValidationFailed.at_field("item", text, reason=Reason.TOO_LARGE)


def _slice(names: Values, first: int, last: int) -> Slice | None:
    values: Values = {"sku": "", "bin": "", "hub": "", "positions": None, "most": MAX_PLACES + 1} | names
    with connection.cursor() as cursor:
        cursor.execute(PLACES, values)
        places = cursor.fetchall()
        if not places:
            return None
        values = {
            "items": [item for item, _bin in places],
            "bins": [bin_ for _item, bin_ in places],
            "first": first,
            "last": last,
            "most": MAX_ENTRIES + 1,
        }
        cursor.execute(OPENING, values)
        opening = cursor.fetchall()
        cursor.execute(ENTRIES, values)
        entries = cursor.fetchall()
    if len(places) > MAX_PLACES or len(entries) > MAX_ENTRIES:
        raise _too_much()
    content = b"".join(csv_bytes(list(COLUMNS), _rows(opening, entries)))
    described = {"first": first, "last": last, "places": len(opening), "entries": len(entries)}
    return Slice(content, described)


def _rows(opening: list[Any], entries: list[Any]) -> Iterator[list[Any]]:
    """The opening balances, the entries in the order of the ledger, and the closing balances."""
    balances: dict[tuple[str, str, str], tuple[str, Decimal]] = {}
    for sku, hub, bin_, unit, quantity in opening:
        balances[sku, hub, bin_] = (unit, quantity)
        yield ["", "", "", "", "opening", "", "", "", "", sku, hub, bin_, unit, "", quantity]
    for position, line, recorded_at, effective_on, kind, is_reversal, *rest in entries:
        *_document, sku, hub, bin_, unit, _quantity, balance = rest
        balances[sku, hub, bin_] = (unit, balance)
        yield [position, line, recorded_at, effective_on, kind, is_reversal, *rest]
    for (sku, hub, bin_), (unit, quantity) in balances.items():
        yield ["", "", "", "", "closing", "", "", "", "", sku, hub, bin_, unit, "", quantity]
