"""A ledger of any size: N entries over 50,000 (item, bin) balances in one tenant, and a small one beside it.

Made by SQL on the server from its size alone, so it is the same everywhere. A posting has ten lines; stock comes and
goes posting by posting, spread over all places; one hot item is in fifty bins and has a tenth of all entries. Costs
never change, so the moving average is the cost. `verify()` proves it like any other ledger.

Ten million entries take minutes, so that database stays in `.asora/bench` until the code that makes it changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from inventory.models import Bin, Category, Hub, Item, Vendor
from plans.models import Tenant
from tests.bench import stored
from tests.bench.harness import Size
from tests.factories import people, tenants

HUBS, BINS, ITEMS, VENDORS = 10, 100, 4_995, 10
PLACES = 10  # bins of an ordinary item, two in each of five hubs
HOT_PLACES = 50
BALANCES = ITEMS * PLACES + HOT_PLACES
LINES = 10
KEPT_FROM = 1_000_000  # entries; smaller ledgers are built every time

# Places are numbered. Even and odd places are moved by odd and even postings, receipts and issues in turn. `round`: how
# often each place was moved before. Nothing falls below zero: an issue takes most of the receipt before it.
POSTINGS_A_ROUND = ITEMS * PLACES // 2 // (LINES - 1)
HALF = ITEMS * PLACES // 2

PLACES_SQL = f"""
CREATE TEMPORARY TABLE bench_place AS
WITH place AS (
    SELECT number, 1 + number / {PLACES} AS item, (1 + number / {PLACES} + number % {PLACES} / 2) % {HUBS} AS hub,
           ((1 + number / {PLACES}) * 7 + number % {PLACES} * 13) % {BINS} AS bin
    FROM generate_series(0, {ITEMS * PLACES - 1}) number
    UNION ALL
    SELECT {ITEMS * PLACES} + number, 0, number % {HUBS}, number / {HUBS} * 20
    FROM generate_series(0, {HOT_PLACES - 1}) number
)
SELECT place.number::int, (place.item * {HUBS} + place.hub)::int AS pair, item.id AS item_id, bin.id AS bin_id,
       hub.id AS hub_id, 1 + (place.item % 900) / 100.0 AS unit_cost
FROM place
JOIN inventory_item item ON item.sku = 'SKU-' || lpad(place.item::text, 5, '0')
JOIN inventory_hub hub ON hub.code = 'HUB-' || place.hub
JOIN inventory_bin bin ON bin.hub_id = hub.id AND bin.code = 'B-' || lpad(place.bin::text, 3, '0')
"""
POSTINGS_SQL = f"""
CREATE TEMPORARY TABLE bench_posting AS
SELECT number::int, ((number - 1) %% 2)::int AS half, ((number - 1) / 2)::int AS turn, round::int,
       CASE WHEN (number - 1) %% 2 = 0 THEN round %% 2 = 0 ELSE round = 0 OR round %% 2 = 1 END AS is_receipt
FROM generate_series(1, %(postings)s) number, LATERAL (SELECT (number - 1) / 2 / {POSTINGS_A_ROUND} AS round) rounds
"""
INSERT_REVISIONS = """
INSERT INTO inventory_itemrevision (position, item_id, name, category_code, recorded_at)
SELECT row_number() OVER (ORDER BY item.id), item.id, item.name, category.code, timestamptz '2025-01-01'
FROM inventory_item item JOIN inventory_category category ON category.id = item.category_id
"""
INSERT_POSTINGS = """
INSERT INTO ledger_posting (position, kind, reference, vendor_id, effective_on, recorded_at, actor_type, actor_ref,
                            request_id, reason, note, submission)
SELECT %(first)s + number, CASE WHEN is_receipt THEN 'receipt' ELSE 'issue' END, 'DOC-' || number / 3,
       CASE WHEN is_receipt THEN (SELECT array_agg(id ORDER BY id) FROM inventory_vendor)[1 + number %% 10] END,
       date '2025-01-01' + (number::bigint * 20 / %(postings)s)::int,
       timestamptz '2025-01-01' + number * interval '1 second', 'user', 'person-' || number %% 7, 'bench-' || number,
       '', '', md5(number::text)::uuid
FROM bench_posting ORDER BY number
"""
INSERT_ENTRIES = f"""
INSERT INTO ledger_entry (position, line, item_id, bin_id, hub_id, kind, is_reversal, quantity, unit_cost, value,
                          bin_quantity, hub_quantity, hub_value)
SELECT %(first)s + order_ / {LINES}, 1 + order_ %% {LINES}, place.item_id, place.bin_id, place.hub_id,
       CASE WHEN moved > 0 THEN 'receipt' ELSE 'issue' END, false, moved, unit_cost, moved * unit_cost,
       bin_quantity, hub_quantity, hub_quantity * unit_cost
