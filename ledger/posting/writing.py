"""Writing the ledger: always as a batch, whether of one document or of thousands.

The order of locks: items, bins, hubs and vendors (`ledger.posting.master_data`), missing balance rows in sorted order,
hub balances in sorted order, bin balances in sorted order, and last the head. Everything is computed in memory before
the head is locked (`ledger.posting.journal`), so that others wait only for the insert. Locking posting by posting with
the head locked would deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import DatabaseError, DataError, connection
from django.utils.translation import gettext as _

from asora.kernel import looking, positions
from asora.kernel.act import Act
from asora.kernel.csv.reading import LineErrors
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import Values
from ledger.models import Kind
from ledger.posting import layers
from ledger.posting.costing import Book
from ledger.posting.drafts import Draft, lines_of
from ledger.posting.journal import PROVISIONAL, Journal, JournalEntry, all_or_nothing
from ledger.posting.master_data import MasterData
from ledger.posting.opening_stock import CHECK_LATER, CHECK_NOW
from ledger.posting.rules import ZERO, Stock, added_up

FIX_UNITS = """
SELECT id FROM inventory_item WHERE id = ANY(%s) AND NOT is_moved ORDER BY id FOR NO KEY UPDATE;
UPDATE inventory_item SET is_moved = true WHERE id = ANY(%s) AND NOT is_moved
"""
# A missing row cannot be locked: insert first, in sorted order, then lock all, in sorted order, hubs before bins.
ADD_BALANCES = """
INSERT INTO ledger_hubbalance (item_id, hub_id, quantity, value)
SELECT item, hub, 0, 0 FROM unnest(%(hub_items)s::bigint[], %(hubs)s::bigint[]) AS wanted (item, hub)
ON CONFLICT DO NOTHING;
INSERT INTO ledger_binbalance (item_id, bin_id, quantity)
SELECT item, bin, 0 FROM unnest(%(bin_items)s::bigint[], %(bins)s::bigint[]) AS wanted (item, bin)
ON CONFLICT DO NOTHING;
"""
LOCK_BALANCES = """
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
                          counted_quantity, expected_quantity, bin_quantity, hub_quantity, hub_value)
SELECT * FROM unnest(%(position)s::bigint[], %(line)s::int[], %(item)s::bigint[], %(bin)s::bigint[],
                     %(hub)s::bigint[], %(kind)s::text[], %(is_reversal)s::bool[], %(quantity)s::numeric[],
                     %(unit_cost)s::numeric[], %(value)s::numeric[], %(counted)s::numeric[],
                     %(expected)s::numeric[], %(bin_quantity)s::numeric[], %(hub_quantity)s::numeric[],
                     %(hub_value)s::numeric[])
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


@dataclass(frozen=True, slots=True)
class MoreStock:
    """A supposition of a look: this much more of an item is in a bin."""

    item_id: int
    bin_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Posted:
    """The result of writing: positions and values in the order of the drafts, and exact totals; quantities per unit."""

    positions: Sequence[int]
    lines: int
    quantities: Mapping[str, Decimal]
    value: Decimal
    values: Sequence[Decimal] = ()


NUMERIC_OVERFLOW = "22003"
NOTHING = Posted((), 0, {}, Decimal(0))


def post(
    act: Act, drafts: Sequence[Draft], master_data: MasterData, *, journal: Journal = all_or_nothing
) -> Posted:
    """Write drafts that were checked against `master_data`, in order, one position each. The caller's action commits.

    All or nothing; `journal` decides which lines a refusal names. Refusals: VALIDATION_FAILED with
    `lines`: INSUFFICIENT_STOCK (naming bin, on hand and asked to those who may see stock), COST_CONSUMED.
    """
    if not drafts:
        return NOTHING
    book = _lock_balances(act, drafts, master_data)
    errors = LineErrors()
    entries = journal(
        drafts, master_data, book, errors, shows_stock=act.actor.may(Permission.LEDGER_VIEW_STOCK)
    )
    if errors:
        refusal = errors.refusal(total=sum(len(draft.lines) for draft in drafts))
        # The balances are locked: later movements of them get later positions than this one.
        refusal.evidence["judged_at"] = positions.current()
        if looking.is_on():
            refusal.evidence["short"] = _short(drafts, book, errors)
        raise refusal
    if looking.is_on():  # stops before the head, so that nobody waits
        return _posted(range(len(drafts)), entries, master_data)
    block = positions.take(len(drafts))
    try:
        _write(act, drafts, entries, book, block)
    except DataError as error:
        # Each line may fit, but not the balance or the day's movement that they add up to.
        if getattr(error.__cause__, "sqlstate", "") != NUMERIC_OVERFLOW:
            raise
        raise ValidationFailed(
            _("The number is too large. Enter a smaller quantity or cost."), reason=Reason.INVALID_INPUT
        ) from error
    act.posted(block.first, block.last)
    return _posted(range(block.first, block.last + 1), entries, master_data)


def _posted(taken: Sequence[int], entries: Sequence[JournalEntry], master_data: MasterData) -> Posted:
    values = [Decimal(0)] * len(taken)
    for entry in entries:
        values[entry.order] += entry.moved.value
    return Posted(
        positions=taken,
        lines=len(entries),
        quantities=added_up(
            (master_data.items[entry.item_id].unit, entry.moved.quantity) for entry in entries
        ),
        value=sum(values, Decimal(0)),
        values=values,
    )


