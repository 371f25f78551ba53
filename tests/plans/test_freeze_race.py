"""The freeze under load: after it has committed nothing is written, not even by requests that were under way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Reason, Refusal, StateConflict
from audit.events.models import Event
from inventory.models import Vendor
from ledger.files.actions import import_receipts
from ledger.models import Entry, Kind, Posting
from ledger.proof import verification
from plans import freezes
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.models import FreezeToggle, Tenant, TenantFreeze
from tests.factories import people, tenants
from tests.factories.documents import deliver, import_rows, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.kernel.example_action import door
from tests.ledger.report_fixtures import name_items

WRITERS = 8
IMPORTED = 3_000  # lines of the file that is being imported
BEFORE = 3  # postings of each writer before the freeze
REFUSED = 4  # refusals of each writer after it
PATIENCE, GRACE = 0.4, 0.2  # shorter than the real five seconds


@pytest.fixture(autouse=True)
def _impatient(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ASORA_FREEZE_PATIENCE = PATIENCE
    monkeypatch.setattr(freezes, "GRACE", GRACE)


@pytest.fixture
def master_data(committed_tenant: Callable[..., Tenant]) -> MasterData:
    """Master data in a bound tenant, really committed."""
    committed_tenant(plan="enterprise")
    made = make_master_data()
    name_items(made)
    return made


def lead(role: str = "platform_lead") -> Act:
    """The act of a person on the public host."""
    with tenant_context(tenants.public()):
        return people.act_of(people.person(role, tenants.public()), tenants.public())


def toggle(tenant: Tenant) -> FreezeToggle:
    """Freeze as an operator's request does, on the public host, then bind the thread's tenant again."""
    with tenant_context(tenants.public()):
        return start_freeze(lead(), tenant=tenant, reason="Under load")


def event_of(toggled: FreezeToggle) -> Event:
    """The public event of a freeze."""
    with tenant_context(tenants.public()):
        return Event.objects.get(request_id=toggled.request_id, outcome="allowed")


def own_act(role: str = "owner") -> Act:
    """The act of a person of the bound tenant, with its own request id."""
    tenant = connection.tenant
    return people.act_of(people.person(role, tenant), tenant)


def broken() -> list[str]:
    """The failed checks of the bound tenant's ledger."""
    return [check.says for check in verification.verify() if check.broken]


def assert_recorded(moment: int, *, allowed: int, refused: int) -> None:
    """Checks that all writes started and committed before the freeze, and that all refusals came after it."""
    events = Event.objects.filter(action__startswith="ledger.")
    written, stopped = events.filter(outcome="allowed"), events.filter(outcome="refused")
    assert written.count() == allowed
    assert [event for event in written if event.xid8 >= moment] == []
    assert stopped.count() == refused
    assert [event for event in stopped if event.xid8 <= moment] == []
    assert set(stopped.values_list("code", "reason", "http_status")) == {
        ("STATE_CONFLICT", "FREEZE_ACTIVE", 409)
    }


