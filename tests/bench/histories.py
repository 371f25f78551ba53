"""The model test, long: thousands of random histories under each costing against the model that shares no code with it.

Every run plays new histories: its seed is random and printed. ASORA_SEED replays a run, and ASORA_EXAMPLES sets the
number of histories of each costing. Both costings are played side by side.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator

from asora.embedded import REPOSITORY
from tests.bench.harness import Result, Size
from tests.bench.proof import proof

EXAMPLES = {"full": 2_000, "small": 5}
TEST = "tests/ledger/test_model.py"
PLAYED = re.compile(r"^  (?P<what>\S.*): (?P<times>[\d,]+)$", re.MULTILINE)


def measure(size: Size) -> Iterator[Result]:
    """A line for each costing."""
    examples = os.environ.get("ASORA_EXAMPLES", str(EXAMPLES[size.name]))
    seed = os.environ.get("ASORA_SEED", str(random.SystemRandom().randrange(1 << 32)))
    sys.stderr.write(f"histories: ASORA_SEED={seed} ASORA_EXAMPLES={examples} replays this run\n")
    started = time.monotonic()
    runs = {costing: _start(costing, seed=seed, examples=examples) for costing in ("average", "fifo")}
    for costing, run in runs.items():
        output, complaints = run.communicate()
        took = time.monotonic() - started
        if run.returncode:
            sys.stderr.write(output[-20_000:] + complaints[-2_000:])
        played = {found["what"]: int(found["times"].replace(",", "")) for found in PLAYED.finditer(output)}
        histories = played.pop("histories", 0)
        agree = "they agree" if not run.returncode else "they differ, see above"
        replay = f"ASORA_SEED={seed} ASORA_EXAMPLES={examples} make test OPTIONS='{TEST} -k {costing}'"
        yield proof(
            f"{examples} random histories against the model, {costing}",
            detail=f"seed {seed}, {histories:,} histories of {sum(played.values()):,} steps, {took:,.0f} s; {agree}",
            wrong=[replay] if run.returncode or histories != int(examples) else [],
            seed=seed,
            seconds=took,
            played=played,
        )


def _start(costing: str, *, seed: str, examples: str) -> subprocess.Popen[str]:
    """Start a process of its own: seed and length are read when the test is imported."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-x", "-rP", "-p", "no:cacheprovider", TEST, "-k", costing],
        cwd=REPOSITORY,
        env=os.environ | {"ASORA_SEED": seed, "ASORA_EXAMPLES": examples},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
