"""Eight hands pass stock around a ring at once, with commits: no deadlock, nothing lost, nothing created.

For a minute and with a measurement: `make bench OPTIONS=ring`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.act import Act
from tests.ledger import ring

HANDS, SECONDS = 8, 2.5


@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_a_ring_of_transfers(
    costing: str,
    committed_tenant: Callable[..., Any],
    threads: Callable[..., list[Any]],
    act_as: Callable[..., Act],
) -> None:
    """Half of the hands go the other way; refusals only say that somebody else was faster."""
    tenant = committed_tenant(costing=costing)
    owner = act_as("owner", tenant=tenant)
    warehouse = ring.make_ring(owner)
    before, broken = ring.totals(), ring.deadlocks()
    hands = [ring.Hand(warehouse, owner, random.Random(n), 1 if n % 2 else -1) for n in range(HANDS)]
    until = time.monotonic() + SECONDS

    results = threads(HANDS, lambda number: hands[number].go_on(until=until))

    assert results == [None] * HANDS
    assert ring.faults_of(before, hands) == []
    assert ring.deadlocks() == broken
    done = ring.postings_of(hands)
    assert {"single", "document", "file", "reversal", "batch reversal"} <= set(done)
