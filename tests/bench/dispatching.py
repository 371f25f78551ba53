"""Payloads dispatched in a second, to a receiver in a process of its own, with TLS."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.test import override_settings
from django_tenants.utils import tenant_context

from integrations.dispatch.models import Attempt
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbound.request import session
from tests.bench import twin_tenants
from tests.bench.harness import Result, Size
from tests.bench.twin_tenants import Side
from tests.factories import people
from tests.factories.dispatches import make_receiving_endpoint
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.receiver import Receiver, running

PAYLOADS_A_SECOND = 200
WARM_UP = 5


def measure(size: Size) -> Iterator[Result]:
    """One line: everything queued for an endpoint, claimed, signed, sent and recorded one after the other."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as receiver,
        override_settings(ASORA_OUTBOUND_ALLOWED=receiver.allowed, ASORA_OUTBOUND_CA_FILE=receiver.ca_file),
        twin_tenants.throw_away(twin_tenants.fill) as side,
        tenant_context(side.tenant),
    ):
        yield _measure(side, receiver, amount=size.postings * 10)


def _measure(side: Side, receiver: Receiver, *, amount: int) -> Result:
    endpoint = make_receiving_endpoint(receiver.url("/hook"), people.person("owner", side.tenant).ref)
    _dispatch(side, endpoint, WARM_UP)
    seconds = _dispatch(side, endpoint, amount)
    wrong = _wrong(endpoint, receiver, WARM_UP + amount)
    alone = _sending_alone(receiver, amount)
    rate = amount / seconds
    return Result(
        work=f"dispatching {amount:,} payloads, to {PAYLOADS_A_SECOND} a second",
        ratio=rate / PAYLOADS_A_SECOND,
        goal=1.0,
        is_at_most=False,
        detail=f"{rate:,.0f} payloads/s; the requests alone {amount / alone:,.0f}/s",
        figures={"seconds": seconds, "alone": alone, "wrong": wrong},
    )


def _dispatch(side: Side, endpoint: Endpoint, amount: int) -> float:
    """Queue so many payloads and dispatch them. Returns the seconds that the dispatch took."""
    queue_payloads(endpoint, amount)
    act = people.act_of(people.person("manager", side.tenant), side.tenant, route="make bench")
    began = time.perf_counter()
    dispatch(act, endpoint=endpoint, kind="all")
    return time.perf_counter() - began


def _sending_alone(receiver: Receiver, amount: int) -> float:
    """The seconds that as many requests take, without anything being recorded."""
    with session() as sending:
        began = time.perf_counter()
        for _ in range(amount):
            sending.post(receiver.url("/alone"), headers={}, body=b"{}")
        return time.perf_counter() - began


def _wrong(endpoint: Endpoint, receiver: Receiver, amount: int) -> list[str]:
    """Whether each payload arrived once, in order, and its attempt says so."""
    wrong = []
    if numbers_in([got.body for got in receiver.received()]) != list(range(1, amount + 1)):
        wrong.append("the receiver did not get each payload once, in order")
    if Attempt.objects.filter(payload__endpoint=endpoint, outcome="delivered").count() != amount:
        wrong.append("an attempt is not delivered")
    return wrong
