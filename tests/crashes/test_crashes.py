"""kill -9 of PostgreSQL and of web workers in the middle of a storm: what was acknowledged is there, once and whole.

Twenty kills instead of six: `make bench OPTIONS=crashes`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.drill import drill

KILLS = 6
SEED = int(os.environ.get("ASORA_SEED", "20110423"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Close to the root: a socket's address must be short."""
    with tempfile.TemporaryDirectory(prefix="asora-crash-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def test_kills_in_a_storm(folder: Path) -> None:
    """Three of each; everything acknowledged is there once, nothing else, nothing half, and the ledger is proved."""
    done = drill(folder, kills=KILLS, costing="fifo", seed=SEED)

    assert done.faults == []
    assert set(done.posted) == {"receipt", "issue", "transfer"}
    assert done.unanswered > 0, "no kill was felt, so nothing was tried"
