"""Two equal temporary tenants, one for each side."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from asora.kernel.act import Act
from asora.kernel.request_ids import new_request_id
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.models import Kind
from ledger.posting.drafts import Draft, DraftLine
from plans.models import Tenant
from tests.bench import by_hand
from tests.factories import people, tenants

DAY = date(2026, 3, 2)
ITEMS, HUBS, BINS, VENDORS = 300, 4, 40, 10

# Every row that a receipt writes, without columns that must differ: serial and random ids, moments, pseudonyms.
WRITTEN = {
    "posting": "SELECT position, kind, reference, vendor_id, effective_on, actor_type, reason, note, reverses, "
    "batch IS NULL FROM ledger_posting ORDER BY 1",
    "entry": "SELECT * FROM ledger_entry ORDER BY position, line",
    "hubbalance": "SELECT item_id, hub_id, quantity, value FROM ledger_hubbalance ORDER BY 1, 2",
    "binbalance": "SELECT item_id, bin_id, quantity FROM ledger_binbalance ORDER BY 1, 2",
    "dailymovement": "SELECT effective_on, item_id, hub_id, kind, quantity_up, quantity_down, value_up, value_down "
    "FROM ledger_dailymovement ORDER BY 1, 2, 3, 4",
    "costlayer": "SELECT count(*) FROM ledger_costlayer",
    "head": "SELECT position FROM kernel_head",
    "item": "SELECT id, is_moved FROM inventory_item ORDER BY 1",
    # Persons and batches have other ids in each tenant.
    "event": "SELECT replace(replace((to_jsonb(event) - "
    "'{id,xid8,occurred_at,request_id,actor_ref,session_ref,duration_ms}'::text[])::text, actor_ref, 'somebody'), "
    "coalesce(facts->>'batch', 'no batch'), 'batch') "
    "FROM audit_event event WHERE action LIKE 'ledger.%' ORDER BY first_position",
    "numbers": "SELECT number FROM audit_trailhead",
}

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Side:
    """One of the two tenants, and an act of its receiver."""

    tenant: Tenant
    act: Act
    plain: psycopg.Connection[Any]

    def new_act(self) -> Act:
        """The act of the next request."""
        return replace(self.act, request_id=new_request_id(self.tenant.slug))

    def written(self) -> dict[str, list[Any]]:
        """All rows that receipts have written in this tenant."""
        with self.plain.transaction():
            return {name: self.plain.execute(query).fetchall() for name, query in WRITTEN.items()}


@contextlib.contextmanager
def throw_away(fill: Callable[[], object]) -> Iterator[Side]:
    """A new tenant with the master data of `fill`; dropped afterwards."""
    connection.set_schema_to_public()
    tenant = tenants.make_tenant(f"bench-{next(_numbers)}", plan="enterprise")
    connection.set_tenant(tenant)
    fill()
    act = people.act_of(people.person("receiver", tenant), tenant, route="make bench")
    plain = by_hand.connect(tenant.schema_name)
    try:
        yield Side(tenant, act, plain)
    finally:
        plain.close()
        tenants.remove_tenant(tenant)


@contextlib.contextmanager
def twins(fill: Callable[[], object]) -> Iterator[tuple[Side, Side]]:
    """Two tenants with the same master data, the first one bound: `fill` must do the same in both."""
    with throw_away(fill) as one, throw_away(fill) as other:
        connection.set_tenant(one.tenant)
        yield one, other


def differences(one: Side, other: Side) -> list[str]:
    """The tables whose rows differ between the sides: only equal work can be compared."""
    ours, theirs = one.written(), other.written()
    return [name for name in WRITTEN if ours[name] != theirs[name]]


def fill() -> None:
    """Create four hubs of forty bins, ten vendors, three hundred items."""
    hubs = Hub.objects.bulk_create(Hub(code=f"HUB-{n}", name=f"Hub {n}") for n in range(HUBS))
    Bin.objects.bulk_create(Bin(hub=hub, code=f"B-{n}") for hub in hubs for n in range(BINS))
    Vendor.objects.bulk_create(Vendor(code=f"VENDOR-{n}", name=f"Vendor {n}") for n in range(VENDORS))
    category = Category.objects.create(code="PARTS", name="Parts")
    Item.objects.bulk_create(
        Item(sku=f"SKU-{n:04}", name=f"Item {n}", category=category, unit="pcs", decimals=n % 3)
        for n in range(ITEMS)
    )


class Deliveries:
    """Realistic drafts, the same for the same seed. Every item is in two bins, in two hubs."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)
        self._items = list(Item.objects.order_by("pk").values_list("pk", flat=True))
        self._bins = list(Bin.objects.order_by("pk").values_list("pk", flat=True))
        self._vendors = list(Vendor.objects.order_by("pk").values_list("pk", flat=True))
        self.first_bin = self._bins[0]
        self.hubs = list(Hub.objects.order_by("pk"))

    def draft(self, lines: int) -> Draft:
        """A receipt of that many lines, each of another item."""
        return self._draft(
            DraftLine(
                number=number,
                item_id=self._items[place],
                bin_id=self._bins[(place * 7 + self._chance.randint(0, 1) * BINS) % len(self._bins)],
                quantity=Decimal(self._chance.randint(1, 500)),
                unit_cost=Decimal(self._chance.randint(1, 90_000)) / 1000,
            )
            for number, place in enumerate(self._chance.sample(range(ITEMS), lines), start=1)
        )

    def hot_draft(self) -> Draft:
        """A receipt of one line, always of the same item into the same bin."""
        quantity, cost = Decimal(self._chance.randint(1, 9)), Decimal("1.25")
        return self._draft([DraftLine(1, self._items[0], self._bins[0], quantity, cost)])

    def _draft(self, lines: Any) -> Draft:
        return Draft(
            kind=Kind.RECEIPT,
            submission=UUID(int=self._chance.getrandbits(128)),
            effective_on=DAY,
            lines=list(lines),
            reference=f"PO-{self._chance.randint(1, 99_999)}",
            vendor_id=self._chance.choice(self._vendors),
        )
