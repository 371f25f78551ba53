"""An audit trail of any size, and a small one beside it: real events of the product, multiplied on the server.

The product first writes a few hundred events: postings, changes and refusals, with their decisions as the door writes
them. Each event of the large trail is one of them with a number, time, request, person, record and keys of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from inventory.actions.items import archive_item, create_item, edit_item, restore_item
from inventory.models import Category
from plans.models import Tenant
from tests.bench import stored
from tests.bench.harness import Size
from tests.factories import people, tenants
from tests.factories.master_data import MasterData, make_master_data
from tests.factories.random_past import post_at_random

KEPT_FROM = 1_000_000  # events; smaller trails are built every time
PEOPLE, ITEMS, BINS, HUBS = 200, 5_000, 1_000, 10
DAYS = 730
STEPS = 240  # of the random past that the first events are made of


def _drawn(purpose: int, below: int) -> str:
    """SQL for a number that looks random, the same in every build: from the event's number, one series per purpose."""
    return f"((hashint8extended(n, {purpose}) & 1073741823) % {below})"


SEED, ACTOR, ITEM, BIN, HUB = range(1, 6)
# Every key gets other numbers; `stock` and `item` vary most, as they do in a real tenant.
KEYS = f"""
ARRAY(SELECT CASE split_part(key, ':', 1)
    WHEN 'stock' THEN 'stock:' || ({_drawn(ITEM, ITEMS)} + place) % {ITEMS}
                      || ':' || ({_drawn(BIN, BINS)} + place) % {BINS}
    WHEN 'item' THEN 'item:' || ({_drawn(ITEM, ITEMS)} + place) % {ITEMS}
    WHEN 'bin' THEN 'bin:' || ({_drawn(BIN, BINS)} + place) % {BINS}
    WHEN 'hub' THEN 'hub:' || {_drawn(HUB, HUBS)}
    WHEN 'person' THEN 'person:u-' || {_drawn(ACTOR, PEOPLE)}
    ELSE key END FROM unnest(seed.touched) WITH ORDINALITY one (key, place))
"""
# The start of an id is its time, as in the product, so that its index grows at the end.
ID = """
(lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
 || '8' || substr(md5(n::text), 4, 15))::uuid
"""
OWN: dict[str, str] = {
    "number": "n",
    "id": ID,
    "occurred_at": "moment",
    "request_id": "'bench-' || n",
    "actor_ref": f"'u-' || {_drawn(ACTOR, PEOPLE)}",
    "session_ref": "left(md5((n / 40)::text), 32)",
    "resource_id": f"CASE WHEN seed.resource_id = '' THEN '' ELSE {_drawn(ITEM, ITEMS)}::text END",
    "resource_label": f"CASE WHEN seed.resource_label = '' THEN '' ELSE 'SKU-' || {_drawn(ITEM, ITEMS)} END",
    "touched": KEYS,
    "hubs": f"CASE WHEN seed.hubs = '{{}}' THEN seed.hubs ELSE ARRAY[1 + {_drawn(HUB, HUBS)}] END",
    "xid8": "pg_current_xact_id()",
}
# Dropped, and made again after the rows are written: indexes row by row take ten times as long.
INDEXES = """
SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'audit_event'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@dataclass(frozen=True)
class Trail:
    """One trail: its tenant, an act of its owner, and the number of its events."""

    tenant: Tenant
    act: Act
    events: int


@dataclass(frozen=True)
class Trails:
    """A large trail, and a small one of the same kinds of events for comparison."""

    large: Trail
    small: Trail


_built: dict[tuple[str, int], Trail] = {}


@contextlib.contextmanager
def trails(size: Size) -> Iterator[Trails]:
    """Both trails, in one database, to which Django is connected."""
    place = (
        stored.database(f"asora_trails_{size.events}", mark=_fingerprint(), build=partial(_build, size))
        if size.events >= KEPT_FROM
        else contextlib.nullcontext()
    )
    with place:
        pair = Trails(large=_trail(size.events), small=_trail(size.compared_events))
        try:
            yield pair
        finally:
            connection.set_schema_to_public()


def _build(size: Size) -> None:
    for events in (size.compared_events, size.events):
        _trail(events)


def _trail(events: int) -> Trail:
    key = str(connection.settings_dict["NAME"]), events
    if key not in _built:
        connection.set_schema_to_public()
        slug = f"events-{events}"
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            tenant = tenants.make_tenant(slug, plan="enterprise")
            with tenant_context(tenant):
                _seed(tenant)
                fill(events)
        act = people.act_of(people.person("owner", tenant), tenant, route="make bench")
        _built[key] = Trail(tenant, act, events)
    return _built[key]


def _seed(tenant: Tenant) -> None:
    """Events as the product writes them: trade, changes of items, and refusals of several gates."""
    act, master_data = partial(_act, tenant), make_master_data()
    post_at_random(act("manager"), master_data, seed=11, steps=STEPS)
    for number in range(STEPS // 12):
        _change_an_item(act, number)
        _be_refused(act, master_data, number)


def _act(tenant: Tenant, role: str) -> Act:
    return people.act_of(people.person(role, tenant), tenant, route="POST /items/")


def _change_an_item(act: Callable[[str], Act], number: int) -> None:
    item = create_item(
        act("manager"), sku=f"NEW-{number}", name=f"New {number}", category=Category.objects.get(), unit="pcs"
    )
    edit_item(act("manager"), item=item, version=item.version, fields={"name": f"Newer {number}"})
    item.refresh_from_db()
    archive_item(act("manager"), item=item)
    item.refresh_from_db()
    restore_item(act("manager"), item=item)


def _be_refused(act: Callable[[str], Act], master_data: MasterData, number: int) -> None:
    values: dict[str, Any] = {"name": "Bolt", "category": Category.objects.get(), "unit": "pcs"}
    attempts: list[Callable[[], Any]] = [
        lambda: create_item(act("viewer"), sku=f"V-{number}", **values),
        lambda: create_item(act("manager"), sku="BOLT", **values),
        lambda: restore_item(act("manager"), item=master_data.items["BOLT"]),
        lambda: archive_item(act("receiver"), item=master_data.items["OIL"]),
    ]
    for attempt in attempts:
        with contextlib.suppress(Refusal):
            attempt()


def fill(events: int) -> None:
    """Multiply the trail of the bound tenant to that many events."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM audit_event")
        (seeds,) = cursor.fetchone()
        _say(f"multiplying {seeds:,} events to {events:,}; this happens once")
        cursor.execute("CREATE TEMPORARY TABLE bench_seed AS SELECT * FROM audit_event")
        cursor.execute("CREATE UNIQUE INDEX ON bench_seed (number)")
        cursor.execute("SET maintenance_work_mem = '768MB'")
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for taking_down, _putting_up in indexes:
            cursor.execute(taking_down)
        cursor.execute(_multiplication(seeds=seeds, events=events))
        _say(f"events are in after {time.monotonic() - started:,.0f} s")
        for _taking_down, putting_up in indexes:
            cursor.execute(putting_up)
        _say(f"indexes stand after {time.monotonic() - started:,.0f} s")
        cursor.execute("DROP TABLE bench_seed")
        cursor.execute("UPDATE audit_trailhead SET number = %s", [events])
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("VACUUM (ANALYZE) audit_event")
    _say(f"done after {time.monotonic() - started:,.0f} s")


def _multiplication(*, seeds: int, events: int) -> str:
    columns = [str(field.column) for field in Event._meta.concrete_fields]
    values = [OWN.get(column, f"seed.{column}") for column in columns]
    return f"""
        INSERT INTO audit_event ({", ".join(columns)})
        SELECT {", ".join(values)}
        FROM generate_series({seeds} + 1, {events}::bigint) series (n)
        CROSS JOIN LATERAL (SELECT now() - interval '{DAYS} days' * (({events} - n)::float8 / {events}) AS moment) time
        JOIN bench_seed seed ON seed.number = 1 + {_drawn(SEED, seeds)}
        ORDER BY n
    """


def _fingerprint() -> str:
    """A hash of what makes the rows, columns included. Migrations are simply applied."""
    text = f"{_multiplication(seeds=1, events=1)} {STEPS}"
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def _say(text: str) -> None:
    print(f"trail: {text}", file=sys.stderr, flush=True)
