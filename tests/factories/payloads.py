"""Payloads of an endpoint as rows with made-up bodies, numbered as the outbox numbers them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload

MANY = """
INSERT INTO integrations_payload (id, endpoint_id, number, event_type, event_id, body, position, audit_event,
                                  request_id, hubs, with_values, state, queued_at)
SELECT gen_random_uuid(), %(endpoint)s, number, %(event_type)s, 'event-' || number,
       convert_to('{"asoranumber":"' || number || '","id":"event-' || number || '"}', 'UTF8'), number,
       gen_random_uuid(), 'request-' || number, %(hubs)s::bigint[], false, 'queued', %(queued_at)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS number
"""


def make_endpoint_row(name: str = "Warehouse system", **values: object) -> Endpoint:
    """An enabled endpoint for all hubs, without its maker's rights being looked at."""
    given = {
        "url": "https://receiver.example/asora",
        "event_types": ["inventory.posting.receipt.v1"],
        "all_hubs": True,
        "is_enabled": True,
        "maker": "nobody",
    }
    return Endpoint.objects.create(name=name, **given | values)


def queue_payloads(
    endpoint: Endpoint, amount: int, *, days_ago: float = 0, hubs: Sequence[int] = ()
) -> list[Payload]:
    """So many queued payloads after the last one, with made-up bodies. Returns them in order."""
    number = EndpointNumber.objects.get(endpoint=endpoint)
    first, last = number.last + 1, number.last + amount
    with connection.cursor() as cursor:
        cursor.execute(
            MANY,
            {
                "endpoint": endpoint.pk,
                "event_type": "inventory.posting.receipt.v1",
                "first": first,
                "last": last,
                "queued_at": ago(days_ago),
                "hubs": list(hubs),
            },
        )
    rows = Payload.objects.filter(endpoint=endpoint, number__range=(first, last))
    return list(rows.order_by("number").defer("body"))


def ago(days: float) -> datetime:
    """The moment so many days ago."""
    return timezone.now() - timedelta(days=days)


def settle(payload: UUID, *states: str) -> None:
    """Let a payload go through these states, one after the other."""
    for state in states:
        Payload.objects.filter(pk=payload).update(state=state)


def numbers_in(bodies: list[bytes]) -> list[int]:
    """The number that each body says."""
    return [int(json.loads(body)["asoranumber"]) for body in bodies]
