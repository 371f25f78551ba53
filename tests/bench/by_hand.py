"""The comparison: SQL written by hand, without a framework, for exactly the rows that the product writes.

It is what a PostgreSQL expert would write for speed alone: plain psycopg, prepared statements sent in pipelines (three
round trips for a posting), balances by upsert, arrays for many rows, COPY for thousands. The database, isolation,
fsync, constraints and triggers are the same, and so are the locks, their order, and the audit event. It checks nothing:
no actor, no permission, no plan, no rule of receiving, and no refusal with a reason.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import psycopg
from django.db import connection
from psycopg import sql

from asora import __version__
from asora.kernel import keys, locks
from asora.kernel.act import Act
from asora.kernel.request_ids import uuid7
from ledger.posting.csv_reader import MovementFile
from ledger.posting.drafts import Draft

STEP = Decimal("0.000001")

FREEZE_LOCK = "SELECT pg_advisory_xact_lock_shared(%s)"
FROZEN = "SELECT reason FROM public.plans_tenantfreeze WHERE tenant_id = %s AND is_active"
SHARE_ITEMS = "SELECT id, is_moved, unit FROM inventory_item WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
SHARE_BINS = """
SELECT b.id, b.hub_id FROM inventory_bin b JOIN inventory_hub h ON h.id = b.hub_id
WHERE b.id = ANY(%s) ORDER BY b.id FOR KEY SHARE
"""
SHARE_VENDORS = "SELECT id, code FROM inventory_vendor WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
FIX_UNITS = "UPDATE inventory_item SET is_moved = true WHERE id = ANY(%s) AND NOT is_moved"
ADD_TO_HUBS = """
INSERT INTO ledger_hubbalance AS balance (item_id, hub_id, quantity, value)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[])
ON CONFLICT (item_id, hub_id) DO UPDATE
SET quantity = balance.quantity + excluded.quantity, value = balance.value + excluded.value
RETURNING item_id, hub_id, quantity, value
"""
ADD_TO_BINS = """
INSERT INTO ledger_binbalance AS balance (item_id, bin_id, quantity)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[])
ON CONFLICT (item_id, bin_id) DO UPDATE SET quantity = balance.quantity + excluded.quantity
RETURNING item_id, bin_id, quantity
"""
TAKE_POSITIONS = """
UPDATE kernel_head SET position = position + %s, recorded_at = greatest(clock_timestamp(), recorded_at)
WHERE id = 1 RETURNING position, recorded_at
"""
INSERT_POSTING = """
INSERT INTO ledger_posting (position, kind, reference, vendor_id, effective_on, recorded_at, actor_type, actor_ref,
                            request_id, reason, note, submission)
VALUES (%s, 'receipt', %s, %s, %s, %s, %s, %s, %s, '', %s, %s)
"""
INSERT_ENTRIES = """
INSERT INTO ledger_entry (position, line, item_id, bin_id, hub_id, kind, is_reversal, quantity, unit_cost, value,
                          bin_quantity, hub_quantity, hub_value)
SELECT %s, line, item, bin, hub, 'receipt', false, quantity, unit_cost, value, bin_quantity, hub_quantity, hub_value
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[],
            %s::numeric[], %s::numeric[], %s::numeric[])
     AS entry (line, item, bin, hub, quantity, unit_cost, value, bin_quantity, hub_quantity, hub_value)
"""
ADD_MOVEMENTS = """
INSERT INTO ledger_dailymovement AS moved
    (effective_on, item_id, hub_id, kind, quantity_up, quantity_down, value_up, value_down)
