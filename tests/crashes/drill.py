"""The whole drill: a site, clients that post, a number of kills, and the proof. For the test and for `make bench`."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.crashes import proof
from tests.crashes.site import PATIENCE, TENANT, Site, running
from tests.crashes.storm import Client, clients_of

CLIENTS = 5
BETWEEN = 6  # postings that must be acknowledged after a kill before the next one


@dataclass(frozen=True)
class Drill:
    """The result of a drill. `faults` is empty if nothing went wrong."""

    faults: list[str]
    seconds: float
    posted: Counter[str]  # acknowledged postings by kind
    refused: int
    sent_again: int
    learned_late: int
    unanswered: int


def drill(folder: Path, *, kills: int, costing: str, seed: int) -> Drill:
    """Kill PostgreSQL and a web worker in turn, at moments that `seed` chooses, while clients post."""
    chance = random.Random(seed)
    with running(folder, costing=costing) as site:
        started = time.monotonic()
        stop = threading.Event()
        storm = clients_of(site.port, CLIENTS, stop)
        clients = [client for client, _ in storm]
        try:
            for number in range(kills):
                _wait_for_postings(clients)
                time.sleep(chance.uniform(0, 0.3))
                if number % 2:
                    site.kill_worker(chance)
                else:
                    site.kill_database()
                site.wait_until_ready()
            _wait_for_postings(clients)
        finally:
            stop.set()
            deadline = time.monotonic() + PATIENCE
            for _, thread in storm:
                thread.join(max(0.0, deadline - time.monotonic()))
        seconds = time.monotonic() - started
        faults = [fault for client in clients for fault in client.faults]
        faults += [f"client {client.number} never ended" for client, thread in storm if thread.is_alive()]
        faults += [f"the whole web server died {site.deaths} times"] if site.deaths else []
        faults += proof.faults_of(site, (document for client in clients for document in client.sent))
        faults += _unproved(site)
        if faults:
            faults.append(site.last_words())
    return _summed_up(clients, faults, seconds)


def _wait_for_postings(clients: list[Client]) -> None:
    """Wait until postings go on again: some more were acknowledged, or a client found a fault."""
    wanted = _acknowledged(clients) + BETWEEN
    deadline = time.monotonic() + PATIENCE
    while _acknowledged(clients) < wanted and not any(client.faults for client in clients):
        assert time.monotonic() < deadline, "no more postings are acknowledged"
        time.sleep(0.02)


def _acknowledged(clients: list[Client]) -> int:
    return sum(document.position is not None for client in clients for document in list(client.sent))


def _unproved(site: Site) -> list[str]:
    try:
        site.manage("verify_ledger", "--tenant", TENANT)
    except AssertionError as broken:
        return [str(broken)]
    return []


def _summed_up(clients: list[Client], faults: list[str], seconds: float) -> Drill:
    documents = [document for client in clients for document in client.sent]
    return Drill(
        faults=faults,
        seconds=seconds,
        posted=Counter(document.kind for document in documents if document.position is not None),
        refused=sum(bool(document.refused) for document in documents),
        sent_again=sum(document.attempts > 1 for document in documents),
        learned_late=sum(document.learned_late for document in documents),
        unanswered=sum(client.unanswered for client in clients),
    )
