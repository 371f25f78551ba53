"""A ring of transfers: eight hands, commits, both costings. Postings per second, and whether all stock is still there.

ASORA_SECONDS sets the duration; the default is a minute.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator

from django.db import connection, connections

from asora.kernel.models import Head
from plans.models import Tenant
from tests.bench.harness import Result, Size
from tests.bench.proof import proof
from tests.factories import people, tenants
from tests.ledger import ring

HANDS = 8
SECONDS = {"full": 60.0, "small": 4.0}


def measure(size: Size) -> Iterator[Result]:
    """Half of the time for each costing."""
    seconds = float(os.environ.get("ASORA_SECONDS", SECONDS[size.name])) / 2
    for costing in ("average", "fifo"):
        yield _go_round(costing, seconds=seconds)


def _go_round(costing: str, *, seconds: float) -> Result:
    connection.set_schema_to_public()
    tenant = tenants.make_tenant(f"ring-{costing}", plan="enterprise", costing=costing)
    connection.set_tenant(tenant)
    try:
        act = people.act_of(people.person("owner", tenant), tenant, route="make bench")
        warehouse = ring.make_ring(act)
        before, broken, first = ring.totals(), ring.deadlocks(), Head.objects.get().position
        hands = [ring.Hand(warehouse, act, random.Random(n), 1 if n % 2 else -1) for n in range(HANDS)]
        started = time.monotonic()
        _together(tenant, hands, until=started + seconds)
        took = time.monotonic() - started
        posted = Head.objects.get().position - first
        resolved = ring.deadlocks() - broken
        wrong = ring.faults_of(before, hands) + ([f"{resolved} deadlocks"] if resolved else [])
        done = ring.postings_of(hands)
        return proof(
            f"ring of transfers, {HANDS} hands, {costing}",
            detail=f"{posted / took:,.0f} postings a second for {took:.0f} s; "
            + ("; ".join(wrong[:3]) or "quantity and value conserved, no gap, no deadlock, proved"),
            wrong=wrong,
            postings=posted,
            seconds=took,
            done=dict(done),
        )
    finally:
        tenants.remove_tenant(tenant)


def _together(tenant: Tenant, hands: list[ring.Hand], *, until: float) -> None:
    """Each hand in a thread of its own, bound to the tenant."""

    def one(hand: ring.Hand) -> None:
        connection.set_tenant(tenant)
        try:
            hand.go_on(until=until)
        finally:
            connections.close_all()

    running = [threading.Thread(target=one, args=[hand]) for hand in hands]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
