"""The feed: payloads that a receiver reads in a second, page by page, through the whole product."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from django.db import connection
from django.test import Client

from integrations.endpoints.models import Endpoint
from integrations.feed.models import FeedDay
from integrations.outbox.models import EndpointNumber
from tests.bench import twin_tenants
from tests.bench.harness import Result, Size
from tests.factories import people
from tests.factories.feeds import FEED, issue
from tests.factories.payloads import make_endpoint_row

PAYLOADS_A_SECOND = 20_000
#: As long as the payload of a receipt with one line.
BODY_BYTES = 1_000
FILL = """
INSERT INTO integrations_payload (id, endpoint_id, number, event_type, event_id, body, position, audit_event,
                                  request_id, hubs, with_values, state, queued_at)
SELECT gen_random_uuid(), %(endpoint)s, number, 'inventory.posting.receipt.v1', 'event-' || number,
       convert_to('{"asoranumber":"' || number || '","filled":"' || repeat('x', %(bytes)s) || '"}', 'UTF8'), number,
       gen_random_uuid(), 'request-' || number, '{}', false, 'queued', now()
FROM generate_series(1, %(amount)s) AS number
"""


def measure(size: Size) -> Iterator[Result]:
    """All payloads of an endpoint, in pages of the usual size."""
    amount = size.entries // 100
    with twin_tenants.throw_away(lambda: None) as side:
        connection.set_tenant(side.tenant)
        owner = people.act_of(people.person("owner", side.tenant), side.tenant, route="make bench")
        endpoint = _filled(make_endpoint_row(maker=owner.actor.ref), amount)
        token = issue(owner, endpoint)
        client = Client(HTTP_HOST=f"{side.tenant.slug}.localhost")
        seen: list[int] = []
        query, began = "?after=0", time.perf_counter()
        while page := _page(client, token, query):
            seen += page
            query = f"?after={page[-1]}"
        seconds = time.perf_counter() - began
        connection.set_tenant(side.tenant)
        day = FeedDay.objects.get()
        wrong = [] if seen == list(range(1, amount + 1)) and day.payloads == amount else ["numbers"]
    yield Result(
        work=f"feed of {amount:,} payloads of 1 kB, to {PAYLOADS_A_SECOND:,} a second",
        ratio=amount / seconds / PAYLOADS_A_SECOND,
        goal=1.0,
        is_at_most=False,
        detail=f"{amount / seconds:,.0f} payloads/s in {day.polls} polls",
        figures={"seconds": seconds, "wrong": wrong},
    )


def _filled(endpoint: Endpoint, amount: int) -> Endpoint:
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"endpoint": endpoint.pk, "bytes": BODY_BYTES - 40, "amount": amount})
        cursor.execute("ANALYZE integrations_payload")
    EndpointNumber.objects.filter(endpoint=endpoint).update(last=amount)
    return endpoint


def _page(client: Client, token: str, query: str) -> list[int]:
    """The numbers of a page: the receiver parses every line."""
    response = client.get(FEED + query, headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 200, response.content
    return [int(json.loads(line)["asoranumber"]) for line in response.content.splitlines()]
