"""kill -9 of PostgreSQL and of web workers in turn, twenty times, while clients post over HTTP (tests/crashes)."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.harness import Result, Size
from tests.bench.proof import proof
from tests.crashes.drill import CLIENTS, drill

KILLS = {"full": 20, "small": 2}


def measure(size: Size) -> Iterator[Result]:
    """Run the drill on a cluster and a server of its own; the seed decides the moments of the kills."""
    kills = int(os.environ.get("ASORA_KILLS", KILLS[size.name]))
    seed = int(os.environ.get("ASORA_SEED", random.SystemRandom().randrange(1 << 32)))
    with tempfile.TemporaryDirectory(prefix="asora-crash-", ignore_cleanup_errors=True) as folder:
        done = drill(Path(folder), kills=kills, costing="fifo", seed=seed)
    for fault in done.faults:
        sys.stderr.write(f"crashes: {fault}\n")
    posted = sum(done.posted.values())
    yield proof(
        f"{kills} times kill -9 of PostgreSQL or a web worker, {CLIENTS} clients",
        detail=f"{posted:,} acknowledged in {done.seconds:.0f} s, {done.sent_again} sent again, "
        f"{done.learned_late} of them posted already; "
        + ("; ".join(done.faults[:2]) or "each there once and whole, nothing else, proved"),
        wrong=done.faults,
        seed=seed,
        posted=dict(done.posted),
        refused=done.refused,
        sent_again=done.sent_again,
        learned_late=done.learned_late,
        unanswered=done.unanswered,
        seconds=done.seconds,
    )