def test_no_write_of_eight_writers_and_an_import_gets_through(
    master_data: MasterData, threads: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connection.tenant
    importing, toggling = threading.Event(), threading.Event()
    body = import_receipts.body

    def outlast(act: Act, **values: Any) -> Any:
        """Import all lines, and do not end before the freeze has committed."""
        importing.set()
        result = body(act, **values)
        assert toggling.wait(60)
        return result

    monkeypatch.setattr(import_receipts, "body", outlast)
    acts = [[own_act() for _ in range(500)] for _ in range(WRITERS)]
    by_import = own_act()
    ready = Counter[int]()
    after: dict[str, Any] = {}

    def write(number: int) -> list[Refusal]:
        """Post deliveries until enough of them were refused."""
        refusals: list[Refusal] = []
        for act in acts[number]:
            try:
                deliver(
                    act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "2"))
                )
                ready[number] += 1
            except Refusal as refusal:
                refusals.append(refusal)
                if len(refusals) == REFUSED:
                    break
        return refusals

    def work(number: int) -> Any:
        if number < WRITERS:
            return write(number)
        if number == WRITERS:
            rows = [f"PO-{n},2026-03-02,ACME,OIL,SOUTH,A-1,1.25,3" for n in range(IMPORTED)]
            while len(ready) < WRITERS or min(ready.values()) < BEFORE:
                time.sleep(0.01)
            with pytest.raises(Refusal) as caught:
                import_rows(by_import, Kind.RECEIPT, *rows)
            return [caught.value]
        assert importing.wait(60)
        try:
            toggled = toggle(tenant)
        finally:
            toggling.set()
        after.update(
            position=positions.current(), postings=Posting.objects.count(), lines=Entry.objects.count()
        )
        return toggled

    *refusals, toggled = threads(WRITERS + 2, work)

    assert isinstance(toggled, FreezeToggle), toggled
    assert [len(each) for each in refusals] == [REFUSED] * WRITERS + [1], refusals
    assert {refusal.reason for each in refusals for refusal in each} == {Reason.FREEZE_ACTIVE}
    assert toggled.cut_off >= 1, "the import was under way and was cut off"
    assert after == {
        "position": positions.current(),
        "postings": Posting.objects.count(),
        "lines": Entry.objects.count(),
    }
    assert after["postings"] == sum(ready.values())
    assert not Posting.objects.exclude(batch=None).exists(), "no rows of the import are left"
    assert_recorded(event_of(toggled).xid8, allowed=after["postings"], refused=WRITERS * REFUSED + 1)
    assert not Event.objects.filter(outcome="failed").exists()
    assert broken() == []


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets a writer that waits in Python continue."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("hangs_in", ["python", "postgresql", "its own trail"])
def test_a_writer_that_hangs_is_cut_off(
    committed_tenant: Callable[..., Tenant],
    threads: Callable[..., list[Any]],
    release: threading.Event,
    hangs_in: str,
) -> None:
    """While it is in Python its back end is idle and is ended; a running statement is cancelled."""
    tenant = committed_tenant()
    inside, locked = threading.Event(), threading.Event()
    act = own_act("manager")

    def hang(act: Act, *, code: str) -> None:
        Vendor.objects.create(code=code, name="never")
        inside.set()
        if hangs_in == "python":
            assert release.wait(60)
        elif hangs_in == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60)")
        else:
            assert locked.wait(60)
        act.touched("vendor:1")
        act.found(rows=1)

    def write() -> Refusal:
        with pytest.raises(Refusal) as caught:
            door(hang)(act, code="V1")
        return caught.value

    def hold_the_trail() -> None:
        """The response is the refusal, with the operator's reason, once the freeze has committed."""
        if hangs_in == "its own trail":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
                locked.set()
                while not TenantFreeze.objects.filter(tenant=tenant).exists():
                    time.sleep(0.01)

    def freeze() -> FreezeToggle:
        try:
            assert inside.wait(60)
            return toggle(tenant)
        finally:
            release.set()

    refusal, held, toggled = threads(3, lambda number: (write, hold_the_trail, freeze)[number]())
    assert isinstance(toggled, FreezeToggle), toggled
    assert isinstance(refusal, StateConflict), refusal
    assert held is None
    assert (refusal.reason, toggled.cut_off) == (Reason.FREEZE_ACTIVE, 1)
    assert event_of(toggled).facts == {"cut_off": 1}
    assert not Vendor.objects.exists()
    [event] = Event.objects.filter(request_id=act.request_id)
    assert (event.outcome, event.reason) == ("refused", "FREEZE_ACTIVE")
    assert [step["gate"] for step in event.decision] == ["authenticated", "permitted", "open"]
    assert event.decision[-1]["verdict"] == "stopped"


def test_a_neighbours_writer_and_readers_are_left_alone(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]], release: threading.Event
) -> None:
    neighbour = committed_tenant()
    neighbours_act = own_act("manager")
    tenant = committed_tenant()
    act = own_act("manager")
    ready = threading.Barrier(4)

    def hang(act: Act, *, code: str) -> None:
        ready.wait(60)
        assert release.wait(60)
        Vendor.objects.create(code=code, name="in time")
        act.touched("vendor:1")
        act.found(rows=1)

    def read() -> int:
        with transaction.atomic():
            Vendor.objects.count()
            ready.wait(60)
            assert release.wait(60)
            return Vendor.objects.count()

    def write_next_door() -> None:
        with tenant_context(neighbour):
            door(hang)(neighbours_act, code="V1")

    def write() -> Reason:
        with pytest.raises(StateConflict) as caught:
            door(hang)(act, code="V1")
        return caught.value.reason

    def freeze() -> int:
        try:
            ready.wait(60)
            return toggle(tenant).cut_off
        finally:
            release.set()

    results = threads(4, lambda number: (write_next_door, read, write, freeze)[number]())
    assert results == [None, 0, Reason.FREEZE_ACTIVE, 1]
    with tenant_context(neighbour):
        assert Vendor.objects.filter(code="V1").exists()


