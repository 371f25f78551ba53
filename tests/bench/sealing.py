"""Seals: events sealed in a second, the time that postings cost the sealer, and the time of an inclusion proof."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator

from django.db import connection
from django_tenants.utils import tenant_context

from audit.events.models import TrailHead
from audit.seals import merkle, nodes, sealer
from audit.seals.canonical import STREAMS
from audit.seals.checking import check_schema
from audit.seals.models import Seal
from ledger.actions.receiving import receive
from tests.bench import trails, twin_tenants
from tests.bench.harness import Result, Size
from tests.bench.trails import Trail
from tests.bench.twin_tenants import Deliveries, Side

EVENTS_A_SECOND = 20_000
SHARE_OF_POSTING = 0.05
PROOF_SECONDS = 0.005
PROOFS = 200


def measure(size: Size) -> Iterator[Result]:
    """Three lines. The large trail is sealed once and kept."""
    with trails.trails(size) as both:
        yield _rate(both.small)
        yield _inclusion(both.large)
    with twin_tenants.twins(twin_tenants.fill) as (ours, _theirs):
        yield _beside_postings(size, ours)


def _rate(trail: Trail) -> Result:
    connection.set_tenant(trail.tenant)
    before = sealer.sealed_number("audit")
    head = TrailHead.objects.get().number
    began = time.perf_counter()
    sealer.seal_stream(STREAMS["audit"])
    seconds = time.perf_counter() - began
    rate = (head - before) / seconds
    return Result(
        work=f"sealing {head - before:,} events, to {EVENTS_A_SECOND:,} a second",
        ratio=rate / EVENTS_A_SECOND,
        goal=1.0,
        is_at_most=False,
        detail=f"{rate:,.0f} events/s",
        figures={"seconds": seconds, "wrong": _wrong()},
    )


def _inclusion(trail: Trail) -> Result:
    """A proof of a random event: its row is not read, only the nodes of the tree."""
    connection.set_tenant(trail.tenant)
    sealer.seal_stream(STREAMS["audit"])
    seal = sealer.last_seal("audit")
    assert seal is not None
    chosen, seconds, wrong = random.Random(7), [], []
    read = nodes.reader("audit")
    for _ in range(PROOFS):
        index = chosen.randrange(seal.size)
        began = time.perf_counter()
        path = merkle.inclusion(index, seal.size, read)
        seconds.append(time.perf_counter() - began)
        (leaf,) = read([merkle.node_number(0, index)]).values()
        if merkle.root_of_inclusion(leaf, index, seal.size, path) != bytes(seal.root):
            wrong.append(f"leaf {index}")
    median = statistics.median(seconds)
    return Result(
        work=f"inclusion proof of one of {seal.size:,} events, to {PROOF_SECONDS * 1000:.0f} ms",
        ratio=median / PROOF_SECONDS,
        goal=1.0,
        is_at_most=True,
        detail=f"{median * 1000:.2f} ms, slowest {max(seconds) * 1000:.2f} ms",
        figures={"seconds": seconds, "wrong": wrong},
    )


def _beside_postings(size: Size, side: Side) -> Result:
    """Post, then seal what was posted: trail and ledger together, as a share of the time that posting took."""
    with tenant_context(side.new_act().tenant):
        sealer.seal_schema()
        deliveries = Deliveries("sealing")
        drafts = [deliveries.draft(1) for _ in range(size.postings)]
        hubs = list(deliveries.hubs)
        began = time.perf_counter()
        for draft in drafts:
            receive(side.new_act(), draft=draft, hubs=hubs, reference=draft.reference)
        posted = time.perf_counter()
        sealer.seal_schema()
        sealed = time.perf_counter()
        wrong = _wrong()
    posting, sealing = posted - began, sealed - posted
    return Result(
        work=f"sealing {size.postings} postings of one line, to posting them",
        ratio=sealing / posting,
        goal=SHARE_OF_POSTING,
        is_at_most=True,
        detail=f"{sealing * 1000:,.0f} ms against {posting * 1000:,.0f} ms",
        figures={"posting": posting, "sealing": sealing, "wrong": wrong},
    )


def _wrong() -> list[str]:
    assert Seal.objects.exists()
    return [finding for check in check_schema() for finding in check.findings]
