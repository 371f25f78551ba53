"""A queue of 100,000 payloads is read by its indexes, at any depth. What is counted are rows, not seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.endpoints.models import Endpoint
from integrations.feed.queries import lines_after
from integrations.outbox import queries
from tests.factories import people
from tests.factories.payloads import ago, make_endpoint_row, queue_payloads

MANY = 100_000
PAGE = 51


@pytest.fixture
def queue(acacia: Any) -> Endpoint:
    """An endpoint with a long queue, beside another one of the same length."""
    owner = people.person("owner", acacia).ref
    endpoint, other = make_endpoint_row(maker=owner), make_endpoint_row("Other", maker=owner)
    queue_payloads(endpoint, MANY, days_ago=10)
    queue_payloads(other, 2_000, days_ago=10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_payload")
    return endpoint


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def rows_read(sql: str) -> int:
    """How many payloads PostgreSQL reads for a statement: those that it finds, and those that it only looks at."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"))
        (plan,) = cursor.fetchone()
    found = json.loads(plan) if isinstance(plan, str) else plan
    read = 0
    for node in nodes(found[0]["Plan"]):
        if node.get("Relation Name") == "integrations_payload" or node["Node Type"] == "Bitmap Index Scan":
            looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            read += int(looked_at * node["Actual Loops"])
    return read


def read_by(work: Callable[[], Any]) -> int:
    """How many payloads a piece of work reads, in all of its statements."""
    with CaptureQueriesContext(connection) as found:
        work()
    statements = [query["sql"] for query in found if "integrations_payload" in query["sql"]]
    assert statements
    return sum(rows_read(statement) for statement in statements)


def test_a_long_queue_is_read_by_its_indexes(queue: Endpoint) -> None:
    rows = queries.payloads(queue)
    for depth in (100_000, 50_000, 60):
        older = rows.filter(number__lt=depth).order_by("-number")[:PAGE]
        newer = rows.filter(number__gt=MANY - depth).order_by("number")[:PAGE]
        of_state = rows.filter(state="queued", number__lt=depth).order_by("-number")[:PAGE]
        for page in (older, newer, of_state):
            assert read_by(lambda page=page: list(page)) <= PAGE, depth
    assert read_by(lambda: list(queries.waiting(queue)[:PAGE])) <= PAGE
    assert read_by(lambda: queries.queues([queue.pk])) <= queries.MAX_COUNTED + 2
    assert read_by(lambda: queries.amounts(queue)) <= queries.MAX_COUNTED + 1
    assert read_by(lambda: queries.releasable(ago(20))) <= 2, "nothing is old enough"

    assert queries.queue_of(queue).queued == queries.MAX_COUNTED + 1, "shown as 10,000+"
    assert queries.amounts(queue) == {
        "queued": queries.MAX_COUNTED + 1,
        "sending": 0,
        "delivered": 0,
        "failed": 0,
        "unknown": 0,
    }


def test_its_page_reads_one_page_and_counts_that_end(queue: Endpoint, client_as: Any) -> None:
    client = client_as("owner")

    assert read_by(lambda: client.get(f"/integrations/{queue.pk}/queue/")) <= 12_000


def test_lines_of_the_feed_are_read_in_order_at_any_depth(queue: Endpoint) -> None:
    for after in (0, 50_000, MANY - 60):
        assert read_by(lambda after=after: list(lines_after(queue, after=after, limit=PAGE))) <= PAGE
