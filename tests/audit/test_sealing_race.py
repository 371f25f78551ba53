"""A storm of eight threads while two sealers run, and the same trail after a restore into a fresh cluster."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from asora.kernel import positions
from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Refusal
from audit.events.models import Event, TrailHead
from audit.seals import sealer
from audit.seals.checking import check_schema
from audit.seals.models import Seal
from ledger.models import Posting
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.kernel.example_action import door

WRITERS, SEALERS, EACH = 8, 2, 15


def storm(act: Any, receiver: Any, master_data: MasterData, number: int) -> None:
    """Deliveries, refusals, errors and what is undone, in turn."""
    for turn in range(EACH):
        code = f"V{number}-{turn}"
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


def test_two_sealers_in_a_storm_seal_every_number_once_and_in_order(
    committed_tenant: Callable[..., Any],
    threads: Callable[..., list[Any]],
    act_as: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealer, "MAX_ROWS", 7)  # many seals, so that the sealers meet often
    tenant = committed_tenant()
    master_data = make_master_data()
    managers = [act_as("manager", tenant=tenant) for _ in range(WRITERS)]
    receivers = [act_as("receiver", tenant=tenant) for _ in range(WRITERS)]
    ended = threading.Event()
    left = threading.Semaphore(0)

    def work(number: int) -> Any:
        if number < WRITERS:
            try:
                return storm(managers[number], receivers[number], master_data, number)
            finally:
                left.release()
                if number == 0:
                    for _ in range(WRITERS):
                        left.acquire(timeout=100)
                    ended.set()
        made = 0
        while not ended.is_set():
            made += sum(done.seals for done in sealer.seal_schema())
        return made

    results = threads(WRITERS + SEALERS, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert all(made > 0 for made in results[WRITERS:]), "both sealers sealed something"
    sealer.seal_schema()
    head = TrailHead.objects.get().number
    committed = list(
        Event.objects.filter(number__isnull=False).order_by("number").values_list("number", flat=True)
    )
    assert sealed_numbers("audit") == committed == list(range(1, head + 1))
    recorded = list(Posting.objects.order_by("position").values_list("position", flat=True))
    assert sealed_numbers("ledger") == recorded == list(range(1, positions.current() + 1))
    numbers = list(Seal.objects.filter(stream_id="audit").order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert [check.findings for check in check_schema()] == [[], []]
    assert connection.schema_name == tenant.schema_name
