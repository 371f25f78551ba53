"""The model test, long: thousands of random histories under each costing against the model that shares no code with it.

Every run plays histories that nobody has seen: its seed is made up and printed. ASORA_SEED replays a run, and
ASORA_EXAMPLES says how many histories of each costing.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator

from asora.embedded import REPOSITORY
from tests.bench.harness import Result, Size
from tests.bench.proof import proof

EXAMPLES = {"full": 2_000, "small": 10}
TEST = "tests/ledger/test_model.py"


def measure(size: Size) -> Iterator[Result]:
    """In a process of its own: hypothesis reads seed and length when the test is imported."""
    examples = os.environ.get("ASORA_EXAMPLES", str(EXAMPLES[size.name]))
    seed = os.environ.get("ASORA_SEED", str(random.SystemRandom().randrange(1 << 32)))
    sys.stderr.write(f"histories: ASORA_SEED={seed} ASORA_EXAMPLES={examples} replays this run\n")
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", TEST],
        cwd=REPOSITORY,
        env=os.environ | {"ASORA_SEED": seed, "ASORA_EXAMPLES": examples},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - started
    if run.returncode:
        sys.stderr.write(run.stdout[-20_000:] + run.stderr[-2_000:])
    yield proof(
        f"{examples} random histories of either costing against the model",
        detail=f"seed {seed}, {took:,.0f} s; "
        + ("they agree" if not run.returncode else "they differ, see above"),
        wrong=[]
        if not run.returncode
        else [f"ASORA_SEED={seed} ASORA_EXAMPLES={examples} make test OPTIONS={TEST}"],
        seed=seed,
        seconds=took,
    )
