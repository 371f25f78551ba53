"""Reading the outbox: what is queued, since when, by state, and which numbers can still be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Subquery

from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload

#: A count stops here: a page then says "10,000+".
MAX_COUNTED = 10_000
# The order lets a count end at its limit: without it, PostgreSQL may gather all rows of the index first.
QUEUES = """
SELECT number.endpoint_id, number.last, number.deleted_upto, waiting.amount, oldest.queued_at
FROM integrations_endpointnumber AS number
CROSS JOIN LATERAL (
    SELECT count(*) AS amount FROM (
        SELECT 1 FROM integrations_payload AS payload
        WHERE payload.endpoint_id = number.endpoint_id AND payload.state = 'queued'
          AND payload.number > number.deleted_upto
        ORDER BY payload.number LIMIT %(max)s + 1
    ) AS counted
) AS waiting
LEFT JOIN LATERAL (
    SELECT payload.queued_at FROM integrations_payload AS payload
    WHERE payload.endpoint_id = number.endpoint_id AND payload.state = 'queued'
      AND payload.number > number.deleted_upto
    ORDER BY payload.number LIMIT 1
) AS oldest ON true
WHERE number.endpoint_id = ANY(%(endpoints)s::uuid[])
"""
# Between a state and itself, ordered by it: so that PostgreSQL reads the index by state, even of a rare state.
BY_STATE = """
SELECT state.name, counted.amount
FROM unnest(%(states)s::text[]) AS state (name)
CROSS JOIN LATERAL (
    SELECT count(*) AS amount FROM (
        SELECT 1 FROM integrations_payload AS payload
        WHERE payload.endpoint_id = %(endpoint)s AND payload.state BETWEEN state.name AND state.name
          AND payload.number > %(deleted)s
        ORDER BY payload.state, payload.number LIMIT %(max)s + 1
    ) AS few
) AS counted
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of an endpoint.

    `queued`: payloads that were never sent, at most one more than `MAX_COUNTED`. `oldest_at`: when the oldest of them
    was queued. `first`, `last`: the numbers of the payloads that are kept; `last` is `first - 1` if there is none.
    """

    queued: int
    oldest_at: datetime | None
    first: int
    last: int

    @property
    def deleted_upto(self) -> int:
        """The number of the last payload that retention deleted; 0 if it has deleted none."""
        return self.first - 1


def payloads(endpoint: Endpoint) -> QuerySet[Payload]:
    """The payloads of an endpoint that retention has not released, without their bodies, in no order."""
    deleted = EndpointNumber.objects.filter(endpoint=endpoint).values("deleted_upto")
    rows = Payload.objects.filter(endpoint=endpoint, number__gt=Subquery(deleted))
    return rows.defer("body")


def waiting(endpoint: Endpoint) -> QuerySet[Payload]:
    """The payloads of an endpoint that were never sent, oldest first."""
    return payloads(endpoint).filter(state=Payload.State.QUEUED).order_by("number")


def queue_of(endpoint: Endpoint) -> Queue:
    """The queue of one endpoint."""
    return queues([endpoint.pk])[endpoint.pk]


def queues(endpoints: Iterable[UUID]) -> Mapping[UUID, Queue]:
    """The queues of endpoints by their ids. One query."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUES, {"endpoints": list(endpoints), "max": MAX_COUNTED})
        return {
            endpoint: Queue(queued=queued, oldest_at=oldest_at, first=deleted + 1, last=last)
            for endpoint, last, deleted, queued, oldest_at in cursor.fetchall()
        }


def amounts(endpoint: Endpoint) -> Mapping[str, int]:
    """How many payloads of an endpoint are in each state, each at most one more than `MAX_COUNTED`."""
    deleted = EndpointNumber.objects.values_list("deleted_upto", flat=True).get(endpoint=endpoint)
    with connection.cursor() as cursor:
        cursor.execute(
            BY_STATE,
            {"states": Payload.State.values, "endpoint": endpoint.pk, "deleted": deleted, "max": MAX_COUNTED},
        )
        return dict(cursor.fetchall())


def first_number(endpoint: Endpoint) -> int:
    """The number of the first payload of an endpoint that retention has not released."""
    deleted: int = EndpointNumber.objects.values_list("deleted_upto", flat=True).get(endpoint=endpoint)
    return deleted + 1


def releasable(moment: datetime) -> list[tuple[UUID, int]]:
    """The endpoints with payloads from before a moment, and the number up to which all are from before it.

    Removed endpoints are included. In the order of endpoints.
    """
    found = []
    for number in EndpointNumber.objects.filter(last__gt=F("deleted_upto")).order_by("endpoint_id"):
        rows = Payload.objects.filter(endpoint_id=number.endpoint_id, number__gt=number.deleted_upto)
        kept = rows.filter(queued_at__gte=moment).order_by("number").values_list("number", flat=True).first()
        upto = number.last if kept is None else kept - 1
        if upto > number.deleted_upto:
            found.append((number.endpoint_id, upto))
    return found
