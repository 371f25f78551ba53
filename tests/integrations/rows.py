"""Rows of endpoints, payloads and attempts, as the product writes them, for tests of the pages that only read them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from asora.kernel.request_ids import new_request_id
from integrations.dispatch.models import Attempt, Dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload

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
    EndpointNumber.objects.create(endpoint=endpoint)
    return endpoint


def queue_payload(endpoint: Endpoint, number: int = 1, **values: Any) -> Payload:
    """A queued payload with this number."""
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


def attempt_payload(payload: Payload, *, actor: str = "u-sender", **values: Any) -> Attempt:
    """A finished attempt of a dispatch of its own. By default it failed with status 500."""
    now = timezone.now()
    given = {"outcome": "failed", "http_status": 500, "duration_ms": 120, "answer": "the answer"} | values
    dispatch = Dispatch.objects.create(
        endpoint=payload.endpoint, kind="one", actor_ref=actor, request_id=new_request_id("acacia"), amount=1
    )
    attempt: Attempt = Attempt.objects.create(
        payload=payload,
        dispatch=dispatch,
        ordinal=payload.attempts.count() + 1,
        started_at=now - timedelta(seconds=1),
    )
    Attempt.objects.filter(pk=attempt.pk).update(finished_at=now, **given)
    payload.refresh_from_db(fields=["state"])
    if payload.state != given["outcome"]:
        Payload.objects.filter(pk=payload.pk).update(state=given["outcome"])
    Dispatch.objects.filter(pk=dispatch.pk).update(finished_at=now, **{given["outcome"]: 1})
    attempt.refresh_from_db()
    return attempt
