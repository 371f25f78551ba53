"""Polls and changes of tokens at the same moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.refusals import StateConflict
from audit.events.models import Event
from integrations.endpoints.models import Endpoint
from integrations.feed import queries
from integrations.feed.actions import issue_token, rotate_token
from integrations.feed.models import FeedDay, FeedToken
from plans.models import Tenant
from tests.conftest import TenantClient
from tests.factories.documents import receive
from tests.factories.endpoints import RECEIPT, make_endpoint
from tests.factories.feeds import issue, poll, row_of
from tests.factories.master_data import make_master_data
from tests.factories.payloads import make_endpoint_row, numbers_in, queue_payloads

WRITERS, EACH = 8, 12


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


def test_a_reader_beside_eight_writers_never_sees_a_number_before_the_one_before_it(
    tenant, threads, act_as, monkeypatch
) -> None:
    monkeypatch.setattr(
        queries, "CHUNK", 3
    )  # so that a page is read by several queries, with commits in between
    master_data = make_master_data()
    endpoint = make_endpoint(act_as("owner"), event_types=[RECEIPT])
    token, acts = issue(act_as("owner"), endpoint), [act_as("manager") for _ in range(WRITERS)]

    def write(number: int) -> str:
        for _ in range(EACH):
            receive(acts[number], master_data, ("BOLT", "NORTH/A-1", "1", "2"))
        return "written"

    def read() -> list[int]:
        client, seen, end = TenantClient(tenant), [], time.monotonic() + 120
        while len(seen) < WRITERS * EACH and time.monotonic() < end:
            after = seen[-1] if seen else 0
            seen += numbers_in(poll(client, token, f"?after={after}").content.splitlines())
        return seen

    *written, seen = threads(WRITERS + 1, lambda number: read() if number == WRITERS else write(number))
    assert written == ["written"] * WRITERS
    assert seen == list(range(1, WRITERS * EACH + 1))
    assert FeedDay.objects.get().polls > 2, "it read while others wrote"


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
