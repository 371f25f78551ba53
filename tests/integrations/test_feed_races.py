"""Polls and changes of tokens at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.refusals import StateConflict
from audit.events.models import Event
from integrations.endpoints.models import Endpoint
from integrations.feed.actions import issue_token, rotate_token
from integrations.feed.models import FeedDay, FeedToken
from plans.models import Tenant
from tests.conftest import TenantClient
from tests.factories.feeds import issue, poll, row_of
from tests.factories.payloads import make_endpoint_row, numbers_in, queue_payloads


@pytest.fixture
def tenant(committed_tenant: Callable[..., Tenant]) -> Tenant:
    return committed_tenant()


@pytest.fixture
def endpoint(tenant: Tenant, act_as: Any) -> Endpoint:
    return make_endpoint_row(maker=act_as("owner").actor.ref)


def test_of_eight_first_polls_of_a_day_one_is_the_first(tenant, endpoint, threads, act_as) -> None:
    queue_payloads(endpoint, 5)
    token = issue(act_as("owner"), endpoint)
    pages = threads(8, lambda _number: numbers_in(poll(TenantClient(tenant), token).content.splitlines()))
    assert pages == [[1, 2, 3, 4, 5]] * 8
    [day] = FeedDay.objects.all()
    assert (day.polls, day.payloads) == (8, 40)
    assert Event.objects.filter(action="integrations.feed.read", outcome="allowed").count() == 1


def test_of_two_people_who_issue_at_once_one_gets_the_token(endpoint, threads, act_as) -> None:
    acts = [act_as("owner") for _ in range(8)]

    def attempt(number: int) -> str:
        try:
            return issue_token(acts[number], endpoint=endpoint)[:11]
        except StateConflict as refusal:
            return str(refusal.reason)

    assert sorted(threads(8, attempt)) == ["ALREADY_ACTIVE"] * 7 + ["asora_feed_"]
    assert FeedToken.objects.count() == 1


def test_two_clicks_on_rotate_rotate_once(endpoint, threads, act_as) -> None:
    row = row_of(issue(act_as("owner"), endpoint))
    acts = [act_as("owner") for _ in range(8)]

    def attempt(number: int) -> str:
        try:
            return rotate_token(acts[number], feed_token=row)[:11]
        except StateConflict as refusal:
            return str(refusal.reason)

    assert sorted(threads(8, attempt)) == ["NOT_ACTIVE"] * 7 + ["asora_feed_"]
    assert FeedToken.objects.filter(expires_at=None).count() == 1
