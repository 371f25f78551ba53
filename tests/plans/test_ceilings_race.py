"""Ceilings while the plan itself changes, while eight write, while a file is imported and while a month ends."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections, transaction

from asora.kernel.refusals import PlanLimitExceeded, Reason, Refusal
from audit.events.models import Event
from inventory.actions.vendors import archive_vendor, create_vendor
from inventory.files.actions import import_vendors
from inventory.models import Vendor
from ledger.models import Export
from plans import limits
from plans.actions.plan_changes import change_plan
from plans.models import Tenant
from tests.factories import tenants

FREE = 10  # vendors on the plan free
WRITERS = 8
PATIENCE = 30


def vendor_file(count: int, *, prefix: str = "FILE") -> bytes:
    rows = "".join(f"{prefix}-{number},Vendor,true\n" for number in range(count))
    return f"code,name,eligible\n{rows}".encode()


def fill(count: int) -> None:
    Vendor.objects.bulk_create(Vendor(code=f"OLD-{number}", name="Old") for number in range(count))


def downgrade(act: Any, tenant: Tenant) -> Any:
    """Change to the plan free, on the public host, in the calling thread."""
    connection.set_schema_to_public()
    return change_plan(act, tenant=tenant, from_plan="pro", to_plan="free", reason="Fewer vendors now")


class Beside:
    """Work in a thread of its own, bound to a tenant; `result` is its return value or its exception."""

    def __init__(self, tenant: Tenant, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self._thread = threading.Thread(target=self._run, args=(tenant, work))
        self._thread.start()

    def _run(self, tenant: Tenant, work: Callable[[], Any]) -> None:
        try:
            connection.set_tenant(tenant)
            self.result = work()
        except Exception as error:  # noqa: BLE001 (the exception is the result)
            self.result = error
        finally:
            connections.close_all()

    def end(self) -> Any:
        self._thread.join(timeout=PATIENCE)
        assert not self._thread.is_alive()
        return self.result

    def waits(self) -> None:
        """Return as soon as it waits for one of Asora's locks."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                    "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                if cursor.fetchone() != (0,):
                    return
            time.sleep(0.02)
        pytest.fail("it does not wait")


def test_a_change_waits_for_creations_under_way(committed_tenant, act_as):
    tenant = committed_tenant(plan="pro")
    operator, act = act_as("operator", tenant=tenants.public()), act_as("manager")
    with transaction.atomic(), limits.claim(act, "vendors"):
        fill(FREE + 1)
        change = Beside(tenant, lambda: downgrade(operator, tenant))
        change.waits()
    assert change.end().to_plan == "free", change.result
    assert Vendor.objects.count() == FREE + 1, "existing rows stay"
    with pytest.raises(PlanLimitExceeded) as refused:
        create_vendor(act, code="MORE", name="One more")
    assert refused.value.details["plan"] == "free"


@pytest.mark.parametrize("rows", [1, 3])
def test_creations_during_a_change_obey_the_new_plan(committed_tenant, act_as, rows):
    """The request started under pro, and its act still has that plan."""
    tenant = committed_tenant(plan="pro")
    fill(FREE)
    act = act_as("manager")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [limits.plan_key(tenant)])
        Tenant.objects.filter(pk=tenant.pk).update(plan="free")
        late = Beside(tenant, lambda: import_vendors(act, content=vendor_file(rows)))
        late.waits()
    assert isinstance(late.end(), PlanLimitExceeded), late.result
    details = late.result.details
    assert (details["plan"], details["limit"], details["usage"], details["asked"]) == (
        "free",
        FREE,
        FREE,
        rows,
    )
    assert Vendor.objects.count() == FREE


def test_a_larger_plan_counts_from_the_same_moment_on(committed_tenant, act_as):
    tenant = committed_tenant(plan="free")
    fill(FREE)
    act = act_as("manager")
    Tenant.objects.filter(pk=tenant.pk).update(plan="enterprise")
    assert act.tenant.plan == "free"
    create_vendor(act, code="MORE", name="One more")
    Tenant.objects.filter(pk=tenant.pk).update(plan="free")
    act.tenant.plan = "enterprise"
    with pytest.raises(PlanLimitExceeded):
        create_vendor(act, code="EVEN-MORE", name="Two more")


def test_eight_create_and_somebody_takes_the_plan_away(committed_tenant, act_as, threads):
    """Every creation is checked against the plan at its position in the order of all commits."""
    tenant = committed_tenant(plan="pro")
    fill(FREE - 4)
    operator = act_as("operator", tenant=tenants.public())
    acts = [act_as("manager") for _ in range(WRITERS)]
    numbers = itertools.count()

    def work(place: int) -> list[Any]:
        if place == WRITERS:
            while Vendor.objects.count() < FREE + 2:
                time.sleep(0.001)
            return [downgrade(operator, tenant)]
        made: list[Any] = []
        while not isinstance(made[-1] if made else None, Refusal):
            try:
                made.append(create_vendor(acts[place], code=f"NEW-{next(numbers)}", name="New"))
            except PlanLimitExceeded as refusal:
                made.append(refusal)
        return made

    results = threads(WRITERS + 1, work)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert {refusals[-1].details["plan"] for refusals in results[:WRITERS]} == {"free"}
    _in_one_order(tenant, results[WRITERS][0].request_id)


