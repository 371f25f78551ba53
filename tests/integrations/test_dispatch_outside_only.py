"""A dispatch contacts nothing inside, whatever an endpoint's address says and whatever its name becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db.models import F

from asora.kernel import progress
from audit.events.models import Event
from integrations.dispatch.models import Attempt
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint
from tests.factories import people
from tests.factories.dispatches import make_receiving_endpoint
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.hostile_urls import NAMED, WRITTEN
from tests.integrations.network_watch import Internet, answer_look_ups, watch
from tests.integrations.receiver import Receiver

Act = Any
#: What a row can have as its address: an older release or another rule could have let it in.
STORED = [url for url in WRITTEN if url.startswith("https://") and len(url) <= 2000 and "\0" not in url]
INSIDE = "address_not_allowed"


@pytest.fixture
def endpoint(acacia: Any, receiver: Receiver) -> Endpoint:
    """An endpoint of Acacia's owner at the receiver."""
    return make_receiving_endpoint(receiver.url("/hook"), people.person("owner", acacia).ref)


@pytest.fixture
def act(act_as: Callable[..., Act]) -> Act:
    return act_as("manager")


def move_to(endpoint: Endpoint, url: str) -> None:
    """Change the address in the database, beside every form and rule."""
    Endpoint.objects.filter(pk=endpoint.pk).update(url=url, version=F("version") + 1)


def dispatch_to_each(endpoint: Endpoint, act: Act, urls: Sequence[str]) -> None:
    """One payload to each address, in one dispatch: the address is another one before each payload is claimed."""
    queue_payloads(endpoint, len(urls))
    following = iter(urls)

    def move_on(_phase: str, done: int, _total: int) -> None:
        if done < len(urls):
            move_to(endpoint, next(following))

    with progress.heard_by(move_on):
        result = dispatch(act, endpoint=endpoint, kind="all")
    assert (result.delivered, result.failed, result.unknown) == (0, len(urls), 0)
    assert list(following) == []


def found(endpoint: Endpoint) -> set[tuple[Any, ...]]:
    """How the attempts of an endpoint ended."""
    rows = Attempt.objects.filter(payload__endpoint=endpoint)
    return set(rows.values_list("outcome", "fault", "http_status", "answer"))


def test_no_hostile_address_is_looked_up_or_contacted(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    assert len(STORED) > 400
    with watch() as seen:
        dispatch_to_each(endpoint, act, STORED)

    assert (seen.looked_up, seen.connected) == ([], [])
    assert found(endpoint) == {("failed", INSIDE, None, "")}
    assert receiver.connections() == 0
    ended = Event.objects.filter(action="integrations.dispatch.finish").order_by("-number")[0]
    assert {(one["outcome"], one["fault"]) for one in ended.facts["not_delivered"]} == {("failed", INSIDE)}


def test_no_name_with_an_address_inside_is_contacted(
    endpoint: Endpoint, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer_look_ups(monkeypatch, NAMED)
    with watch() as seen:
        dispatch_to_each(endpoint, act, [f"https://{name}/hook" for name in NAMED])

    assert asked == list(NAMED)
    assert seen.connected == []
    assert found(endpoint) == {("failed", INSIDE, None, "")}


def test_a_name_that_turns_inside_during_a_dispatch_gets_nothing_from_then_on(
    endpoint: Endpoint, act: Act, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["1.1.1.1"], ["1.1.1.1"], ["127.0.0.1"], ["127.0.0.1"], ["::1"], ["1.1.1.1", "10.0.0.1"]])
    answer_look_ups(monkeypatch, {"elsewhere.example": lambda: next(answers)})
    internet.receiver.behave("wrong_host", first=["closing"] * 5)  # its certificate is for this name
    move_to(endpoint, f"https://elsewhere.example:{internet.receiver.port}/hook")
    queue_payloads(endpoint, 6)

    done = dispatch(act, endpoint=endpoint, kind="all")

    assert (done.delivered, done.failed) == (2, 4)
    assert numbers_in([got.body for got in internet.receiver.received()]) == [1, 2]
    assert internet.told == [("1.1.1.1", internet.receiver.port)] * 2
    faults = Attempt.objects.order_by("payload__number").values_list("fault", flat=True)
    assert list(faults) == ["", ""] + [INSIDE] * 4


def test_a_redirect_inside_is_not_followed(endpoint: Endpoint, act: Act, receiver: Receiver) -> None:
    receiver.behave("redirect")
    queue_payloads(endpoint, 2)
    dispatch(act, endpoint=endpoint, kind="all")
    assert [got.path for got in receiver.received()] == ["/hook"] * 2
    assert {row[:3] for row in found(endpoint)} == {("failed", "redirect", 302)}
