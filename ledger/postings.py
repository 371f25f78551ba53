"""Writing the ledger: one document or thousands, always the same batch (ledger.md, "Writing: always a batch").

The order of locks is the order of this file: items, bins, hubs and vendors (shared), missing balance rows in sorted
order, hub balances in sorted order, bin balances in sorted order, and last the head. Everything is computed in memory
in between, so that others wait only for the insert. Locking posting by posting while holding the head deadlocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from asora.kernel import positions
from asora.kernel.act import Act
from ledger.models import Kind
from ledger.rules import Stock, value_of

# Read under FOR KEY SHARE: archiving, eligibility and a change of unit take FOR UPDATE, so what is read here stays true
# until commit, while other postings are not kept waiting.
READ_ITEMS = """
SELECT id, sku, decimals, archived_at IS NOT NULL, is_moved FROM inventory_item
WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE
"""
READ_BINS = """
SELECT b.id, b.hub_id, h.code || '/' || b.code, b.archived_at IS NOT NULL, h.archived_at IS NOT NULL
FROM inventory_bin b JOIN inventory_hub h ON h.id = b.hub_id
WHERE b.id = ANY(%s) ORDER BY b.id FOR KEY SHARE
"""
READ_SUBMITTED = "SELECT submission, position FROM ledger_posting WHERE submission = ANY(%s)"
READ_VENDORS = """
SELECT id, code, eligible, archived_at IS NOT NULL FROM inventory_vendor
WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE
"""
FIX_UNITS = """
SELECT id FROM inventory_item WHERE id = ANY(%s) AND NOT is_moved ORDER BY id FOR NO KEY UPDATE;
UPDATE inventory_item SET is_moved = true WHERE id = ANY(%s) AND NOT is_moved
"""
# A missing row cannot be locked: insert first, in sorted order, then lock all, in sorted order, hubs before bins.
LOCK_BALANCES = """
INSERT INTO ledger_hubbalance (item_id, hub_id, quantity, value)
SELECT item, hub, 0, 0 FROM unnest(%(hub_items)s::bigint[], %(hubs)s::bigint[]) AS wanted (item, hub)
ON CONFLICT DO NOTHING;
INSERT INTO ledger_binbalance (item_id, bin_id, quantity)
SELECT item, bin, 0 FROM unnest(%(bin_items)s::bigint[], %(bins)s::bigint[]) AS wanted (item, bin)
ON CONFLICT DO NOTHING;
SELECT item_id, hub_id, quantity, value FROM ledger_hubbalance
WHERE (item_id, hub_id) IN (SELECT * FROM unnest(%(hub_items)s::bigint[], %(hubs)s::bigint[]))
ORDER BY item_id, hub_id FOR NO KEY UPDATE;
SELECT item_id, bin_id, quantity FROM ledger_binbalance
WHERE (item_id, bin_id) IN (SELECT * FROM unnest(%(bin_items)s::bigint[], %(bins)s::bigint[]))
ORDER BY item_id, bin_id FOR NO KEY UPDATE
"""
INSERT_POSTINGS = """
INSERT INTO ledger_posting (position, kind, reference, vendor_id, effective_on, recorded_at, actor_type, actor_ref,
                            request_id, reason, note, reverses, batch, submission)
SELECT position, kind, reference, vendor, effective_on, %(recorded_at)s, %(actor_type)s, %(actor_ref)s,
       %(request_id)s, reason, note, reverses, batch, submission
FROM unnest(%(positions)s::bigint[], %(posting_kind)s::text[], %(reference)s::text[], %(vendor)s::bigint[],
            %(posted_on)s::date[], %(reason)s::text[], %(note)s::text[], %(reverses)s::bigint[],
            %(batch)s::uuid[], %(submission)s::uuid[])
     AS posting (position, kind, reference, vendor, effective_on, reason, note, reverses, batch, submission)
"""
INSERT_ENTRIES = """
INSERT INTO ledger_entry (position, line, item_id, bin_id, hub_id, kind, is_reversal, quantity, unit_cost, value,
                          bin_quantity, hub_quantity, hub_value)
