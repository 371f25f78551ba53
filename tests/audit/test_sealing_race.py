"""A storm of eight threads while two sealers run, and the same trail after a restore into a fresh cluster."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from asora import environment
from asora.embedded import binaries
from asora.embedded.cluster import Cluster
from asora.kernel import positions
from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Refusal
from audit.events.models import Event, TrailHead
from audit.seals import sealer
from audit.seals.checking import check_schema
from audit.seals.checkpoint import unverified
from audit.seals.models import Kind, Seal
from audit.seals.sealer import Pass
from ledger.models import Posting
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.kernel.example_action import door

WRITERS, SEALERS, EACH = 8, 2, 15


def storm(act: Any, receiver: Any, master_data: MasterData, name: str) -> None:
    """Deliveries, refusals, errors and what is undone, in turn."""
    for turn in range(EACH):
        code = f"{name}-{turn}"
        with contextlib.suppress(Refusal, ZeroDivisionError, Unavailable):
            match turn % 4:
                case 0 | 1:
                    bolts = line(master_data, "BOLT", "NORTH/A-1", "2", "1.5")
                    deliver(receiver, master_data, receipt(master_data, bolts))
                case 2:
                    door()(act, code=f"BAD{code}")
                case 3:
                    door(lambda act, *, code: 1 / 0)(act, code=code)


def sealed_numbers(stream: str) -> list[int]:
    """All numbers that seals name, in the order of the seals."""
    spans = Seal.objects.filter(stream_id=stream, last__isnull=False).order_by("number")
    return [number for first, last in spans.values_list("first", "last") for number in range(first, last + 1)]


@dataclass(frozen=True)
class Storm:
    """Eight threads that act in a tenant while two others seal."""

    tenant: Any
    master_data: MasterData
    managers: list[Any]
    receivers: list[Any]
    threads: Callable[..., list[Any]]

    def rage(self, code: str) -> list[list[Pass]]:
        """All threads at once; returns what each sealer did. `code` makes the codes of this storm its own."""
        ended = threading.Event()
        left = threading.Semaphore(0)

        def work(number: int) -> Any:
            if number < WRITERS:
                try:
                    return storm(
                        self.managers[number], self.receivers[number], self.master_data, f"{code}{number}"
                    )
                finally:
                    left.release()
                    if number == 0:
                        for _ in range(WRITERS):
                            left.acquire(timeout=100)
                        ended.set()
            done: list[Pass] = []
            while not ended.is_set():
                done += sealer.seal_schema()
            return done

        results = self.threads(WRITERS + SEALERS, work)
        assert [result for result in results if isinstance(result, Exception)] == []
        return results[WRITERS:]


@pytest.fixture
def raging(
    committed_tenant: Callable[..., Any],
    threads: Callable[..., list[Any]],
    act_as: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Storm:
    monkeypatch.setattr(sealer, "MAX_ROWS", 7)  # many seals, so that the sealers meet often
    tenant = committed_tenant()
    return Storm(
        tenant,
        make_master_data(),
        [act_as("manager", tenant=tenant) for _ in range(WRITERS)],
        [act_as("receiver", tenant=tenant) for _ in range(WRITERS)],
        threads,
    )


def assert_sealed_without_a_gap() -> None:
    """Every committed number is sealed once, in order, and every seal agrees with the rows."""
    sealer.seal_schema()
    head = TrailHead.objects.get().number
    numbered = Event.objects.filter(number__isnull=False).order_by("number")
    committed = list(numbered.values_list("number", flat=True))
    assert sealed_numbers("audit") == committed == list(range(1, head + 1))
    recorded = list(Posting.objects.order_by("position").values_list("position", flat=True))
    assert sealed_numbers("ledger") == recorded == list(range(1, positions.current() + 1))
    assert [check.findings for check in check_schema()] == [[], []]


def test_two_sealers_in_a_storm_seal_every_number_once_and_in_order(raging: Storm) -> None:
    sealers = raging.rage("V")
    assert all(sum(done.seals for done in made) > 0 for made in sealers), "both sealers sealed something"
    assert_sealed_without_a_gap()
    for stream in ("audit", "ledger"):
        seals = Seal.objects.filter(stream_id=stream).order_by("number")
        numbers = list(seals.values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_storm_after_a_restore_into_a_fresh_cluster(raging: Storm, tmp_path: Path, settings: Any) -> None:
    """A backup, more events and seals, then the backup on another server, where all goes on at once."""
    settings.ASORA_RECEIPTS_FOLDER = str(tmp_path / "receipts")
    raging.rage("A")
    assert_sealed_without_a_gap()
    kept = sealer.sealed_number("audit")
    backup = dump()
    raging.rage("B")
    assert_sealed_without_a_gap()
    lost = sealer.last_seal("audit")
    assert lost is not None

    with fresh_cluster(tmp_path / "home", backup, raging.tenant):
        assert TrailHead.objects.get().number == kept
        sealers = raging.rage("B")  # the same numbers again, for other events
        assert_sealed_without_a_gap()
        restores = Seal.objects.filter(kind=Kind.RESTORED).order_by("stream_id")
        assert [seal.stream_id for seal in restores] == ["audit", "ledger"], "each declared once"
        assert unverified(restores[0].note).missing == (kept + 1, lost.last)
        assert restores[0].number == lost.number + 1
        assert sum(len(done.restored) for made in sealers for done in made) == 2


def dump() -> str:
    """A backup of the whole database, as SQL."""
    server = connection.settings_dict
    connections.close_all()
    return run(
        "pg_dump",
        "--no-owner", "--no-privileges", "--dbname", str(server["NAME"]),
        *(("--host", str(server["HOST"])) if server["HOST"] else ()),
        *(("--port", str(server["PORT"])) if server["PORT"] else ()),
        *(("--username", str(server["USER"])) if server["USER"] else ()),
        password=str(server.get("PASSWORD") or ""),
    )  # fmt: skip


def run(program: str, *arguments: str, script: str = "", password: str = "") -> str:
    environment = {**binaries.environment(), "PGPASSWORD": password}
    command = [str(binaries.program(program)), *arguments]
    done = subprocess.run(command, input=script, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextlib.contextmanager
def fresh_cluster(home: Path, backup: str, tenant: Any) -> Iterator[None]:
    """A server that was made a moment ago, with the backup in it, as the database of this process."""
    cluster = Cluster(home)
    cluster.start()
    before = dict(connection.settings_dict)
    try:
        run("psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", cluster.url(), script=backup)
        connections.close_all()
        connection.settings_dict.update(environment.database(cluster.url()))
        connection.set_tenant(tenant)
        yield
    finally:
        connections.close_all()
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
        cluster.stop()
        connection.set_tenant(tenant)
