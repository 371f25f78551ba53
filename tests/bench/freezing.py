"""The fire drill: a tenant with two steady writers is frozen and opened. How long until each writer notices?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import connection, connections
from django_tenants.utils import tenant_context

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from ledger.actions.receiving import receive
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from tests.bench import twin_tenants
from tests.bench.harness import Result, Size
from tests.bench.twin_tenants import Deliveries, Side
from tests.factories import people, tenants

WORKERS = 2
PAUSE = 1 / 20  # seconds from one write of a worker to its next
TARGET = 5.0  # seconds, the promised maximum
PATIENCE = 60.0


@dataclass
class Worker:
    """One writer on a connection of its own, with the time of each answer."""

    accepted: list[tuple[float, float]] = field(default_factory=list)  # times of request and answer
    refused: list[float] = field(default_factory=list)
    error: Exception | None = None

    def work(self, side: Side, deliveries: Deliveries, stop: threading.Event) -> None:
        """Post one delivery after the other, even if refused."""
        try:
            connection.set_tenant(side.tenant)
            while not stop.is_set():
                begun = time.perf_counter()
                draft = deliveries.hot_draft()
                try:
                    receive(side.new_act(), draft=draft, hubs=deliveries.hubs[:1], reference=draft.reference)
                    self.accepted.append((begun, time.perf_counter()))
                except StateConflict as refusal:
                    if refusal.reason is not Reason.FREEZE_ACTIVE:
                        raise
                    self.refused.append(time.perf_counter())
                stop.wait(max(0.0, begun + PAUSE - time.perf_counter()))
        except Exception as error:  # noqa: BLE001 (shown to the person who drills)
            self.error = error
        finally:
            connections.close_all()


@dataclass(frozen=True)
class Drill:
    """Seconds from the click to each worker's first answer of the new kind, and faults."""

    to_refusal: list[float]
    to_acceptance: list[float]
    faults: list[str]


def measure(size: Size) -> Iterator[Result]:
    """Freeze and open several times."""
    with twin_tenants.throw_away(twin_tenants.fill) as side:
        drills = [_drill(side) for _ in range(size.reading_turns)]
    refusals, acceptances = (
        [getattr(drill, name) for drill in drills] for name in ("to_refusal", "to_acceptance")
    )
    slowest = max(seconds for drill in [*refusals, *acceptances] for seconds in drill)
    yield Result(
        work=f"freezing and opening under {WORKERS} writers at 20/s: the slowest first answer, of {TARGET:g} s",
        ratio=slowest / TARGET,
        goal=1.0,
        is_at_most=True,
        detail=f"first refusal after at most {_each(refusals)} ms, first accepted after at most "
        f"{_each(acceptances)} ms per worker, {len(drills)} drills",
        figures={
            "to_refusal": refusals,
            "to_acceptance": acceptances,
            "wrong": [fault for drill in drills for fault in drill.faults],
        },
    )


def _each(drills: list[list[float]]) -> str:
    """The slowest of every worker, in milliseconds."""
    return " and ".join(f"{max(times) * 1000:.0f}" for times in zip(*drills, strict=True))


def _drill(side: Side) -> Drill:
    stop = threading.Event()
    workers = [Worker() for _ in range(WORKERS)]
    running = [
        threading.Thread(
            target=worker.work,
            args=(
                side,
                Deliveries(f"{time.time_ns()} {number}"),
                stop,
            ),  # no two drills use the same submissions
            daemon=True,
        )
        for number, worker in enumerate(workers)
    ]
    for thread in running:
        thread.start()
    try:
        _wait(lambda: all(len(worker.accepted) >= 5 for worker in workers), workers)
        clicked, committed = _toggle(lambda: start_freeze(_lead(), tenant=side.tenant, reason="Fire drill"))
        frozen_at = positions.current()
        _wait(lambda: all(len(worker.refused) >= 3 for worker in workers), workers)
        with tenant_context(tenants.public()):
            written = explain_freeze(_lead("ops_lead"), tenant=side.tenant, root_cause="A fire drill")
        faults = [] if positions.current() == frozen_at else ["something was posted in a frozen tenant"]
        opening, _ = _toggle(
            lambda: end_freeze(_lead(), tenant=side.tenant, shown=written.pk if written else 0)
        )
        _wait(lambda: all(worker.accepted[-1][0] > opening for worker in workers), workers)
    finally:
        stop.set()
        for thread in running:
            thread.join(PATIENCE)
    faults += [
        "accepted after the toggle had committed"
        for worker in workers
        for begun, answered in worker.accepted
        if begun > committed and answered < opening
    ]
    return Drill(
        to_refusal=[
            min(moment for moment in worker.refused if moment > clicked) - clicked for worker in workers
        ],
        to_acceptance=[
            min(answered for begun, answered in worker.accepted if answered > opening) - opening
            for worker in workers
        ],
        faults=faults,
    )


def _toggle(step: Callable[[], object]) -> tuple[float, float]:
    """The times of the click and of its commit."""
    clicked = time.perf_counter()
    with tenant_context(tenants.public()):
        step()
    return clicked, time.perf_counter()


def _lead(role: str = "platform_lead") -> Act:
    with tenant_context(tenants.public()):
        return people.act_of(people.person(role, tenants.public()), tenants.public(), route="make bench")


def _wait(condition: Callable[[], bool], workers: list[Worker]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        for worker in workers:
            if worker.error is not None:
                raise worker.error
        assert time.monotonic() < deadline, "a worker got no answer"
        time.sleep(0.002)