SELECT * FROM unnest(%(position)s::bigint[], %(line)s::int[], %(item)s::bigint[], %(bin)s::bigint[],
                     %(hub)s::bigint[], %(kind)s::text[], %(is_reversal)s::bool[], %(quantity)s::numeric[],
                     %(unit_cost)s::numeric[], %(value)s::numeric[], %(bin_quantity)s::numeric[],
                     %(hub_quantity)s::numeric[], %(hub_value)s::numeric[])
"""
UPDATE_BALANCES = """
UPDATE ledger_hubbalance balance SET quantity = new.quantity, value = new.value
FROM unnest(%(hub_items)s::bigint[], %(hubs)s::bigint[], %(hub_quantities)s::numeric[], %(hub_values)s::numeric[])
     AS new (item, hub, quantity, value)
WHERE balance.item_id = new.item AND balance.hub_id = new.hub;
UPDATE ledger_binbalance balance SET quantity = new.quantity
FROM unnest(%(bin_items)s::bigint[], %(bins)s::bigint[], %(bin_quantities)s::numeric[]) AS new (item, bin, quantity)
WHERE balance.item_id = new.item AND balance.bin_id = new.bin
"""
ADD_MOVEMENTS = """
INSERT INTO ledger_dailymovement AS moved
    (effective_on, item_id, hub_id, kind, quantity_up, quantity_down, value_up, value_down)
SELECT effective_on, item, hub, kind,
       sum(greatest(quantity, 0)), sum(greatest(-quantity, 0)), sum(greatest(value, 0)), sum(greatest(-value, 0))
FROM unnest(%(effective_on)s::date[], %(item)s::bigint[], %(hub)s::bigint[], %(kind)s::text[],
            %(quantity)s::numeric[], %(value)s::numeric[]) AS entry (effective_on, item, hub, kind, quantity, value)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (effective_on, item_id, hub_id, kind) DO UPDATE SET
    quantity_up = moved.quantity_up + excluded.quantity_up,
    quantity_down = moved.quantity_down + excluded.quantity_down,
    value_up = moved.value_up + excluded.value_up,
    value_down = moved.value_down + excluded.value_down
"""
ADD_LAYERS = """
INSERT INTO ledger_costlayer
    (item_id, hub_id, position, line, number, unit_cost, quantity, value, quantity_left, value_left)
SELECT item, hub, position, line, 1, unit_cost, quantity, value, quantity, value
FROM unnest(%(item)s::bigint[], %(hub)s::bigint[], %(position)s::bigint[], %(line)s::int[],
            %(unit_cost)s::numeric[], %(quantity)s::numeric[], %(value)s::numeric[])
     AS entry (item, hub, position, line, unit_cost, quantity, value)
