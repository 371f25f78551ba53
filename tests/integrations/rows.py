"""Rows of endpoints, payloads and attempts, as the product writes them, for tests of the pages that only read them."""

from __future__ import annotations

import json
from typing import Any

from asora.kernel.request_ids import new_request_id
from integrations.dispatch.models import Attempt, Dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload
from tests.factories.dispatches import finish_row, make_attempt_row

MARK = "BOLT-M8"


def make_endpoint(name: str = "Web shop", **values: Any) -> Endpoint:
    """An enabled endpoint of all hubs."""
    given = {
        "url": "https://shop.example/hook",
        "event_types": ["inventory.posting.receipt.v1"],
        "all_hubs": True,
        "is_enabled": True,
        "maker": "u-maker",
    }
    endpoint: Endpoint = Endpoint.objects.create(name=name, **(given | values))
    return endpoint


def queue_payload(endpoint: Endpoint, **values: Any) -> Payload:
    """A queued payload with the next number of the endpoint."""
    number = EndpointNumber.objects.get(endpoint=endpoint).last + 1
    body = {"id": f"event-{number}", "type": "inventory.posting.receipt.v1", "data": {"sku": MARK}}
    given = {
        "event_type": "inventory.posting.receipt.v1",
        "event_id": f"event-{number}",
        "body": json.dumps(body, separators=(",", ":")).encode(),
        "position": number,
        "request_id": new_request_id("acacia"),
    }
    payload: Payload = Payload.objects.create(endpoint=endpoint, number=number, **(given | values))
    EndpointNumber.objects.filter(endpoint=endpoint).update(last=number)
    return payload


def attempt_payload(payload: Payload, *, request_id: str = "", **values: Any) -> Attempt:
    """A finished attempt of a dispatch of its own. By default it failed with status 500."""
    given = {
        "outcome": "failed",
        "fault": "status",
        "http_status": 500,
        "duration_ms": 120,
        "answer": "the answer",
    }
    given |= values
    dispatch = Dispatch.objects.create(
        endpoint=payload.endpoint,
        kind="one",
        actor_ref="u-sender",
        request_id=request_id or new_request_id("acacia"),
        amount=1,
    )
    attempt = make_attempt_row(dispatch, payload, **given)
    finish_row(dispatch, **{given["outcome"]: 1})
    return attempt