SELECT day, item, hub, 'receipt', quantity, 0, value, 0
FROM unnest(%s::date[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[])
     AS entry (day, item, hub, quantity, value)
ON CONFLICT (effective_on, item_id, hub_id, kind) DO UPDATE
SET quantity_up = moved.quantity_up + excluded.quantity_up, value_up = moved.value_up + excluded.value_up
"""
INSERT_EVENT = """
WITH taken AS (UPDATE audit_trailhead SET number = number + 1 WHERE id = 1 RETURNING number)
INSERT INTO audit_event (
    number, touched, hubs, release, duration_ms, rule_id,
    id, request_id, client_request_id, cause_id, actor_type, actor_ref, session_ref, route, action, outcome, error,
    code, reason, message, decision, resource_type, resource_id, resource_label, changes, facts, first_position,
    last_position, export_ref, dispatch_ref, ticket_ref, schema_version, redactions)
SELECT number, %s::text[], %s::bigint[], %s, %s::int, '',
       %s, %s, '', '', %s, %s, %s, %s, %s, 'allowed', '', '', '', '', %s::jsonb, '', '', %s, '[]', %s::jsonb,
       %s::bigint, %s::bigint, '', '', '', 2, '[]'
FROM taken
"""
COPY_POSTINGS = """
COPY ledger_posting (position, kind, reference, vendor_id, effective_on, recorded_at, actor_type, actor_ref, request_id,
                     reason, note, batch, submission) FROM STDIN
"""
COPY_ENTRIES = """
COPY ledger_entry (position, line, item_id, bin_id, hub_id, kind, is_reversal, quantity, unit_cost, value, bin_quantity,
                   hub_quantity, hub_value) FROM STDIN
"""


@dataclass(slots=True)
class Sums:
    """The sums that a batch adds to every balance and every day."""

    hubs: dict[tuple[int, int], list[Decimal]]
    bins: dict[tuple[int, int], Decimal]
    days: dict[tuple[Any, int, int], list[Decimal]]


def connect(schema: str) -> psycopg.Connection[Any]:
    """A plain connection to the database that Django uses, on one schema, with every statement prepared."""
    given = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in {"dbname", "host", "port", "user", "password"}
    }
    plain = psycopg.connect(**given, prepare_threshold=0)
    plain.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(schema)))
    plain.commit()
    return plain


def receive(plain: psycopg.Connection[Any], act: Act, draft: Draft) -> int:
    """Write one receipt and its event; returns its position."""
    began = time.perf_counter()
    items, bins, vendors = _named([draft])
    with plain.transaction(), plain.pipeline() as pipeline, plain.cursor() as cursor:
        cursor.execute(FREEZE_LOCK, [locks.key("freeze", act.tenant.schema_name)])
        cursor.execute(FROZEN, [act.tenant.pk])
        shared = [
            plain.execute(SHARE_ITEMS, [items]),
            plain.execute(SHARE_BINS, [bins]),
            plain.execute(SHARE_VENDORS, [vendors]),
        ]
        pipeline.sync()
        found = shared[0].fetchall()
        unmoved = [id_ for id_, is_moved, _unit in found if not is_moved]
        hub_of = dict(shared[1].fetchall())
        codes = dict(shared[2].fetchall())
        if unmoved:
            cursor.execute(FIX_UNITS, [unmoved])
        sums = _sums([draft], hub_of)
        hubs, bins_now = _add(plain, sums)
        head = plain.execute(TAKE_POSITIONS, [1])
        pipeline.sync()
        position, recorded_at = head.fetchone() or (0, None)
        before_hubs = {(i, h): [q - sums.hubs[i, h][0], v - sums.hubs[i, h][1]] for i, h, q, v in hubs}
        before_bins = {(i, b): q - sums.bins[i, b] for i, b, q in bins_now}
        rows = list(_rows(draft, hub_of, before_hubs, before_bins))
        cursor.execute(
            INSERT_POSTING,
            [
                position,
                draft.reference,
                draft.vendor_id,
                draft.effective_on,
                recorded_at,
                act.actor.type,
                act.actor.ref,
                act.request_id,
                draft.note,
                draft.submission,
            ],
        )
        cursor.execute(INSERT_ENTRIES, [position, *map(array, zip(*rows, strict=True))])
        _add_movements(cursor, sums)
        total = [sum(column, Decimal(0)) for column in zip(*sums.hubs.values(), strict=True)]
        facts = {
            "postings": 1,
            "lines": len(rows),
            "quantities": _per_unit(sums, found),
            "value": f"{total[1]:f}",
            "references": [draft.reference],
            "vendors": [codes[draft.vendor_id]],
            "reasons": [],
        }
        event_keys = _event_keys(act, [draft], hub_of, unmoved, f"submission:{draft.submission}")
        _insert_event(
            cursor,
            act,
            "ledger.receipt.post",
            draft.reference,
            facts,
            (position, position),
            event_keys,
            began,
        )
    return int(position)


def import_receipts(
    plain: psycopg.Connection[Any],
    act: Act,
    file: MovementFile,
    drafts: Sequence[Draft],
    *,
    left_out: Mapping[str, Any],
    confirmed: Sequence[Mapping[str, Any]],
) -> int:
    """Write many receipts, which were read and checked before, and their one event; returns how many."""
    namespace = uuid5(NAMESPACE_URL, f"asora:{act.tenant.schema_name}:{file.kind}:{file.sha256}")
    began = time.perf_counter()
    items, bins, vendors = _named(file.drafts)
    with plain.transaction(), plain.cursor() as cursor:
        cursor.execute(FREEZE_LOCK, [locks.key("freeze", act.tenant.schema_name)])
        cursor.execute(FROZEN, [act.tenant.pk])
        shared = [
            plain.execute(SHARE_ITEMS, [items]),
            plain.execute(SHARE_BINS, [bins]),
            plain.execute(SHARE_VENDORS, [vendors]),
        ]
        hub_of = dict(shared[1].fetchall())
        codes = dict(shared[2].fetchall())
        found = shared[0].fetchall()
        posted = {line.item_id for draft in drafts for line in draft.lines}
        unmoved = [id_ for id_, is_moved, _unit in found if not is_moved and id_ in posted]
        cursor.execute(FIX_UNITS, [unmoved])
        sums = _sums(drafts, hub_of)
        hubs, bins_now = _add(plain, sums)
        before_hubs = {(i, h): [q - sums.hubs[i, h][0], v - sums.hubs[i, h][1]] for i, h, q, v in hubs}
        before_bins = {(i, b): q - sums.bins[i, b] for i, b, q in bins_now}
        position, recorded_at = plain.execute(TAKE_POSITIONS, [len(drafts)]).fetchone() or (0, None)
        first = position - len(drafts) + 1
        same = recorded_at, act.actor.type, act.actor.ref, act.request_id
        with cursor.copy(COPY_POSTINGS) as copy:
            for order, draft in enumerate(drafts, start=first):
                head = order, "receipt", draft.reference, draft.vendor_id, draft.effective_on
                copy.write_row((*head, *same, "", draft.note, namespace, uuid5(namespace, draft.reference)))
        with cursor.copy(COPY_ENTRIES) as copy:
            for order, draft in enumerate(drafts, start=first):
                for number, item, bin_, hub, *figures in _rows(draft, hub_of, before_hubs, before_bins):
                    shown = "\t".join(map(str, figures))
                    copy.write(f"{order}\t{number}\t{item}\t{bin_}\t{hub}\treceipt\tf\t{shown}\n")
        _add_movements(cursor, sums)
        total = [sum(column, Decimal(0)) for column in zip(*sums.hubs.values(), strict=True)]
        facts = {
            "sha256": file.sha256,
            "batch": str(namespace),
            "already_posted": 0,
            "left_out": left_out,
            **({"confirmed": confirmed} if confirmed else {}),
            "postings": len(drafts),
            "lines": sum(len(draft.lines) for draft in drafts),
            "quantities": _per_unit(sums, found),
            "value": f"{total[1]:f}",
            "references": [draft.reference for draft in drafts[:20]],
            "vendors": sorted({codes[draft.vendor_id] for draft in drafts})[:20],
            "reasons": [],
        }
        event_keys = _event_keys(act, drafts, hub_of, unmoved, f"batch:{namespace}", checked=file.drafts)
        _insert_event(
            cursor, act, "ledger.receipt.import", "receipts.csv", facts, (first, position), event_keys, began
        )
    return len(drafts)


def array(values: Iterable[Any]) -> str:
    """An array literal of numbers or dates: nothing in it needs quotes."""
    return "{" + ",".join(map(str, values)) + "}"


def _named(drafts: Sequence[Draft]) -> tuple[list[int], list[int], list[int | None]]:
    lines = [line for draft in drafts for line in draft.lines]
    return (
        sorted({line.item_id for line in lines}),
        sorted({line.bin_id for line in lines}),
        list({draft.vendor_id for draft in drafts}),
    )


def _per_unit(sums: Sums, found: Sequence[tuple[int, bool, str]]) -> dict[str, str]:
    unit_of = {item: unit for item, _is_moved, unit in found}
    totals: dict[str, Decimal] = {}
    for (item, _hub), (quantity, _value) in sums.hubs.items():
        totals[unit_of[item]] = totals.get(unit_of[item], Decimal(0)) + quantity
    return {unit: f"{quantity:f}" for unit, quantity in sorted(totals.items())}


def _value(quantity: Decimal, unit_cost: Decimal) -> Decimal:
    return (quantity * unit_cost).quantize(STEP, ROUND_HALF_EVEN)


def _sums(drafts: Sequence[Draft], hub_of: Mapping[int, int]) -> Sums:
    sums = Sums({}, {}, {})
    for draft in drafts:
        for line in draft.lines:
            hub = hub_of[line.bin_id]
            value = _value(line.quantity, line.unit_cost)
            for balance in (
                sums.hubs.setdefault((line.item_id, hub), [Decimal(0), Decimal(0)]),
                sums.days.setdefault((draft.effective_on, line.item_id, hub), [Decimal(0), Decimal(0)]),
            ):
                balance[0] += line.quantity
                balance[1] += value
            key = line.item_id, line.bin_id
            sums.bins[key] = sums.bins.get(key, Decimal(0)) + line.quantity
    return sums


def _add(plain: psycopg.Connection[Any], sums: Sums) -> tuple[psycopg.Cursor[Any], psycopg.Cursor[Any]]:
    hubs, bins = sorted(sums.hubs), sorted(sums.bins)
    return (
        plain.execute(
            ADD_TO_HUBS,
            [
                array(item for item, _ in hubs),
                array(hub for _, hub in hubs),
                array(sums.hubs[key][0] for key in hubs),
                array(sums.hubs[key][1] for key in hubs),
            ],
        ),
        plain.execute(
            ADD_TO_BINS,
            [
                array(item for item, _ in bins),
                array(bin_ for _, bin_ in bins),
                array(sums.bins[key] for key in bins),
            ],
        ),
    )


def _add_movements(cursor: psycopg.Cursor[Any], sums: Sums) -> None:
    days = sorted(sums.days)
    cursor.execute(
        ADD_MOVEMENTS,
        [
            array(day for day, _, _ in days),
            array(item for _, item, _ in days),
            array(hub for _, _, hub in days),
            array(sums.days[key][0] for key in days),
            array(sums.days[key][1] for key in days),
        ],
    )


def _rows(
    draft: Draft,
    hub_of: Mapping[int, int],
    hubs: dict[tuple[int, int], list[Decimal]],
    bins: dict[tuple[int, int], Decimal],
) -> Iterable[tuple[Any, ...]]:
    """The lines with the balances after each; `hubs` and `bins` are the balances before, and are updated."""
    for number, line in enumerate(draft.lines, start=1):
        hub = hub_of[line.bin_id]
        value = _value(line.quantity, line.unit_cost)
        balance = hubs[line.item_id, hub]
        balance[0] += line.quantity
        balance[1] += value
        bins[line.item_id, line.bin_id] += line.quantity
        yield (
            number,
            line.item_id,
            line.bin_id,
            hub,
            line.quantity,
            line.unit_cost,
            value,
            bins[line.item_id, line.bin_id],
            balance[0],
            balance[1],
        )


@dataclass(frozen=True, slots=True)
class EventKeys:
    """The keys of the event, and its hubs."""

    inputs: list[str]
    touched: list[str]
    hubs: list[int]
    hub_gate: list[str]


def _event_keys(
    act: Act,
    drafts: Sequence[Draft],
    hub_of: Mapping[int, int],
    unmoved: Sequence[int],
    sent: str,
    *,
    checked: Sequence[Draft] = (),
) -> EventKeys:
    """`checked`: the documents whose records were read, if more than the posted ones."""
    items, bins, vendors = _named(checked or drafts)
    hubs = sorted({hub_of[bin_] for bin_ in bins})
    read, stock = (
        keys.stock(
            dict.fromkeys((line.item_id, line.bin_id) for draft in some for line in draft.lines), hub_of
        )
        for some in (checked or drafts, drafts)
    )
    return EventKeys(
        inputs=[
            *keys.many("item", items),
            *keys.bins(bins, hub_of),
            *(f"hub:{hub}" for hub in hubs),
            *keys.many("vendor", sorted(vendor for vendor in vendors if vendor)),
            *read,
            sent,
        ],
        touched=[*stock, *keys.many("item", unmoved), sent],
        hubs=hubs,
        hub_gate=[key for hub in hubs for key in (f"grant:{act.actor.ref}:{hub}", f"hub:{hub}")],
    )


def _insert_event(
    cursor: psycopg.Cursor[Any],
    act: Act,
    action: str,
    label: str,
    facts: Mapping[str, Any],
    positions: tuple[int, int],
    event_keys: EventKeys,
    began: float,
) -> None:
    person = f"person:{act.actor.ref}"
    allowed = [person, *(f"role:{role}" for role in act.actor.roles), "role_model", *event_keys.hub_gate]
    decision = [
        {"gate": "authenticated", "verdict": "passed", "inputs": [person], "actor_type": act.actor.type},
        {
            "gate": "permitted",
            "verdict": "passed",
            "inputs": allowed,
            "rule": "ledger.receive",
            "roles": list(act.actor.roles),
        },
        {"gate": "open", "verdict": "passed", "inputs": ["freeze"]},
        {"gate": "valid", "verdict": "passed", "inputs": event_keys.inputs},
        *({"gate": gate, "verdict": "passed"} for gate in ("within_plan", "state", "written")),
    ]
    cursor.execute(
        INSERT_EVENT,
        [
            event_keys.touched,
            event_keys.hubs,
            __version__,
            int((time.perf_counter() - began) * 1000),
            uuid7(),
            act.request_id,
            act.actor.type,
            act.actor.ref,
            act.actor.session_ref,
            act.route,
            action,
            json.dumps(decision),
            label,
            json.dumps(facts),
            *positions,
        ],
    )