"""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line to be posted. `number` is how its form or file knows it; quantity in the item's unit, cost per unit."""

    number: int
    item_id: int
    bin_id: int
    quantity: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class Draft:
    """One document to be posted; `submission` is its idempotency key."""

    kind: Kind
    submission: UUID
    effective_on: date
    lines: Sequence[DraftLine]
    reference: str = ""
    vendor_id: int | None = None
    reason: str = ""
    note: str = ""
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What posting must know of an item, as read under the lock."""

    sku: str
    decimals: int
    is_archived: bool
    is_moved: bool


@dataclass(frozen=True, slots=True)
class BinFacts:
    """What posting must know of a bin; `address` is HUB/BIN."""

    hub_id: int
    address: str
    is_archived: bool
    is_hub_archived: bool


@dataclass(frozen=True, slots=True)
class VendorFacts:
    """What posting must know of a vendor."""

    code: str
    is_eligible: bool
    is_archived: bool


@dataclass(frozen=True, slots=True)
class World:
    """The master data that drafts name, read under shared locks that last until commit.

    `submitted`: which of the drafts are posted already, and at which position.
    """

    items: dict[int, ItemFacts]
    bins: dict[int, BinFacts]
    vendors: dict[int, VendorFacts]
    submitted: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Posted:
    """What was written: positions in the order of the drafts, and exact totals."""

    positions: Sequence[int]
    lines: int
    quantity: Decimal
    value: Decimal


def submitted(submissions: Iterable[UUID]) -> dict[UUID, int]:
    """Which of these submissions are posted already, and at which position."""
    with connection.cursor() as cursor:
        cursor.execute(READ_SUBMITTED, [list(submissions)])
        return dict(cursor.fetchall())


def world_of(drafts: Sequence[Draft]) -> World:
    """Read and lock what the drafts name. Call it first in the transaction, and judge the drafts by what it says."""
    lines = [line for draft in drafts for line in draft.lines]
    items = sorted({line.item_id for line in lines})
    bins = sorted({line.bin_id for line in lines})
    vendors = sorted({draft.vendor_id for draft in drafts if draft.vendor_id is not None})
    with connection.cursor() as cursor:
        cursor.execute(
            f"{READ_ITEMS};{READ_BINS};{READ_VENDORS};{READ_SUBMITTED}",
            [items, bins, vendors, [draft.submission for draft in drafts]],
        )
        item_rows = cursor.fetchall()
        cursor.nextset()
        bin_rows = cursor.fetchall()
        cursor.nextset()
        vendor_rows = cursor.fetchall()
        cursor.nextset()
        submitted_rows = cursor.fetchall()
    return World(
        items={row[0]: ItemFacts(*row[1:]) for row in item_rows},
        bins={row[0]: BinFacts(*row[1:]) for row in bin_rows},
        vendors={row[0]: VendorFacts(*row[1:]) for row in vendor_rows},
        submitted=dict(submitted_rows),
    )


def post(act: Act, drafts: Sequence[Draft], world: World) -> Posted:
    """Write drafts that were judged by `world`, in order, one position each. The caller's action commits.

    All or nothing: whatever a constraint refuses rolls the whole batch back.
    """
    unmoved = sorted(
        {line.item_id for draft in drafts for line in draft.lines if not world.items[line.item_id].is_moved}
    )
    balances = _lock_balances(drafts, world, unmoved)
    entries = [
        entry for order, draft in enumerate(drafts) for entry in _entries_of(order, draft, world, balances)
    ]
    block = positions.take(len(drafts))
    _write(act, drafts, entries, balances, block)
    act.posted(block.first, block.last)
    return Posted(
        positions=range(block.first, block.last + 1),
        lines=len(entries),
        quantity=sum((entry.quantity for entry in entries), Decimal(0)),
        value=sum((entry.value for entry in entries), Decimal(0)),
    )


@dataclass(slots=True)
class _Balances:
    hubs: dict[tuple[int, int], Stock] = field(default_factory=dict)
    bins: dict[tuple[int, int], Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Entry:
    order: int
    line: int
    item_id: int
    bin_id: int
    hub_id: int
    kind: Kind
    quantity: Decimal
    unit_cost: Decimal
    value: Decimal
    bin_quantity: Decimal
    hub: Stock


def _lock_balances(drafts: Sequence[Draft], world: World, unmoved: list[int]) -> _Balances:
    pairs = {(line.item_id, line.bin_id) for draft in drafts for line in draft.lines}
    hub_keys = sorted({(item, world.bins[bin_].hub_id) for item, bin_ in pairs})
    bin_keys = sorted(pairs)
    found = _Balances()
    with connection.cursor() as cursor:
        if unmoved:
            cursor.execute(FIX_UNITS, [unmoved, unmoved])
        cursor.execute(
            LOCK_BALANCES,
            {
                "hub_items": _array(item for item, _ in hub_keys),
                "hubs": _array(hub for _, hub in hub_keys),
                "bin_items": _array(item for item, _ in bin_keys),
                "bins": _array(bin_ for _, bin_ in bin_keys),
            },
        )
        cursor.nextset()
        cursor.nextset()
        for item, hub, quantity, value in cursor.fetchall():
            found.hubs[item, hub] = Stock(quantity=quantity, value=value)
        cursor.nextset()
        for item, bin_, quantity in cursor.fetchall():
            found.bins[item, bin_] = quantity
    return found


def _entries_of(order: int, draft: Draft, world: World, balances: _Balances) -> Iterable[_Entry]:
    for number, line in enumerate(draft.lines, start=1):
        hub_key = line.item_id, world.bins[line.bin_id].hub_id
        bin_key = line.item_id, line.bin_id
        value = value_of(quantity=line.quantity, unit_cost=line.unit_cost)
        balances.hubs[hub_key] = balances.hubs[hub_key].with_receipt(quantity=line.quantity, value=value)
        balances.bins[bin_key] += line.quantity
        yield _Entry(
            order=order,
            line=number,
            item_id=line.item_id,
            bin_id=line.bin_id,
            hub_id=hub_key[1],
            kind=draft.kind,
            quantity=line.quantity,
            unit_cost=line.unit_cost,
            value=value,
            bin_quantity=balances.bins[bin_key],
            hub=balances.hubs[hub_key],
        )


def _write(
    act: Act, drafts: Sequence[Draft], entries: Sequence[_Entry], balances: _Balances, block: positions.Block
) -> None:
    # All in one round trip: the head is held, and everybody else waits, until this has been written and committed.
    statements = [INSERT_POSTINGS, INSERT_ENTRIES, UPDATE_BALANCES, ADD_MOVEMENTS]
    if act.tenant.costing == "fifo":
        statements.append(ADD_LAYERS)
    with connection.cursor() as cursor:
        cursor.execute(
            ";".join(statements),
            _posting_columns(act, drafts, block)
            | _entry_columns(drafts, entries, block)
            | _balance_columns(balances),
        )


def _posting_columns(act: Act, drafts: Sequence[Draft], block: positions.Block) -> dict[str, Any]:
    return {
        "recorded_at": block.recorded_at,
        "actor_type": act.actor.type,
        "actor_ref": act.actor.ref,
        "request_id": act.request_id,
        "positions": _array(range(block.first, block.last + 1)),
        "posting_kind": _array(draft.kind for draft in drafts),
        "reference": [draft.reference for draft in drafts],
        "vendor": _array(draft.vendor_id for draft in drafts),
        "posted_on": _array(draft.effective_on for draft in drafts),
        "reason": [draft.reason for draft in drafts],
        "note": [draft.note for draft in drafts],
        "reverses": _array(None for _ in drafts),
        "batch": _array(draft.batch for draft in drafts),
        "submission": _array(draft.submission for draft in drafts),
    }


def _entry_columns(
    drafts: Sequence[Draft], entries: Sequence[_Entry], block: positions.Block
) -> dict[str, Any]:
    return {
        "position": _array(block.first + entry.order for entry in entries),
        "effective_on": _array(drafts[entry.order].effective_on for entry in entries),
        "line": _array(entry.line for entry in entries),
        "item": _array(entry.item_id for entry in entries),
        "bin": _array(entry.bin_id for entry in entries),
        "hub": _array(entry.hub_id for entry in entries),
        "kind": _array(entry.kind for entry in entries),
        "is_reversal": _array(False for _ in entries),
        "quantity": _array(entry.quantity for entry in entries),
        "unit_cost": _array(entry.unit_cost for entry in entries),
        "value": _array(entry.value for entry in entries),
        "bin_quantity": _array(entry.bin_quantity for entry in entries),
        "hub_quantity": _array(entry.hub.quantity for entry in entries),
        "hub_value": _array(entry.hub.value for entry in entries),
    }


def _balance_columns(balances: _Balances) -> dict[str, Any]:
    return {
        "hub_items": _array(item for item, _ in balances.hubs),
        "hubs": _array(hub for _, hub in balances.hubs),
        "hub_quantities": _array(stock.quantity for stock in balances.hubs.values()),
        "hub_values": _array(stock.value for stock in balances.hubs.values()),
        "bin_items": _array(item for item, _ in balances.bins),
        "bins": _array(bin_ for _, bin_ in balances.bins),
        "bin_quantities": _array(balances.bins.values()),
    }


def _array(values: Iterable[int | Decimal | date | UUID | Kind | None]) -> str:
    """An array literal of values that need no quotes; psycopg, which asks each what it is, takes five times as long."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