FROM (
    SELECT order_, number, moved, sum(moved) OVER (PARTITION BY number ORDER BY order_) AS bin_quantity,
           sum(moved) OVER (PARTITION BY pair ORDER BY order_) AS hub_quantity
    FROM (
        SELECT posting.number::bigint * {LINES} + line - 1 AS order_, touched.number, place.pair,
               CASE WHEN line = {LINES} THEN CASE WHEN is_receipt THEN 9 ELSE -8 END
                    WHEN is_receipt THEN 10 + (touched.number * 31 + round * 17) %% 40
                    ELSE (touched.number + round) %% 3 - 10 - (touched.number * 31 + (round - 1) * 17) %% 40
               END AS moved
        FROM bench_posting posting
        CROSS JOIN generate_series(1, {LINES}) line
        CROSS JOIN LATERAL (
            SELECT CASE WHEN line = {LINES} THEN {ITEMS * PLACES} + turn %% {HOT_PLACES}
                   ELSE ((turn %% {POSTINGS_A_ROUND} * {LINES - 1} + line - 1)::bigint * 7919 + round * 104729)
                        %% {HALF} * 2 + half END::int AS number
        ) touched
        JOIN bench_place place ON place.number = touched.number
    ) line
) line
JOIN bench_place place USING (number)
ORDER BY order_
"""
# The event of each document, without its gates: only the proof reads it.
INSERT_EVENTS = """
INSERT INTO audit_event (number, id, occurred_at, request_id, client_request_id, cause_id, actor_type, actor_ref,
                         session_ref, route, action, outcome, error, code, reason, message, decision, resource_type,
                         resource_id, resource_label, changes, facts, first_position, last_position, export_ref,
                         dispatch_ref, ticket_ref, schema_version, redactions, touched, hubs, release, rule_id)
SELECT (SELECT number FROM audit_trailhead) + row_number() OVER (ORDER BY position), gen_random_uuid(), recorded_at,
       request_id, '', '', actor_type, actor_ref, '', '', 'ledger.' || kind, 'allowed', '', '', '', '', '[]', '', '',
       '', '[]', '{}', position, position, '', '', '', 2, '[]', '{}', '{}', '', ''