def _lock_balances(act: Act, drafts: Sequence[Draft], master_data: MasterData) -> Book:
    unmoved = sorted(
        {line.item_id for line in lines_of(drafts) if not master_data.items[line.item_id].is_moved}
    )
    bin_keys = sorted({(line.item_id, bin_) for line in lines_of(drafts) for bin_ in line.bins})
    hub_keys = sorted({(item, master_data.bins[bin_].hub_id) for item, bin_ in bin_keys})
    book = Book(fifo=act.tenant.costing == "fifo")
    if looking.is_on():  # reads what is there; a missing row means no stock
        book.hubs = {key: Stock() for key in hub_keys}
        book.bins = dict.fromkeys(bin_keys, ZERO)
    with connection.cursor() as cursor:
        if unmoved and not looking.is_on():
            cursor.execute(FIX_UNITS, [unmoved, unmoved])
        cursor.execute(
            LOCK_BALANCES if looking.is_on() else ADD_BALANCES + LOCK_BALANCES,
            {
                "hub_items": _array(item for item, _hub in hub_keys),
                "hubs": _array(hub for _item, hub in hub_keys),
                "bin_items": _array(item for item, _bin in bin_keys),
                "bins": _array(bin_ for _item, bin_ in bin_keys),
            },
        )
        if not looking.is_on():
            cursor.nextset()
            cursor.nextset()
        for item, hub, quantity, value in cursor.fetchall():
            book.hubs[item, hub] = Stock(quantity=quantity, value=value)
        cursor.nextset()
        for item, bin_, quantity in cursor.fetchall():
            book.bins[item, bin_] = quantity
    if book.fifo:
        # The locks of the hub balances also lock their layers.
        book.layers = layers.needed(drafts, master_data)
    for number, more in enumerate(looking.supposed(MoreStock), start=1):
        if (more.item_id, more.bin_id) in book.bins:
            hub = master_data.bins[more.bin_id].hub_id
            place = {"item": more.item_id, "hub": hub, "bin_": more.bin_id}
            book.bring(**place, quantity=more.quantity, unit_cost=ZERO, entry=(0, number))
    return book


def _short(drafts: Sequence[Draft], book: Book, errors: LineErrors) -> list[tuple[int, int, str]]:
    """How much is missing for the refused lines: item, bin, quantity."""
    missing: dict[tuple[int, int], Decimal] = {}
    for line in lines_of(drafts):
        reasons = {entry["reason"] for entry in errors.lines.get(line.number, ())}
        if Reason.INSUFFICIENT_STOCK in reasons:
            key = line.item_id, line.bin_id
            missing[key] = missing.get(key, ZERO) + abs(line.quantity)
    return [(*key, f"{quantity - book.bins[key]:f}") for key, quantity in missing.items()]


def _write(
    act: Act, drafts: Sequence[Draft], entries: Sequence[JournalEntry], book: Book, block: positions.Block
) -> None:
    # All in one round trip: the head is locked, and everybody else waits, until this is written and committed.
    statements = [INSERT_POSTINGS, INSERT_ENTRIES, UPDATE_BALANCES, ADD_MOVEMENTS]
    columns = (
        _posting_columns(act, drafts, block) | _entry_columns(drafts, entries, block) | _balance_columns(book)
    )
    if book.fifo:
        statements += layers.STATEMENTS
        columns |= layers.columns(entries, book, first_position=block.first - PROVISIONAL)
    opens = any(draft.opens for draft in drafts)
    if opens:
        statements.append(CHECK_NOW)
    with connection.cursor() as cursor:
        if opens:
            cursor.execute(CHECK_LATER)
        cursor.execute(";".join(statements), columns)
        for rows in (len(drafts), len(entries), len(book.hubs), len(book.bins)):
            if cursor.rowcount != rows:  # a trigger or rule that is not ours has dropped some rows
                raise DatabaseError("the ledger did not take every row")
            cursor.nextset()


def _posting_columns(act: Act, drafts: Sequence[Draft], block: positions.Block) -> Values:
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
        "reverses": _array(draft.reverses for draft in drafts),
        "batch": _array(draft.batch for draft in drafts),
        "submission": _array(draft.submission for draft in drafts),
    }


def _entry_columns(
    drafts: Sequence[Draft], entries: Sequence[JournalEntry], block: positions.Block
) -> Values:
    return {
        "position": _array(block.first + entry.order for entry in entries),
        "effective_on": _array(drafts[entry.order].effective_on for entry in entries),
        "line": _array(entry.line for entry in entries),
        "item": _array(entry.item_id for entry in entries),
        "bin": _array(entry.bin_id for entry in entries),
        "hub": _array(entry.hub_id for entry in entries),
        "kind": _array(entry.kind for entry in entries),
        "is_reversal": _array(entry.is_reversal for entry in entries),
        "quantity": _array(entry.moved.quantity for entry in entries),
        "unit_cost": _array(entry.moved.unit_cost for entry in entries),
        "value": _array(entry.moved.value for entry in entries),
        "counted": _array(entry.counted.quantity if entry.counted else None for entry in entries),
        "expected": _array(entry.counted.expected if entry.counted else None for entry in entries),
        "bin_quantity": _array(entry.moved.bin_quantity for entry in entries),
        "hub_quantity": _array(entry.moved.hub.quantity for entry in entries),
        "hub_value": _array(entry.moved.hub.value for entry in entries),
    }


def _balance_columns(book: Book) -> Values:
    return {
        "hub_items": _array(item for item, _hub in book.hubs),
        "hubs": _array(hub for _item, hub in book.hubs),
        "hub_quantities": _array(stock.quantity for stock in book.hubs.values()),
        "hub_values": _array(stock.value for stock in book.hubs.values()),
        "bin_items": _array(item for item, _bin in book.bins),
        "bins": _array(bin_ for _item, bin_ in book.bins),
        "bin_quantities": _array(book.bins.values()),
    }


def _array(values: Iterable[int | Decimal | date | UUID | Kind | None]) -> str:
    """An array literal of values that need no quotes; psycopg inspects each value, which takes five times as long."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