def test_a_file_comes_while_somebody_takes_the_plan_away(committed_tenant, act_as, threads):
    for rows in (4, 5, 40):
        tenant = committed_tenant(plan="pro")
        fill(FREE - 4)
        operator = act_as("operator", tenant=tenants.public())
        acts = [act_as("manager"), act_as("manager")]

        def work(place: int, tenant: Any = tenant, operator: Any = operator, acts: Any = acts) -> Any:
            if place == 2:
                return downgrade(operator, tenant)
            return import_vendors(acts[place], content=vendor_file(rows, prefix=f"F{place}"))  # noqa: B023

        results = threads(3, work)
        unexpected = [found for found in results if isinstance(found, Exception)]
        assert all(isinstance(found, PlanLimitExceeded) for found in unexpected), results
        assert all(found.details["asked"] == rows for found in unexpected)
        assert (Vendor.objects.count() - (FREE - 4)) % rows == 0, (
            "a file is imported as a whole or not at all"
        )
        _in_one_order(tenant, results[2].request_id)


def _in_one_order(tenant: Tenant, change_request: str) -> None:
    """By the ids of their transactions: before the change the limit was pro's, after it free's; none was exceeded.

    A creation gets its id after it holds the plan's lock, the change while it holds it alone, so ids are in its order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid8 FROM public.audit_event WHERE request_id = %s", [change_request])
        (changed_at,) = cursor.fetchone()
    rows = FREE - 4
    for event in Event.objects.filter(action__startswith="inventory.vendor.", outcome="allowed").order_by(
        "xid8"
    ):
        step = next(step for step in event.decision if step["gate"] == "within_plan")
        is_before = event.xid8 < int(changed_at)
        assert step["plan"] == ("pro" if is_before else "free"), event.decision
        rows += step["asked"]
        assert is_before or rows <= FREE
    connection.set_tenant(tenant)
    assert Vendor.objects.count() == rows


def test_a_file_at_the_ceiling_is_refused_whole(birch, act_as, events):
    fill(FREE - 2)
    with pytest.raises(PlanLimitExceeded) as refused:
        import_vendors(act_as("manager"), content=vendor_file(3))
    details = refused.value.details
    assert (details["limit"], details["usage"], details["asked"]) == (FREE, FREE - 2, 3)
    assert "3 more" in refused.value.message
    assert Vendor.objects.count() == FREE - 2
    (event,) = events(action="inventory.vendor.import")
    assert event.decision[-1]["asked"] == 3
    import_vendors(act_as("manager"), content=vendor_file(2))
    assert Vendor.objects.count() == FREE


def test_archived_records_count(birch, act_as):
    fill(FREE - 1)
    archive_vendor(
        act_as("manager"), vendor=create_vendor(act_as("manager"), code="LAST", name="The last one")
    )
    with pytest.raises(PlanLimitExceeded):
        create_vendor(act_as("manager"), code="MORE", name="One more")


# Exports per calendar month, in UTC, whatever the tenant's own time zone is.


def export(number: int, moment: datetime) -> Export:
    return Export.objects.create(
        report="stock-on-hand", parameters={}, parameters_sha256=f"{number:064}", position=1, format="csv",
        renderer_version=1, file_name=f"{number}.csv", rows=1, rows_sha256="", file_sha256="", actor_type="user",
        actor_ref="u-1", request_id="r", created_at=moment,
    )  # fmt: skip


def at(monkeypatch: Any, *moments: datetime) -> None:
    """The readings of the clock by the claim, one after the other; the last one is repeated."""
    readings = itertools.chain(moments, itertools.repeat(moments[-1]))
    monkeypatch.setattr(limits, "timezone", SimpleNamespace(now=lambda: next(readings)))


LAST = datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
FIRST = datetime(2026, 2, 1, tzinfo=UTC)
PER_MONTH = 5  # exports on the plan free


def test_a_month_begins_at_midnight_utc(birch, act_as, monkeypatch):
    birch.time_zone = "Pacific/Auckland"
    for number in range(PER_MONTH):
        export(number, LAST)
    at(monkeypatch, LAST)
    with pytest.raises(PlanLimitExceeded) as refused, limits.claim(act_as("owner"), "exports"):
        export(90, LAST)
    assert refused.value.reason is Reason.PLAN_EXPORTS
    at(monkeypatch, FIRST)
    with limits.claim(act_as("owner"), "exports") as facts:
        export(91, FIRST)
    assert (facts["usage"], facts["asked"]) == (0, 1)


def test_the_turn_of_the_month_opens_no_gap(birch, act_as, monkeypatch):
    """The claim begins in January, its export is dated in January, and it is counted in February."""
    for number in range(PER_MONTH):
        export(number, LAST)
    at(monkeypatch, LAST, FIRST)
    with pytest.raises(PlanLimitExceeded), limits.claim(act_as("owner"), "exports"):
        export(90, LAST)


def test_the_turn_of_the_month_refuses_nobody_wrongly(birch, act_as, monkeypatch):
    """The claim begins in January, which is full, and its export is dated in February."""
    for number in range(PER_MONTH):
        export(number, LAST)
    at(monkeypatch, LAST, FIRST)
    with limits.claim(act_as("owner"), "exports") as facts:
        export(90, FIRST)
    assert (facts["usage"], facts["asked"]) == (0, 1)


def test_a_year_ends_like_any_month(birch, act_as, monkeypatch):
    december = datetime(2026, 12, 31, 23, tzinfo=UTC)
    for number in range(PER_MONTH):
        export(number, december)
    at(monkeypatch, december)
    assert limits.usage("exports") == PER_MONTH
    at(monkeypatch, datetime(2027, 1, 1, tzinfo=UTC))
    assert limits.usage("exports") == 0