def test_who_is_cut_off_by_something_else_is_told_to_try_again(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    """An administrator cancels the statement, or the freeze is rolled back: no refusal is shown."""
    tenant = committed_tenant()
    act = own_act("manager")
    inside = threading.Event()

    def hang(act: Act, *, code: str) -> None:
        Vendor.objects.create(code=code, name="never")
        inside.set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    def shut_and_undo() -> int:
        assert inside.wait(60)
        with tenant_context(tenants.public()), transaction.atomic():
            cut_off = freezes.shut(tenant)
            transaction.set_rollback(True)
        return cut_off

    def write() -> Any:
        with pytest.raises(Unavailable):
            door(hang)(act, code="V1")

    assert threads(2, lambda number: (write, shut_and_undo)[number]()) == [None, 1]
    assert not Vendor.objects.exists()
    assert not Event.objects.exists()
    door()(own_act("manager"), code="V1")


def test_a_rehearsal_that_is_cut_off_says_why(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    tenant = committed_tenant()
    act = own_act("manager")
    inside = threading.Event()

    def hang(act: Act, *, code: str) -> None:
        inside.set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    def rehearse() -> Reason:
        with pytest.raises(StateConflict) as caught:
            door(hang).rehearse(act, code="V1")
        return caught.value.reason

    def freeze() -> int:
        assert inside.wait(60)
        return toggle(tenant).cut_off

    assert threads(2, lambda number: (rehearse, freeze)[number]()) == [Reason.FREEZE_ACTIVE, 1]


def test_of_eight_who_freeze_one_does(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    tenant = committed_tenant()

    def freeze(number: int) -> Any:
        try:
            return toggle(tenant).kind
        except StateConflict as refusal:
            return refusal.reason

    results = threads(8, freeze)
    assert Counter(results) == {"freeze": 1, Reason.ALREADY_FROZEN: 7}
    assert FreezeToggle.objects.filter(tenant=tenant).count() == 1


def test_of_eight_who_open_one_does_and_writes_go_on(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    tenant = committed_tenant()
    toggle(tenant)
    with tenant_context(tenants.public()):
        explain_freeze(lead("ops_lead"), tenant=tenant, root_cause="A test")
    [number] = FreezeToggle.objects.filter(tenant=tenant, kind="root_cause").values_list("pk", flat=True)

    def end(_number: int) -> Any:
        try:
            with tenant_context(tenants.public()):
                return end_freeze(lead(), tenant=tenant, shown=number).kind
        except StateConflict as refusal:
            return refusal.reason

    assert Counter(threads(8, end)) == {"unfreeze": 1, Reason.NOT_FROZEN: 7}
    door()(own_act("manager"), code="V1")


def test_a_revision_and_an_approval_at_once(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    """Whichever comes first, the approved root cause is the one that was read."""
    for turn in range(4):
        tenant = committed_tenant()
        toggle(tenant)
        with tenant_context(tenants.public()):
            written = explain_freeze(lead("ops_lead"), tenant=tenant, root_cause="First")
        assert written is not None

        def revise(tenant: Tenant = tenant, shown: int = written.pk) -> Any:
            with tenant_context(tenants.public()):
                return explain_freeze(lead("ops_lead"), tenant=tenant, root_cause="Second", shown=shown)

        def approve(tenant: Tenant = tenant, shown: int = written.pk) -> Any:
            with tenant_context(tenants.public()):
                return end_freeze(lead(), tenant=tenant, shown=shown)

        revised, approved = threads(2, lambda number, works=(revise, approve): works[number]())
        row = TenantFreeze.objects.get(tenant=tenant)
        if row.is_active:
            assert (approved.reason, row.root_cause) == (Reason.STALE_FORM, "Second"), turn
        else:
            assert (revised.reason, row.root_cause) == (Reason.NOT_FROZEN, "First"), turn
