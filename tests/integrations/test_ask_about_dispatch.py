"""A refused dispatch says in the trail what would allow it, and is asked about again from its event alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.refusals import Refusal
from audit.events.models import Event
from integrations.dispatch.models import Attempt, Dispatch
from integrations.dispatch.plan import Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.actions import disable_endpoint, enable_endpoint
from integrations.endpoints.models import Endpoint
from tests.factories import people
from tests.factories.dispatches import (
    finish_row,
    make_attempt_row,
    make_dispatch_row,
    make_receiving_endpoint,
)
from tests.factories.payloads import queue_payloads

Act = Any


@pytest.fixture
def endpoint(acacia: Any) -> Endpoint:
    """An endpoint of Acacia's owner at an address to which nothing is ever sent."""
    return make_receiving_endpoint("https://127.0.0.1/", people.person("owner", acacia).ref)


def refused(attempt: Callable[[], object]) -> Event:
    with pytest.raises(Refusal):
        attempt()
    return Event.objects.filter(outcome="refused").latest("number")


def ask(client: Any, event: Event) -> str:
    answer = client.post("/audit/now/", {"event": str(event.pk)}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("is_chosen", [True, False])
def test_says_no_and_then_yes(
    endpoint: Endpoint, act_as: Callable[..., Act], client_as: Callable[..., Any], is_chosen: bool
) -> None:
    first, _second = queue_payloads(endpoint, 2)
    disable_endpoint(act_as("owner"), endpoint=endpoint)
    kind, chosen = ("one", [Chosen(first.pk)]) if is_chosen else ("all", [])
    event = refused(lambda: dispatch(act_as("manager"), endpoint=endpoint, kind=kind, chosen=chosen))

    answer = ask(client_as("owner"), event)
    assert 'data-answer="refused"' in answer
    assert "ENDPOINT_DISABLED" in answer
    enable_endpoint(act_as("owner"), endpoint=endpoint)
    assert 'data-answer="allowed"' in ask(client_as("owner"), event)
    assert not Dispatch.objects.exists(), "asking sends nothing"
    assert not Attempt.objects.exists()


def test_while_a_dispatch_is_under_way(
    endpoint: Endpoint, act_as: Callable[..., Act], client_as: Callable[..., Any]
) -> None:
    first, second = queue_payloads(endpoint, 2)
    disable_endpoint(act_as("owner"), endpoint=endpoint)
    chosen = [Chosen(second.pk)]
    event = refused(lambda: dispatch(act_as("manager"), endpoint=endpoint, kind="one", chosen=chosen))
    enable_endpoint(act_as("owner"), endpoint=endpoint)
    other = make_dispatch_row(endpoint)
    make_attempt_row(other, first, outcome="failed")

    assert "DISPATCH_RUNNING" in ask(client_as("owner"), event)
    finish_row(other, failed=1)
    assert 'data-answer="allowed"' in ask(client_as("owner"), event)


def test_a_payload_that_was_sent_since_stays_refused(
    endpoint: Endpoint, act_as: Callable[..., Act], client_as: Callable[..., Any]
) -> None:
    (payload,) = queue_payloads(endpoint, 1)
    dispatch(act_as("manager"), endpoint=endpoint, kind="all")
    chosen = [Chosen(payload.pk)]
    event = refused(lambda: dispatch(act_as("manager"), endpoint=endpoint, kind="one", chosen=chosen))

    assert "STALE_FORM" in ask(client_as("owner"), event)