FROM ledger_posting
"""
NUMBER_EVENTS = "UPDATE audit_trailhead SET number = (SELECT max(number) FROM audit_event)"
DERIVED = (
    """INSERT INTO ledger_binbalance (item_id, bin_id, quantity)
       SELECT item_id, bin_id, sum(quantity) FROM ledger_entry GROUP BY 1, 2 ORDER BY 1, 2""",
    """INSERT INTO ledger_hubbalance (item_id, hub_id, quantity, value)
       SELECT item_id, hub_id, sum(quantity), sum(value) FROM ledger_entry GROUP BY 1, 2 ORDER BY 1, 2""",
    """INSERT INTO ledger_dailymovement (effective_on, item_id, hub_id, kind, quantity_up, quantity_down, value_up,
                                         value_down)
       SELECT posting.effective_on, entry.item_id, entry.hub_id, entry.kind, sum(greatest(quantity, 0)),
              sum(greatest(-quantity, 0)), sum(greatest(value, 0)), sum(greatest(-value, 0))
       FROM ledger_entry entry JOIN ledger_posting posting USING (position) GROUP BY 1, 2, 3, 4""",
    INSERT_EVENTS,
    NUMBER_EVENTS,
    """UPDATE kernel_head SET (position, recorded_at) = (SELECT max(position), max(recorded_at) FROM ledger_posting)""",
    "UPDATE inventory_item SET is_moved = true",
    """VACUUM (ANALYZE) audit_event, ledger_posting, ledger_entry, ledger_binbalance, ledger_hubbalance,
       ledger_dailymovement, inventory_item, inventory_itemrevision, inventory_bin, inventory_hub""",
)
# Dropped, and made again after the rows are written: keys and indexes row by row take ten times as long.
SCAFFOLDING = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint
WHERE (conrelid IN ('ledger_entry'::regclass, 'ledger_posting'::regclass) AND contype = 'f' AND confrelid <> conrelid)
   OR (conrelid = 'ledger_entry'::regclass AND contype = 'p')
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid IN ('ledger_entry'::regclass, 'ledger_posting'::regclass)
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
SHAPED_BY = ("asora/kernel", "inventory", "ledger")


@dataclass(frozen=True)
class Ledger:
    """One ledger: its tenant, an act of its owner, and the range of its positions."""

    tenant: Tenant
    act: Act
    entries: int
    first: int
    last: int

    def at(self, share: float) -> int:
        """The position after that share of all postings."""
        return self.first + round((self.last - self.first) * share)


@dataclass(frozen=True)
class Ledgers:
    """A large ledger, and a small one for comparison: same places, same rules, fewer entries."""

    large: Ledger
    small: Ledger


_built: dict[tuple[str, int], Ledger] = {}


@contextlib.contextmanager
def ledgers(size: Size) -> Iterator[Ledgers]:
    """Both ledgers, in one database, to which Django is connected."""
    place = (
        stored.database(f"asora_bench_{size.entries}", mark=_fingerprint(size), build=partial(_build, size))
        if size.entries >= KEPT_FROM
        else contextlib.nullcontext()
    )
    with place:
        pair = Ledgers(large=_ledger(size.entries), small=_ledger(size.compared_entries))
        try:
            yield pair
        finally:
            connection.set_schema_to_public()


def _build(size: Size) -> None:
    for entries in (size.compared_entries, size.entries):
        _ledger(entries)


def _ledger(entries: int) -> Ledger:
    key = str(connection.settings_dict["NAME"]), entries
    if key not in _built:
        connection.set_schema_to_public()
        slug = f"entries-{entries}"
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            tenant = tenants.make_tenant(slug, plan="enterprise")
            with tenant_context(tenant):
                fill(entries)
        act = people.act_of(people.person("owner", tenant), tenant, route="make bench")
        with tenant_context(tenant), connection.cursor() as cursor:
            cursor.execute("SELECT min(position), max(position) FROM ledger_posting")
            _built[key] = Ledger(tenant, act, entries, *cursor.fetchone())
    return _built[key]


def fill(entries: int) -> None:
    """Write the ledger into the bound tenant, which must be empty."""
    started = time.monotonic()
    _say(f"building a ledger of {entries:,} entries; this happens once")
    postings = entries // LINES
    if postings < 2 * POSTINGS_A_ROUND + 2:
        raise ValueError(f"{entries:,} entries do not reach all {BALANCES:,} places")
    _fill_master_data()
    values = {"postings": postings, "first": ITEMS + 1}
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '768MB'")
        cursor.execute("SET maintenance_work_mem = '768MB'")
        cursor.execute(SCAFFOLDING, [])
        scaffolding = cursor.fetchall()
        for taking_down, _putting_up in scaffolding:
            cursor.execute(taking_down)
        cursor.execute(PLACES_SQL)
        cursor.execute(POSTINGS_SQL, values)
        cursor.execute("ANALYZE bench_place")
        cursor.execute("ANALYZE bench_posting")
        cursor.execute(INSERT_REVISIONS)
        cursor.execute(INSERT_POSTINGS, values)
        _say(f"postings are in after {time.monotonic() - started:,.0f} s")
        cursor.execute(INSERT_ENTRIES, values)
        _say(f"entries are in after {time.monotonic() - started:,.0f} s")
        for _taking_down, putting_up in sorted(scaffolding, key=lambda pair: "FOREIGN KEY" in pair[1]):
            cursor.execute(putting_up)
        _say(f"indexes and keys stand after {time.monotonic() - started:,.0f} s")
        for statement in DERIVED:
            cursor.execute(statement)
        cursor.execute("DROP TABLE bench_place, bench_posting")
        cursor.execute("RESET work_mem")
        cursor.execute("RESET maintenance_work_mem")
    _say(f"done after {time.monotonic() - started:,.0f} s")


def _fill_master_data() -> None:
    hubs = Hub.objects.bulk_create(Hub(code=f"HUB-{n}", name=f"Hub {n}") for n in range(HUBS))
    Bin.objects.bulk_create(Bin(hub=hub, code=f"B-{n:03}") for hub in hubs for n in range(BINS))
    Vendor.objects.bulk_create(Vendor(code=f"VENDOR-{n}", name=f"Vendor {n}") for n in range(VENDORS))
    categories = Category.objects.bulk_create(
        Category(code=f"C-{n}", name=f"Category {n}") for n in range(20)
    )
    Item.objects.bulk_create(
        Item(sku=f"SKU-{n:05}", name=f"Item {n}", category=categories[n % 20], unit="pcs")
        for n in range(ITEMS + 1)
    )


def _fingerprint(size: Size) -> str:
    """A hash of the code that makes the rows and their tables. Migrations of other apps are simply applied."""
    root = Path(__file__).resolve().parents[2]
    texts = [PLACES_SQL, POSTINGS_SQL, INSERT_REVISIONS, INSERT_POSTINGS, INSERT_ENTRIES, *DERIVED]
    texts += [
        path.read_text() for folder in SHAPED_BY for path in sorted(root.glob(f"{folder}/migrations/*.py"))
    ]
    return hashlib.sha256(
        " ".join([*" ".join(texts).split(), str(size.compared_entries)]).encode()
    ).hexdigest()[:16]


def _say(text: str) -> None:
    print(f"ledger: {text}", file=sys.stderr, flush=True)
