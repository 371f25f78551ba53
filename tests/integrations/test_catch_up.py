"""A receiver that is killed again and again ends complete and in order, with each payload once.

What did not arrive is sent again, or the receiver reads it from the feed itself.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count

from integrations.dispatch.models import Attempt
from integrations.dispatch.plan import Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint
from integrations.feed.models import FeedDay
from integrations.feed.views.pages import GAP_CHECKER
from integrations.outbox.models import Payload
from plans.models import Tenant
from tests.browser.conftest import serving
from tests.factories.documents import receive
from tests.factories.endpoints import make_endpoint
from tests.factories.feeds import FEED, issue
from tests.factories.master_data import make_master_data
from tests.factories.payloads import make_endpoint_row, numbers_in, queue_payloads
from tests.integrations.payloads import checked
from tests.integrations.receiver import Receiver

KILLS = 100
#: The tenant's host name is known to browsers only, so the program's look-up of names is replaced.
PROGRAM = """
import runpy, socket, sys
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **options: look_up("127.0.0.1", *rest, **options)
program = sys.argv.pop(1)
sys.argv[0] = program
runpy.run_path(program, run_name="__main__")
"""


@pytest.fixture
def tenant(committed_tenant: Callable[..., Tenant]) -> Tenant:
    return committed_tenant()


@pytest.fixture
def address(tenant: Tenant) -> Iterator[str]:
    """The address of the tenant's feed, served on this machine."""
    with serving() as port:
        yield f"http://{tenant.slug}.localhost:{port}{FEED}"


def find_gaps(path: Path, address: str, token: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, GAP_CHECKER, path, address],
        env={"ASORA_TOKEN": token}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def completed(path: Path, address: str, token: str) -> str:
    """What the program says in the end."""
    said, errors = find_gaps(path, address, token).communicate(timeout=120)
    assert not errors, errors
    return said.strip()


def not_arrived(endpoint: Endpoint) -> list[Chosen]:
    """Everything that was sent and did not arrive, as somebody chooses it on the page of the queue."""
    rows = Payload.objects.filter(endpoint=endpoint, state__in=["failed", "unknown"])
    return [Chosen(row.pk, row.tries) for row in rows.annotate(tries=Count("attempts")).order_by("number")]


def test_a_receiver_that_is_killed_a_hundred_times(
    tenant: Tenant, address: str, receiver: Receiver, act_as: Any, tmp_path: Path
) -> None:
    master_data, chance = make_master_data(), random.Random(12)
    owner, manager = act_as("owner"), act_as("manager")
    endpoint = make_endpoint(owner, url=receiver.url("/hook"))
    token = issue(owner, endpoint)
    for kill in range(KILLS):
        receive(manager, master_data, ("BOLT", "NORTH/A-1", "1", "2"))
        receive(manager, master_data, ("CABLE", "SOUTH/A-1", "2", "3"))
        killer = threading.Timer(chance.uniform(0, 0.08), receiver.kill)
        killer.start()
        dispatch(act_as("manager"), endpoint=endpoint, kind="all")
        killer.join()
        if kill % 10 == 5 and (lost := not_arrived(endpoint)):
            receiver.start()
            dispatch(act_as("manager"), endpoint=endpoint, kind="again", chosen=lost[::2])
        receiver.start()
    assert not_arrived(endpoint), "some payloads never arrived, or this would prove nothing"
    assert Attempt.objects.filter(outcome="failed").count() > 10

    kept: dict[str, bytes] = {}
    for request in receiver.received():  # a receiver skips an id that it knows
        kept.setdefault(request.headers["webhook-id"], request.body)
    path = tmp_path / "received.jsonl"
    path.write_bytes(b"".join(body + b"\n" for body in kept.values()))

    assert completed(path, address, token) == f"complete up to {2 * KILLS}"

    bodies = sorted(path.read_bytes().splitlines(), key=lambda body: numbers_in([body]))
    assert numbers_in(bodies) == list(range(1, 2 * KILLS + 1)), "each once"
    stored = Payload.objects.filter(endpoint=endpoint).order_by("number").values_list("body", flat=True)
    assert bodies == [bytes(body) for body in stored]
    sequences = [int(checked(body)["sequence"]) for body in bodies]
    assert sequences == sorted(sequences), "in the order of the ledger"


def test_a_receiver_that_only_reads_the_feed_and_is_killed_meanwhile(
    tenant: Tenant, address: str, act_as: Any, tmp_path: Path
) -> None:
    endpoint = make_endpoint_row(maker=act_as("owner").actor.ref)
    queue_payloads(endpoint, 30_000)
    token, path, chance = issue(act_as("owner"), endpoint), tmp_path / "received.jsonl", random.Random(13)
    for _ in range(20):
        program = find_gaps(path, address, token)
        try:
            program.communicate(timeout=chance.uniform(0.1, 0.6))
        except subprocess.TimeoutExpired:
            program.kill()
            program.communicate()
    assert completed(path, address, token) == "complete up to 30000"
    assert sorted(numbers_in(path.read_bytes().splitlines())) == list(range(1, 30_001))
    assert FeedDay.objects.get().polls > 1
