"""While people post, owners ask again and again what would have allowed a refusal: nobody waits, nothing is left."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from asora.kernel.looking import Busy
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from audit.explorer.rehearsals.looks import request_of
from audit.explorer.rehearsals.why import plan_for
from ledger.models import Kind, Posting
from ledger.proof.verification import verify
from tests.factories import documents
from tests.factories.master_data import make_master_data

POSTINGS = 15


def test_asking_holds_up_no_posting(committed_tenant: Any, act_as: Any, threads: Any) -> None:
    committed_tenant()
    master_data = make_master_data()
    manager, viewer = act_as("manager"), act_as("viewer")
    documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    with pytest.raises(Refusal):
        documents.post_movement(viewer, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "900"))
    request = request_of(Event.objects.get(outcome="refused"))
    events = Event.objects.count()
    is_over = threading.Event()

    def post(number: int) -> list[float]:
        took = []
        try:
            for _ in range(POSTINGS):
                began = time.monotonic()
                if number:
                    documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "2", "2"))
                else:
                    documents.post_movement(manager, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
                took.append(time.monotonic() - began)
        finally:
            if number == 1:
                is_over.set()
        return took

    def ask() -> int:
        asked = 0
        while not is_over.is_set():
            try:
                plan = plan_for(request)
            except Busy:  # a machine under load; the question is given up, and nobody waits for it
                continue
            assert [repair.key.partition(":")[0] for repair in plan.chosen] == ["role", "stock"]
            asked += 1
        return asked

    found = threads(4, lambda number: post(number) if number < 2 else ask())
    assert all(isinstance(one, list) and len(one) == POSTINGS for one in found[:2]), found
    assert all(isinstance(one, int) for one in found[2:]), found
    assert sum(found[2:]) > 0
    assert Posting.objects.count() == 1 + 2 * POSTINGS
    assert Event.objects.count() == events + 2 * POSTINGS, "asking leaves no event"
    assert [check.name for check in verify() if check.broken and check.name != "named"] == []
