"""Reads postings with their lines from the ledger, as they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from asora.kernel import binding
from asora.kernel.shapes import Values
from integrations.types.figures import quantity
from integrations.types.postings.fields import Line

# Two statements in one round trip: what a posting says once is not read with each line. What is one value of a row
# is a query of its own: planning a join of many tables takes longer than this runs.
POSTINGS = """
SELECT posting.position, posting.kind, posting.reference, posting.effective_on, posting.recorded_at, posting.reason,
       posting.batch,
       coalesce((SELECT vendor.code FROM inventory_vendor vendor WHERE vendor.id = posting.vendor_id), ''),
       posting.reverses,
       coalesce((SELECT original.kind FROM ledger_posting original WHERE original.position = posting.reverses), '')
FROM ledger_posting posting
WHERE posting.position BETWEEN %(first)s AND %(last)s
ORDER BY posting.position
"""
# The name of an item is that of the position, so that the same event is described alike at any time.
LINES = """
SELECT entry.position, entry.line, entry.item_id, item.sku,
       coalesce((
           SELECT revision.name FROM inventory_itemrevision revision
           WHERE revision.item_id = entry.item_id AND revision.position <= entry.position
           ORDER BY revision.position DESC LIMIT 1
       ), item.name), item.unit, item.decimals,
       (SELECT bin.code FROM inventory_bin bin WHERE bin.id = entry.bin_id),
       (SELECT hub.code FROM inventory_hub hub WHERE hub.id = entry.hub_id), entry.hub_id,
       entry.quantity, entry.bin_quantity, entry.hub_quantity, entry.unit_cost, entry.value, entry.hub_value,
       entry.counted_quantity, entry.expected_quantity
FROM ledger_entry entry
JOIN inventory_item item ON item.id = entry.item_id
WHERE entry.position BETWEEN %(first)s AND %(last)s
ORDER BY entry.position, entry.line
"""


class Head(NamedTuple):
    """What a posting says once."""

    position: int
    kind: str
    reference: str
    effective_on: date
    recorded_at: datetime
    reason: str
    batch: UUID | None
    vendor: str
    reverses: int | None
    reversed_kind: str


class Row(NamedTuple):
    """One entry of a posting."""

    position: int
    line: int
    item_id: int
    sku: str
    name: str
    unit: str
    decimals: int
    bin: str
    hub: str
    hub_id: int
    quantity: Decimal
    bin_quantity: Decimal
    hub_quantity: Decimal
    unit_cost: Decimal
    value: Decimal
    hub_value: Decimal
    counted: Decimal | None
    expected: Decimal | None


@dataclass(frozen=True, slots=True)
class Read:
    """One posting as it was read, with its entries in their order."""

    head: Head
    rows: list[Row]
    currency: str

    def fields(self) -> Values:
        """The fields that every posting has, but for its lines."""
        head = self.head
        return {
            "position": head.position,
            "reference": head.reference,
            "effective_on": head.effective_on,
            "recorded_at": head.recorded_at,
            "batch": head.batch,
            "currency": self.currency,
            "value": sum((row.value for row in self.rows), Decimal(0)),
            "is_complete": True,
        }


def read(first: int, last: int) -> list[Read]:
    """The postings of these positions, in their order; one round trip."""
    currency: str = binding.tenant().currency
    with connection.cursor() as cursor:
        cursor.execute(f"{POSTINGS}; {LINES}", {"first": first, "last": last})
        found = {head.position: Read(head, [], currency) for head in map(Head._make, cursor.fetchall())}
        cursor.nextset()
        for row in map(Row._make, cursor.fetchall()):
            found[row.position].rows.append(row)
    return list(found.values())


def line_fields(row: Row) -> Values:
    """The fields that every line has. Quantities have the decimal places of their item."""
    return {
        "hub_id": row.hub_id,
        "line": row.line,
        "sku": row.sku,
        "name": row.name,
        "hub": row.hub,
        "bin": row.bin,
        "unit": row.unit,
        "quantity": quantity(row.quantity, row.decimals),
        "bin_quantity": quantity(row.bin_quantity, row.decimals),
        "hub_quantity": quantity(row.hub_quantity, row.decimals),
        "unit_cost": row.unit_cost,
        "value": row.value,
        "hub_value": row.hub_value,
    }


def line(row: Row) -> Line:
    """A line as it is sent."""
    return Line(**line_fields(row))
