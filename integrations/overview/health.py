"""How endpoints are: their last success, their failures in a row since then, and their queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from integrations.outbox.queries import MAX_COUNTED as MAX_QUEUED
from integrations.outbox.queries import Queue, amounts, queues

#: A count of failures stops here: a page then says "1,000+".
MAX_COUNTED = 1_000
#: A queue whose oldest payload is older than this has been left alone: dispatching daily is usual.
OLD = timedelta(days=1)
# The dispatches of an endpoint follow each other, so only the latest one with a success and those after it are read.
ATTEMPTS = """
SELECT endpoint.id, success.finished_at, failures.amount, failures.last_at
FROM unnest(%(endpoints)s::uuid[]) AS endpoint (id)
LEFT JOIN LATERAL (
    SELECT attempt.finished_at, dispatch.started_at
    FROM integrations_dispatch AS dispatch
    JOIN integrations_attempt AS attempt ON attempt.dispatch_id = dispatch.id
    WHERE dispatch.endpoint_id = endpoint.id AND attempt.outcome = 'delivered'
      AND (dispatch.delivered > 0 OR dispatch.finished_at IS NULL)
    ORDER BY dispatch.started_at DESC, dispatch.id DESC, attempt.finished_at DESC
    LIMIT 1
) AS success ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS amount, max(failed.finished_at) AS last_at
    FROM (
        SELECT attempt.finished_at
        FROM integrations_dispatch AS dispatch
        JOIN integrations_attempt AS attempt ON attempt.dispatch_id = dispatch.id
        WHERE dispatch.endpoint_id = endpoint.id AND attempt.outcome IN ('failed', 'unknown')
          AND (success.started_at IS NULL OR dispatch.started_at >= success.started_at)
          AND (success.finished_at IS NULL OR attempt.finished_at > success.finished_at)
        ORDER BY dispatch.started_at DESC
        LIMIT %(max)s + 1
    ) AS failed
) AS failures
"""


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is. `failures`: those in a row since the last success, at most one more than `MAX_COUNTED`."""

    succeeded_at: datetime | None
    failures: int
    failed_at: datetime | None
    queue: Queue

    @property
    def state(self) -> str:
        """The state as the name of its badge: failing, untried, waits or works.

        `waits`: the last attempt succeeded, but a payload is queued for longer than `OLD`. Nobody knows whether it
        would arrive.
        """
        if self.failures:
            return "failing"
        if self.succeeded_at is None:
            return "untried"
        oldest = self.queue.oldest_at
        return "waits" if oldest is not None and timezone.now() - oldest > OLD else "works"

    @property
    def failures_label(self) -> str:
        """`12`, or `1,000+` if the count stopped."""
        return f"{MAX_COUNTED:,}+" if self.failures > MAX_COUNTED else f"{self.failures:,}"

    @property
    def queued_label(self) -> str:
        """`12`, or `10,000+` if the count stopped."""
        return _label(self.queue.queued)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Payloads that were sent and have not arrived, as far as anybody knows. `state`: failed or unknown."""

    state: str
    amount: int

    @property
    def label(self) -> str:
        """`12`, or `10,000+` if the count stopped."""
        return _label(self.amount)


def undelivered(endpoint: Endpoint) -> list[Undelivered]:
    """The failed payloads of an endpoint, and those whose result is unknown; of each only if there are some."""
    found = amounts(endpoint)
    states = (Payload.State.FAILED, Payload.State.UNKNOWN)
    return [Undelivered(state, found[state]) for state in states if found[state]]


def _label(amount: int) -> str:
    return f"{MAX_QUEUED:,}+" if amount > MAX_QUEUED else f"{amount:,}"


def health(endpoints: Iterable[UUID]) -> Mapping[UUID, Health]:
    """The health of endpoints by their ids. Two queries."""
    wanted = list(endpoints)
    if not wanted:
        return {}
    waiting = queues(wanted)
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, {"endpoints": wanted, "max": MAX_COUNTED})
        return {
            endpoint: Health(succeeded_at, failures, failed_at, waiting[endpoint])
            for endpoint, succeeded_at, failures, failed_at in cursor.fetchall()
        }
