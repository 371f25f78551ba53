"""With real commits and real threads: ceilings, freezes, deadlocks, positions."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from asora.kernel import locks, positions
from asora.kernel.database_errors import Unavailable
from asora.kernel.door import ATTEMPTS
from asora.kernel.refusals import PlanLimitExceeded, Reason, StateConflict
from inventory.models import Vendor
from plans.limits import usage
from tests.kernel.example_action import FREE_VENDORS, door, fill, freeze


def test_of_eight_at_the_last_place_exactly_one_succeeds(committed_tenant, threads, act_as, events):
    committed_tenant(plan="free")
    fill(FREE_VENDORS - 1)
    acts = [act_as("manager") for _ in range(8)]
    results = threads(8, lambda number: door()(acts[number], code=f"V{number}"))
    assert sum(isinstance(result, Vendor) for result in results) == 1, results
    refusals = [result for result in results if isinstance(result, PlanLimitExceeded)]
    assert len(refusals) == 7
    assert {refusal.reason for refusal in refusals} == {Reason.PLAN_VENDORS}
    assert usage("vendors") == FREE_VENDORS
    recorded = events(action="inventory.vendor.create")
    assert sorted(event.outcome for event in recorded) == ["allowed"] + ["refused"] * 7
    assert {event.request_id for event in recorded} == {act.request_id for act in acts}


def test_many_at_once_count_as_many(committed_tenant, act_as):
    committed_tenant(plan="free")
    fill(FREE_VENDORS - 2)

    def three(act: Any, *, code: str) -> None:
        Vendor.objects.bulk_create(Vendor(code=f"{code}{number}", name="one of three") for number in range(3))
        act.touched("vendor:1")
        act.found(rows=3)

    with pytest.raises(PlanLimitExceeded) as caught:
        door(three)(act_as("manager"), code="M")
    assert (caught.value.details["limit"], caught.value.details["usage"], caught.value.details["asked"]) == (
        FREE_VENDORS,
        FREE_VENDORS - 2,
        3,
    )
    assert usage("vendors") == FREE_VENDORS - 2


def test_a_ceiling_of_one_tenant_does_not_hold_up_another(committed_tenant, act_as, threads):
    first = committed_tenant(plan="free")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [locks.key("ceiling", f"{first.schema_name}:vendors")])
    committed_tenant(plan="free")
    act = act_as("manager")
    try:
        [result] = threads(1, lambda _: door()(act, code="V1"))
        assert isinstance(result, Vendor)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


def test_after_a_freeze_has_committed_no_write_gets_through(committed_tenant, act_as, threads):
    """The writer passes the early check, then the freeze gets the lock first: the check under the lock must see it."""
    tenant = committed_tenant()
    act = act_as("manager")
    toggled = threading.Event()

    def work(number: int) -> Any:
        if number == 0:
            with transaction.atomic():
                freeze(tenant)
                toggled.set()
                time.sleep(0.5)
            return "frozen"
        toggled.wait(10)
        started = time.monotonic()
        try:
            return door()(act, code="V1")
        except StateConflict as refusal:
            return refusal.reason, time.monotonic() - started

    frozen, (reason, waited) = threads(2, work)
    assert frozen == "frozen"
    assert reason is Reason.FREEZE_ACTIVE
    assert waited > 0.3, "the writer waited for the toggle instead of overtaking it"
    assert not Vendor.objects.exists()


def test_a_freeze_waits_for_the_write_that_was_first(committed_tenant, act_as, threads):
    tenant = committed_tenant()
    act = act_as("manager")
    inside = threading.Event()

    def slow(act: Any, *, code: str) -> None:
        inside.set()
        time.sleep(0.5)
        Vendor.objects.create(code=code, name="slow")
        act.touched("vendor:1")
        act.found(rows=1)

    def work(number: int) -> Any:
        if number == 0:
            door(slow)(act, code="V1")
            return None
        inside.wait(10)
        started = time.monotonic()
        with transaction.atomic():
            freeze(tenant)
        return time.monotonic() - started

    written, waited = threads(2, work)
    assert written is None
    assert waited > 0.3
    assert Vendor.objects.filter(code="V1").exists()


def lock_both(first: str, second: str, meet: threading.Barrier, attempts: list[str]) -> Any:
    """A body that locks two vendors, in an order that deadlocks with the other way round."""

    def body(act: Any, *, code: str) -> None:
        attempts.append(first)
        Vendor.objects.select_for_update().get(code=first)
        with contextlib.suppress(threading.BrokenBarrierError):  # the second attempt is alone
            meet.wait(timeout=0.5)
        Vendor.objects.select_for_update().get(code=second)
        act.touched("vendor:1")
        act.found(rows=2)

    return body


def test_a_deadlock_is_retried_and_never_shown(committed_tenant, act_as, threads, events):
    committed_tenant()
    fill(2)
    acts = [act_as("manager") for _ in range(2)]
    meet = threading.Barrier(2)
    orders = [("F0", "F1"), ("F1", "F0")]
    attempts: list[str] = []
    doors = [door(lock_both(*order, meet, attempts), ceiling="") for order in orders]
    results = threads(2, lambda number: doors[number](acts[number], code="X"))
    assert results == [None, None]
    assert len(attempts) >= 3, "at least one was the victim, and tried again"
    assert [event.outcome for event in events()] == ["allowed", "allowed"]
    assert all(len({step["gate"] for step in event.decision}) == len(event.decision) for event in events()), (
        "the ladder of an attempt that was undone is not told twice"
    )


def test_what_keeps_failing_to_serialise_becomes_unavailable(committed_tenant, act_as, events):
    committed_tenant()
    attempts = []

    def never(act: Any, *, code: str) -> None:
        attempts.append(code)
        Vendor.objects.create(code=code, name="never")
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")

    with pytest.raises(Unavailable):
        door(never)(act_as("manager"), code="X")
    assert len(attempts) == ATTEMPTS
    assert not Vendor.objects.exists()
    assert events() == [], "nothing was decided, so nothing is told"


def test_positions_have_no_gap_and_their_time_never_falls(committed_tenant, threads):
    committed_tenant()
    log: list[tuple[int, int, Any]] = []

    def work(number: int) -> None:
        for turn in range(10):
            try:
                with transaction.atomic():
                    block = positions.take(1 + (number + turn) % 3)
                    log.append((block.first, block.last, block.recorded_at))
                    if turn == 5:
                        log.pop()
                        raise ValueError("undone")
            except ValueError:
                pass

    assert threads(8, work) == [None] * 8
    blocks = sorted(log)
    assert blocks[0][0] == 1
    for (_, last, earlier), (first, _, later) in itertools.pairwise(blocks):
        assert first == last + 1
        assert later >= earlier
    assert positions.current() == blocks[-1][1]


def test_recorded_at_does_not_fall_when_the_clock_does(committed_tenant):
    committed_tenant()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_head SET recorded_at = now() + interval '1 hour' RETURNING recorded_at")
        (ahead,) = cursor.fetchone()
        assert positions.take(1).recorded_at == ahead


def test_a_position_is_not_given_out_before_the_earlier_one_is_visible(committed_tenant, threads):
    committed_tenant()
    taken = threading.Event()
    seen: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            with transaction.atomic():
                positions.take(1)
                taken.set()
                time.sleep(0.3)
            return
        taken.wait(10)
        with transaction.atomic():
            seen.append(positions.take(1).first)
            seen.append(positions.current())

    assert threads(2, work) == [None, None]
    assert seen == [2, 2]


def test_a_block_has_at_least_one_position(committed_tenant):
    with pytest.raises(ValueError, match="at least one"):
        positions.take(0)
