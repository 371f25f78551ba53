"""Trying a change: a replay of the latest 100,000 decisions, read from a trail of ten million events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from django.db import connection

from asora.trials import policies
from audit.events import readers
from audit.replay import queries
from audit.replay.rules import Replay, replay
from tests.bench import trails
from tests.bench.harness import Result, Size
from tests.bench.trails import PEOPLE, Trail

GOAL_SECONDS = 10.0
MODEL = "standard"


def measure(size: Size) -> Iterator[Result]:
    """A line each for a role model, which reads everybody's decisions, a person's role, and a plan."""
    with trails.trails(size) as both:
        connection.set_tenant(both.large.tenant)
        for name, work in _works(both.large).items():
            started, worked = time.perf_counter(), time.process_time()
            found = work()
            seconds, busy = time.perf_counter() - started, time.process_time() - worked
            differing = f"{found.newly_refused:,} newly refused, {found.newly_passed:,} no longer"
            yield Result(
                work=f"{name} tried on {found.decisions:,} decisions among {size.events:,} events, against 10 s",
                ratio=seconds / GOAL_SECONDS,
                goal=1.0,
                is_at_most=True,
                detail=f"{seconds:,.3g} s, of which Python worked {busy:,.3g} s; {differing}",
                figures={
                    "seconds": seconds,
                    "wrong": [f"{name}: {found.unreproduced} not reproduced"] if found.unreproduced else [],
                },
            )


def _works(trail: Trail) -> dict[str, Callable[[], Replay]]:
    now = policies.rights(MODEL)

    def rows():  # type: ignore[no-untyped-def]
        return readers.readable(trail.act.actor)

    renamed = {"manager": "viewer", "receiver": "counter"}
    one = f"u-{PEOPLE // 2}"
    as_viewer = policies.Rights(permissions=now.permissions, role_of={one: "viewer"})
    return {
        "a role model": lambda: replay(
            queries.of_roles(rows()), now=now, proposed=policies.with_role_model(MODEL, renamed)
        ),
        "a role of a person": lambda: replay(queries.of_person(rows(), one), now=now, proposed=as_viewer),
        "a plan": lambda: replay(
            queries.of_plan(rows(), policies.RESOURCES),
            now=policies.ceilings(),
            proposed=policies.of_plan("free"),
        ),
    }
