"""Claiming the next payload takes as long in a long queue as in a short one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction

from integrations.dispatch.plan import Plan
from integrations.dispatch.transitions import CLAIM_QUEUED, Allowed, claim_queued
from tests.factories import people
from tests.factories.dispatches import make_dispatch_row, make_receiving_endpoint
from tests.factories.payloads import queue_payloads

QUEUED = 3000


def rows_read(node: dict[str, Any]) -> float:
    """The most rows that one step of a plan has read."""
    here = node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    return max([here, *(rows_read(inner) for inner in node.get("Plans", []))])


@pytest.mark.parametrize("is_analysed", [False, True])
@pytest.mark.parametrize("hubs", [None, [1, 2]])
def test_a_claim_reads_one_row_of_the_queue(acacia: Any, is_analysed: bool, hubs: list[int] | None) -> None:
    endpoint = make_receiving_endpoint("https://receiver.example/", people.person("owner", acacia).ref)
    queue_payloads(endpoint, QUEUED)
    plan = Plan(make_dispatch_row(endpoint, amount=QUEUED), upto=QUEUED)
    executed: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        executed.append((sql, params))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        if is_analysed:
            cursor.execute("ANALYZE integrations_payload, integrations_attempt, integrations_dispatch")
        with connection.execute_wrapper(note), transaction.atomic():
            claim = claim_queued(plan, after=0, allowed=Allowed(hubs=hubs, sees_values=True))
            transaction.set_rollback(True)
        assert claim is not None
        assert claim.number == 1
        (claiming,) = (one for one in executed if one[0] == CLAIM_QUEUED)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIM_QUEUED}", claiming[1])
        (found,) = cursor.fetchone()
    explained = json.loads(found) if isinstance(found, str) else found
    assert rows_read(explained[0]["Plan"]) <= 2, json.dumps(explained, indent=1)
