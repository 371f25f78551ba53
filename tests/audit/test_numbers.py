"""The number of an event is its place in the trail: no gap, in commit order, whatever is refused, undone or retried."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Refusal, ValidationFailed
from audit.events import trail
from audit.events.models import Event, TrailHead
from inventory.models import Bin, Hub, Vendor
from plans.actions.freezes import explain_freeze, start_freeze
from tests.factories import tenants
from tests.kernel.example_action import door, fill
from tests.kernel.test_concurrency import lock_both

WRITERS, EACH = 8, 12


def numbers() -> list[int | None]:
    """The numbers of the bound tenant's events, in the order of their moments."""
    return list(Event.objects.order_by("occurred_at", "id").values_list("number", flat=True))


def head() -> int:
    return TrailHead.objects.get().number


def storm(number: int, acts: list[Any]) -> list[str]:
    """A different result each time: done, refused by the body, role or constraint, failed, nothing to do."""
    meet = threading.Barrier(2)
    meet.abort()  # nobody is waited for
    both = door(lock_both(*[("F0", "F1"), ("F1", "F0")][number % 2], meet, []), ceiling="")
    made = []
    for turn in range(EACH):
        code = f"V{number}-{turn}"
        with contextlib.suppress(Refusal, ZeroDivisionError, Unavailable):
            match turn % 6:
                case 0:
                    door(ceiling="")(acts[number], code=code)
                case 1:
                    door()(acts[number], code=f"BAD{code}")
                case 2:
                    door()(acts[number], code="F0")  # the net of the constraint on codes
                case 3:
                    door(lambda act, *, code: Vendor.objects.create(code=code) and 1 / 0)(
                        acts[number], code=code
                    )
                case 4:
                    door(lambda act, *, code: act.noop("as it was"))(acts[number], code=code)
                case 5:
                    both(acts[number], code=code)
        made.append(code)
    return made


def test_a_storm_leaves_no_gap_and_every_number_in_commit_order(committed_tenant, act_as, threads):
    """A ninth thread reads all the while: if it sees number N, it sees every number before it."""
    committed_tenant()
    fill(2)
    acts = [act_as("manager") for _ in range(WRITERS)]
    ended = threading.Event()
    running = itertools.count(1)

    def work(number: int) -> Any:
        if number < WRITERS:
            try:
                return storm(number, acts)
            finally:
                if next(running) == WRITERS:
                    ended.set()
        seen = set()
        while not ended.is_set():
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*), coalesce(max(number), 0) FROM audit_event")
                seen.add(cursor.fetchone())
        return seen

    *written, seen = threads(WRITERS + 1, work)

    assert [len(made) for made in written] == [EACH] * WRITERS
    assert all(count == last for count, last in seen), seen
    assert len(seen) > 3, "it did look in between"
    assert numbers() == list(range(1, head() + 1))
    # After too many deadlocks the request fails with 503, and nothing was decided.
    assert WRITERS * EACH >= head() >= WRITERS * (EACH - EACH // 6)
    outcomes = set(Event.objects.values_list("outcome", flat=True))
    assert outcomes == {"allowed", "refused", "failed", "noop"}


def test_a_refused_event_takes_its_own_number_after_everything_else_was_undone(acacia, act_as, events):
    before = head()

    def write_then_refuse(act: Any, *, code: str) -> None:
        Vendor.objects.create(code=code, name="half")
        raise ValidationFailed("Too late.")

    with pytest.raises(ValidationFailed):
        door(write_then_refuse)(act_as("manager"), code="V1")
    door()(act_as("manager"), code="V2")
    assert [event.number for event in events()] == [before + 1, before + 2]


def test_what_was_rolled_back_gives_its_number_back(committed_tenant, act_as, monkeypatch):
    committed_tenant()

    def undone(*_: Any) -> None:
        raise KeyError("after the event")

    insert = trail._insert
    monkeypatch.setattr(trail, "_insert", lambda event: (insert(event), undone()))
    with pytest.raises(KeyError):
        door()(act_as("manager"), code="V1")
    monkeypatch.undo()
    door()(act_as("manager"), code="V2")
    assert numbers() == [1]


def test_events_from_before_have_no_number_and_stay_readable(acacia, act_as, events):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (id, request_id, client_request_id, cause_id, actor_type, actor_ref, session_ref,"
            " route, action, outcome, error, code, reason, message, decision, resource_type, resource_id,"
            " resource_label, changes, facts, export_ref, dispatch_ref, ticket_ref, schema_version, redactions,"
            " rule_id, release) VALUES (gen_random_uuid(), 'r', '', '', 'user', '', '', '', 'page.open', 'allowed', '',"
            " '', '', '', '[]', '', '', '', '[]', '{}', '', '', '', 1, '[]', '', '')"
        )
    [event] = events()
    assert (event.number, event.touched, event.hubs, event.duration_ms) == (None, None, None, None)
    door()(act_as("manager"), code="V1")
    assert [event.number is None for event in events()] == [True, False]


def test_locks_that_wait_for_the_commit_are_taken_before_the_number(committed_tenant, act_as, threads):
    """A writer that has locked a hub and wants a number must not wait for one whose foreign key needs that hub."""
    committed_tenant()
    hub = Hub.objects.create(code="NORTH", name="North")
    acts = [act_as("manager") for _ in range(2)]
    is_locked, is_inserted = threading.Event(), threading.Event()
    attempts: list[int] = []

    def locker(act: Any, *, code: str) -> None:
        attempts.append(0)
        Hub.objects.select_for_update().get(pk=hub.pk)
        is_locked.set()
        is_inserted.wait(10)
        time.sleep(0.5)  # by now the other one wants to end
        act.touched("vendor:1")
        act.found(rows=1)

    def inserter(act: Any, *, code: str) -> None:
        attempts.append(1)
        is_locked.wait(10)
        Bin.objects.create(hub=hub, code=code)
        is_inserted.set()
        act.touched("vendor:1")
        act.found(rows=1)

    bodies = [locker, inserter]
    results = threads(2, lambda number: door(bodies[number], ceiling="")(acts[number], code="A-1"))
    assert results == [None, None]
    assert sorted(attempts) == [0, 1], "nobody was the victim of a deadlock"
    assert numbers() == [1, 2]


def test_many_that_copy_at_once_take_one_number_per_copy(committed_tenant, act_as, threads, monkeypatch):
    tenant = committed_tenant()
    trail.copy_missing(tenant)
    before = head()
    monkeypatch.setattr(trail, "_copy_after_commit", lambda tenant_id: None)
    with tenant_context(tenants.public()):
        start_freeze(act_as("ops_lead"), tenant=tenant, reason="drill")
        explain_freeze(act_as("ops_lead"), tenant=tenant, root_cause="a drill")
    results = threads(WRITERS, lambda _: trail.copy_missing(tenant))
    assert sorted(results) == [0] * (WRITERS - 1) + [2]
    assert head() == before + 2
    assert numbers() == list(range(1, head() + 1))
    assert all(event.hubs == [] for event in Event.objects.all())


def test_without_the_row_of_numbers_nothing_is_changed(committed_tenant, act_as):
    committed_tenant()
    act = act_as("manager")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_trailhead")
    with pytest.raises(Unavailable, match="trail cannot be written"):
        door()(act, code="V1")
    assert not Vendor.objects.exists()
