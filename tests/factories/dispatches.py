"""Dispatches and attempts as rows, written the way the sender writes them."""

from __future__ import annotations

from django.utils import timezone

from integrations.dispatch.models import Attempt, Dispatch
from integrations.endpoints.models import Endpoint
from integrations.endpoints.secrets import new_secret
from integrations.outbox.models import Payload
from tests.factories.payloads import make_endpoint_row


def make_dispatch_row(endpoint: Endpoint, *, kind: str = "all", amount: int = 1) -> Dispatch:
    """A dispatch that has started."""
    return Dispatch.objects.create(
        endpoint=endpoint, kind=kind, actor_ref="nobody", request_id="request", amount=amount
    )


def make_attempt_row(dispatch: Dispatch, payload: Payload, *, outcome: str = "", **result: object) -> Attempt:
    """The next attempt of a payload; with an outcome, if one is given."""
    ordinal = Attempt.objects.filter(payload=payload).count() + 1
    attempt = Attempt.objects.create(payload=payload, dispatch=dispatch, ordinal=ordinal)
    if outcome:
        Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, finished_at=timezone.now(), **result)
        attempt.refresh_from_db()
    return attempt


def finish_row(dispatch: Dispatch, **result: object) -> None:
    """End a dispatch."""
    Dispatch.objects.filter(pk=dispatch.pk).update(finished_at=timezone.now(), **result)


def make_receiving_endpoint(
    url: str, maker: str, name: str = "Warehouse system", **values: object
) -> Endpoint:
    """An enabled endpoint at a receiver, made by this person, with a signing secret."""
    endpoint = make_endpoint_row(name, url=url, maker=maker, **values)
    new_secret(endpoint).row.save(force_insert=True)
    return endpoint
