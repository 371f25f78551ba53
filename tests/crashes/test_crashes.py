"""kill -9 of PostgreSQL and of web workers while clients post: each acknowledged posting exists once and completely.

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
    """A short path: the address of a socket is limited in length."""
    with tempfile.TemporaryDirectory(prefix="asora-crash-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def test_kills_in_a_storm(folder: Path) -> None:
    """Three kills of each kind; each acknowledged posting exists once and completely, and the proof passes."""
    done = drill(folder, kills=KILLS, costing="fifo", seed=SEED)

    assert done.faults == []
    assert set(done.posted) == {"receipt", "issue", "transfer"}
    assert done.unanswered > 0, "no client noticed a kill, so nothing was tested"
