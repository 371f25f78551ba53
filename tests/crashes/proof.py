"""Compares ledger and outbox after the storm with the answers that clients got. Plain SQL reads, not the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import psycopg

from tests.crashes.site import BINS, ENDPOINTS, HUBS, TENANT, Site
from tests.crashes.storm import Sent

SCHEMA = "SELECT schema_name FROM plans_tenant WHERE slug = %s"
POSTINGS = "SELECT submission::text, position, reference, kind FROM ledger_posting WHERE batch IS NULL"
IMPORTED = "SELECT count(*) FROM ledger_posting WHERE batch IS NOT NULL"
ENTRIES = """
SELECT posting.reference, item.sku, hub.code || '/' || bin.code, entry.quantity
FROM ledger_entry entry JOIN ledger_posting posting USING (position)
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_bin bin ON bin.id = entry.bin_id JOIN inventory_hub hub ON hub.id = bin.hub_id
WHERE posting.batch IS NULL
"""
# Each must count zero.
ASTRAY = {
    "postings without exactly one allowed event of the same request": """
        SELECT count(*) FROM ledger_posting posting WHERE batch IS NULL AND (
            SELECT count(*) FROM audit_event event
            WHERE outcome = 'allowed' AND action = 'ledger.' || posting.kind || '.post'
            AND posting.position BETWEEN first_position AND last_position
            AND event.request_id = posting.request_id) <> 1""",
    "allowed events of something that is not there": """
        SELECT count(*) FROM audit_event WHERE outcome = 'allowed' AND action LIKE 'ledger.%.post'
        AND NOT EXISTS (SELECT FROM ledger_posting WHERE position = first_position)""",
    "requests that were allowed and are said to have failed": """
        SELECT count(*) FROM audit_event failed JOIN audit_event allowed USING (request_id)
        WHERE failed.outcome = 'failed' AND allowed.outcome = 'allowed'""",
    "positions missing or taken twice": """
        SELECT abs(count(*) - (SELECT position FROM kernel_head)) + count(*) - count(DISTINCT position)
        FROM (SELECT position FROM ledger_posting UNION ALL SELECT position FROM inventory_itemrevision) taken""",
    "numbers of events missing, or taken twice": """
        SELECT abs(count(*) - (SELECT number FROM audit_trailhead)) + count(*) - count(DISTINCT number)
        FROM audit_event""",
    "events whose number is not in the order of their positions": """
        SELECT count(*) FROM (
            SELECT first_position - lag(first_position) OVER (ORDER BY number) AS step FROM audit_event
            WHERE outcome = 'allowed' AND first_position IS NOT NULL) told WHERE step <= 0""",
    "endpoints that are missing": f"""
        SELECT {ENDPOINTS} - count(*) FROM integrations_endpoint WHERE is_enabled""",
    "postings that are not queued exactly once for each endpoint": """
        SELECT count(*) FROM ledger_posting posting CROSS JOIN integrations_endpoint endpoint
        WHERE batch IS NULL AND (
            SELECT count(*) FROM integrations_payload payload JOIN audit_event event ON event.id = payload.audit_event
            WHERE payload.endpoint_id = endpoint.id AND payload.position = posting.position
            AND event.outcome = 'allowed' AND event.request_id = posting.request_id) <> 1""",
    "payloads of something that is not there": """
        SELECT count(*) FROM integrations_payload payload WHERE NOT EXISTS (
            SELECT FROM ledger_posting posting JOIN audit_event event ON event.first_position = posting.position
            WHERE posting.position = payload.position AND event.id = payload.audit_event)""",
    "numbers of an endpoint missing, or taken twice": """
        SELECT coalesce(sum(abs(own.last - taken.amount) + taken.amount - taken.different), 0)
        FROM integrations_endpointnumber own CROSS JOIN LATERAL (
            SELECT count(*) AS amount, count(DISTINCT number) AS different FROM integrations_payload payload
            WHERE payload.endpoint_id = own.endpoint_id) taken""",
    "payloads whose number is not in the order of their positions": """
        SELECT count(*) FROM (
            SELECT position - lag(position) OVER (PARTITION BY endpoint_id ORDER BY number) AS step
            FROM integrations_payload) queued WHERE step <= 0""",
}
Moved = Counter[tuple[str, str, Decimal]]


def faults_of(site: Site, documents: Iterable[Sent]) -> list[str]:
    """All differences between the ledger and the answers to the clients; empty if there are none."""
    documents = list(documents)
    with psycopg.connect(site.cluster.url()) as connection:
        (schema,) = _rows(connection, SCHEMA, TENANT)[0]
        connection.execute(f'SET search_path TO "{schema}"')
        return [
            *_undecided(documents),
            *_postings_astray(connection, documents),
            *_halves(connection, documents),
            *(name for name, query in ASTRAY.items() if _rows(connection, query) != [(0,)]),
        ]


def _undecided(documents: list[Sent]) -> Iterable[str]:
    for document in documents:
        if document.position is None and not document.refused:
            yield f"{document.reference}: its result is unknown"


def _postings_astray(connection: psycopg.Connection[Any], documents: list[Sent]) -> Iterable[str]:
    """Every acknowledged posting exists once, at the acknowledged position, and nothing else exists."""
    there = Counter(_rows(connection, POSTINGS))
    reported = Counter(
        (document.submission, document.position, document.reference, document.kind)
        for document in documents
        if document.position is not None
    )
    yield from (f"acknowledged and not there: {row}" for row in list(reported - there)[:3])
    yield from (f"there, and nobody was told: {row}" for row in list(there - reported)[:3])
    references = Counter(row[2] for row in there.elements())
    yield from (f"posted {count} times: {name}" for name, count in references.items() if count > 1)
    if _rows(connection, IMPORTED) != [(len(HUBS) * len(BINS),)]:
        yield "the first delivery is not as it was"


def _halves(connection: psycopg.Connection[Any], documents: list[Sent]) -> Iterable[str]:
    """Every posting has all its lines, as they were sent."""
    written: dict[str, Moved] = {}
    for reference, *moved in _rows(connection, ENTRIES):
        written.setdefault(reference, Counter())[tuple(moved)] += 1
    for document in documents:
        expected = _moved(document) if document.position is not None else Counter()
        if written.get(document.reference, Counter()) != expected:
            yield f"{document.reference} is not as it was sent: {written.get(document.reference)}"


def _moved(document: Sent) -> Moved:
    moved: Moved = Counter()
    for line in document.lines:
        sign = 1 if document.kind == "receipt" else -1
        moved[line.sku, line.bin, Decimal(sign * line.quantity)] += 1
        if line.to_bin:
            moved[line.sku, line.to_bin, Decimal(line.quantity)] += 1
    return moved


def _rows(connection: psycopg.Connection[Any], query: str, *values: object) -> list[Any]:
    return connection.execute(query, values or None).fetchall()
