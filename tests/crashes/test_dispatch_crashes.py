"""kill -9 of PostgreSQL while payloads are sent: none is sent twice, and none is called delivered that is not."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crashes.site import PATIENCE, TENANT, Site, running
from tests.factories.payloads import numbers_in
from tests.integrations.receiver import Receiver
from tests.integrations.receiver import running as receiver_running

AMOUNT, KILLS = 150, 4
#: A restart may take so long that the receiver's answer comes too late.
KNOWN = {"delivered", "failed"}
DISPATCH = ("manage.py", "dispatch", TENANT, "ERP")


@pytest.fixture
def site() -> Iterator[Site]:
    """A short path: the address of a socket is limited in length."""
    with (
        tempfile.TemporaryDirectory(prefix="asora-crash-", ignore_cleanup_errors=True) as name,
        running(Path(name), costing="average") as made,
    ):
        yield made


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiver_running(tmp_path) as made:
        made.start()
        yield made


def ask(site: Site, *arguments: str) -> dict[str, Any]:
    process = site.begin("-m", "tests.crashes.dispatching", *arguments)
    printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors.decode()
    answer: dict[str, Any] = json.loads(printed)
    return answer


def arrived(receiver: Receiver) -> list[int]:
    return numbers_in([request.body for request in receiver.received()])


def test_kills_of_the_database_while_payloads_are_sent(site: Site, receiver: Receiver) -> None:
    chance = random.Random(12)
    ask(site, "queue", receiver.url("/hook"), str(AMOUNT))

    # In the midst of a request: the sender waits for the database, writes what it knows, and stops.
    receiver.behave("hold")
    sender = site.begin(*DISPATCH, **receiver.environment)
    receiver.wait_for(1)
    site.kill_database()
    receiver.behave("good")
    assert sender.wait(PATIENCE) == 1
    found = ask(site, "states")
    assert found["states"][0] in KNOWN, "the answer was written after the crash"
    assert (found["states"][1:], found["unfinished"]) == (["queued"] * (AMOUNT - 1), 0)

    # Sender and database at once: nobody knows whether it arrived.
    receiver.behave("hold")
    sender = site.begin(*DISPATCH, **receiver.environment)
    receiver.wait_for(2)
    sender.kill()
    sender.wait(PATIENCE)
    site.kill_database()
    receiver.behave("good")
    assert ask(site, "states")["states"][1:3] == ["sending", "queued"]

    # At any moment.
    kills = 0
    while (
        kills < KILLS and "queued" in ask(site, "states")["states"]
    ):  # a fast machine sends all of them earlier
        kills += 1
        sender = site.begin(*DISPATCH, **receiver.environment)
        before = len(receiver.received())
        receiver.wait_for(before + 1)
        time.sleep(chance.uniform(0, 0.2))
        site.kill_database()
        sender.wait(PATIENCE)
    assert kills > 1
    while "queued" in ask(site, "states")["states"]:
        sender = site.begin(*DISPATCH, **receiver.environment)
        sender.wait(PATIENCE)

    found = ask(site, "states")
    got, states = arrived(receiver), found["states"]
    assert found["unfinished"] == 0
    assert got == sorted(set(got)), "in order, and none twice"
    assert set(states) <= {*KNOWN, "unknown"}
    assert states[1] == "unknown"
    delivered = {number for number, state in enumerate(states, start=1) if state == "delivered"}
    assert delivered <= set(got), "nothing is called delivered that did not arrive"
    assert states.count("unknown") <= KILLS + 1
