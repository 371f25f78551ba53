"""Line 2: eight writers, one tenant, one hot item. As gunicorn runs them: two processes of four threads each.

Worker processes import this module first, so Django is set up before anything that needs it.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, Self

from django.db import connection

from asora.kernel.act import Act
from asora.kernel.request_ids import new_request_id
from ledger.actions.receiving import receive
from ledger.posting.drafts import Draft
from plans.models import Tenant
from tests import database
from tests.bench import by_hand, twin_tenants
from tests.bench.harness import Result, Size, side_by_side
from tests.bench.twin_tenants import Deliveries, Side
from tests.factories import people

PROCESSES, THREADS = 2, 4
GOAL = 0.25
SIDES = "asora", "by_hand"


def measure(size: Size) -> Iterator[Result]:
    """The throughput of the product over that of the SQL, and faults of the ledger afterwards."""
    with twin_tenants.twins(twin_tenants.fill) as (ours, theirs):
        deadlocks = _deadlocks(ours)
        with _Crew(ours, theirs, each=size.each) as crew:
            times = side_by_side(
                asora=lambda turn: crew.turn("asora", turn),
                by_hand=lambda turn: crew.turn("by_hand", turn),
                turns=size.writer_turns,
                warm_up=1,
            )
        done = PROCESSES * THREADS * size.each
        wrong = crew.errors + [
            f"{name}: {fault}"
            for name, side in zip(SIDES, (ours, theirs), strict=True)
            for fault in _faults(side, postings=done * (size.writer_turns + 1))
        ]
        asora, hand = (done / seconds for seconds in times.medians)
        yield Result(
            work=f"{PROCESSES * THREADS} writers, one hot item: throughput",
            ratio=1 / times.ratio,
            goal=GOAL,
            is_at_most=False,
            detail=f"{asora:,.0f} against {hand:,.0f} postings a second, {PROCESSES} processes x {THREADS} threads, "
            f"{len(times.asora)} turns of {done:,}; "
            + ("; ".join(wrong[:3]) or "nothing lost, no gap, no deadlock"),
            figures={
                "asora": list(times.asora),
                "by_hand": list(times.by_hand),
                "wrong": wrong,
                "deadlocks_resolved": _deadlocks(ours) - deadlocks,
                "postings_a_second": [asora, hand],
            },
        )


class _Crew:
    """The worker processes: all prepare a turn, and then all do it at the same moment."""

    def __init__(self, ours: Side, theirs: Side, *, each: int) -> None:
        self.errors: list[str] = []
        self._pipes: list[Any] = []
        self._processes: list[Any] = []
        schemas = ours.tenant.schema_name, theirs.tenant.schema_name
        context = multiprocessing.get_context("spawn")
        for number in range(PROCESSES):
            here, there = context.Pipe()
            given = there, str(connection.settings_dict["NAME"]), schemas, each, number
            process = context.Process(target=_serve, args=given, daemon=True)
            process.start()
            self._pipes.append(here)
            self._processes.append(process)

    def __enter__(self) -> Self:
        self._hear()
        return self

    def __exit__(self, *raised: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(timeout=30)

    def turn(self, side: str, number: int) -> Callable[[], None]:
        """Let every writer prepare its share; the returned function lets them write, until the last has committed."""
        self._say(side, number)
        return lambda: self._say("go", number)

    def _say(self, *order: object) -> None:
        for pipe in self._pipes:
            pipe.send(order)
        self._hear()

    def _hear(self) -> None:
        for pipe in self._pipes:
            if not pipe.poll(300):
                raise RuntimeError("a worker process does not answer")
            self.errors += pipe.recv()


class _Writer(threading.local):
    """A thread with both of its connections, which stay open."""

    def __init__(self, ours: Tenant, theirs: Tenant) -> None:
        connection.set_tenant(ours)
        connection.ensure_connection()
        self.plain = by_hand.connect(theirs.schema_name)


def _serve(pipe: Connection, database_name: str, schemas: tuple[str, str], each: int, process: int) -> None:
    """Run a worker process until it gets None. Importing this module has set up Django."""
    database.use(database_name)
    tenants = {
        side: Tenant.objects.get(schema_name=schema) for side, schema in zip(SIDES, schemas, strict=True)
    }
    acts = {
        side: people.act_of(people.person("receiver", tenant), tenant, route="make bench")
        for side, tenant in tenants.items()
    }
    connection.set_tenant(tenants["asora"])
    deliveries = Deliveries(f"writers {process}")
    writer = _Writer(tenants["asora"], tenants["by_hand"])
    together = threading.Barrier(THREADS)

    def write(side: str, requests: list[tuple[Act, Draft]]) -> str:
        plain = writer.plain
        together.wait()
        try:
            for act, draft in requests:
                if side == "asora":
                    receive(act, draft=draft, hubs=deliveries.hubs[:1], reference=draft.reference)
                else:
                    by_hand.receive(plain, act, draft)
        except Exception as error:  # noqa: BLE001 (what was raised is the result)
            return repr(error)
        return ""

    with ThreadPoolExecutor(THREADS) as pool:
        errors: list[str] = []
        side, shares = "", []
        while True:
            pipe.send([text for text in errors if text])
            order = pipe.recv()
            if order is None:
                break
            if order[0] == "go":
                errors = list(pool.map(write, [side] * THREADS, shares))
            else:
                side = order[0]
                shares = [
                    [(_next(acts[side]), deliveries.hot_draft()) for _ in range(each)] for _ in range(THREADS)
                ]
                errors = []


def _next(act: Act) -> Act:
    return replace(act, request_id=new_request_id(act.tenant.slug))


def _deadlocks(side: Side) -> int:
    """How many deadlocks PostgreSQL has resolved in this database; nobody may have seen one."""
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with side.plain.transaction():
        row = side.plain.execute(query).fetchone()
    return int(row[0]) if row else 0


def _faults(side: Side, *, postings: int) -> list[str]:
    """Faults after all postings: in positions, balances, running balances, events."""
    expected = {
        "positions without a gap": (
            "SELECT array_agg(position ORDER BY position) = array(SELECT generate_series(1, %(postings)s::bigint)) "
            "FROM ledger_posting"
        ),
        "recorded_at never falling": (
            "SELECT bool_and(is_later) FROM (SELECT recorded_at >= lag(recorded_at, 1, '-infinity') "
            "OVER (ORDER BY position) AS is_later FROM ledger_posting) step"
        ),
        "no update lost": (
            "SELECT (SELECT sum(quantity) FROM ledger_entry) = (SELECT sum(quantity) FROM ledger_binbalance) "
            "AND (SELECT sum(value) FROM ledger_entry) = (SELECT sum(value) FROM ledger_hubbalance)"
        ),
        "balances after each entry": (
            "SELECT bool_and(bin_quantity = running) FROM (SELECT bin_quantity, sum(quantity) "
            "OVER (PARTITION BY item_id, bin_id ORDER BY position, line) AS running FROM ledger_entry) step"
        ),
        "one event for each posting": (
            "SELECT count(DISTINCT first_position) = %(postings)s AND count(*) = %(postings)s FROM audit_event "
            "WHERE action = 'ledger.receipt.post' AND outcome = 'allowed'"
        ),
    }
    with side.plain.transaction():
        return [
            name
            for name, query in expected.items()
            if side.plain.execute(query, {"postings": postings}).fetchone() != (True,)
        ]
