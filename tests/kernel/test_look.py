"""Looking: an action is judged without a trace, and nobody waits for it. With real commits and real threads."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import InternalError, connection, transaction

from asora.accounts.people.actions.people import change_role
from asora.kernel import looking, positions
from asora.kernel.act import Act
from asora.kernel.looking import Busy, RowAdded, RowChanged
from asora.kernel.refusals import PermissionDenied, PlanLimitExceeded, Reason, Refusal, ValidationFailed
from inventory.actions.bins import archive_bin
from inventory.actions.vendors import create_vendor
from inventory.models import Bin, Vendor
from ledger.actions.movements import issue, transfer
from ledger.actions.receiving import receive
from ledger.models import Kind
from ledger.posting.drafts import Draft
from ledger.posting.writing import MoreStock
from plans.limits import OtherPlan
from tests.factories import documents
from tests.factories.documents import line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.kernel.example_action import FREE_VENDORS, fill, freeze


def one_receipt(master_data: MasterData, quantity: str = "5") -> dict[str, Any]:
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", quantity, "2"), submission=uuid4())
    return {"draft": draft, "hubs": [master_data.north], "reference": "R"}


def one_issue(master_data: MasterData, quantity: str, address: str = "NORTH/A-1") -> dict[str, Any]:
    draft: Draft = documents.draft(master_data, Kind.ISSUE, ("BOLT", address, quantity))
    return {"draft": draft, "hubs": [master_data.north], "reference": "R"}


def look(action: Any, act: Act, *supposes: object, **values: Any) -> Reason | None:
    """The reason of the refusal, or None if it would be allowed."""
    with looking.looking(*supposes):
        try:
            action.look(act, **values)
        except Refusal as refusal:
            return refusal.reason
    return None


def everything() -> dict[str, tuple[int, str]]:
    """How many rows each table of the bound schema has, and a digest of them."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*), md5(string_agg(row::text, chr(10) ORDER BY row::text)) FROM "{table}" row'
            )
            found[table] = cursor.fetchone()
    return found


def test_sees_what_would_happen(acacia, act_as, master_data):
    act = act_as("manager")
    assert look(receive, act, **one_receipt(master_data)) is None
    assert look(issue, act, **one_issue(master_data, "3")) is Reason.INSUFFICIENT_STOCK
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    assert look(issue, act, **one_issue(master_data, "3")) is None
    assert look(issue, act, **one_issue(master_data, "11")) is Reason.INSUFFICIENT_STOCK
    assert look(receive, act_as("viewer"), **one_receipt(master_data)) is Reason.ROLE_LACKS_PERMISSION


def test_counts_the_rows_that_would_be_added(birch, act_as):
    fill(FREE_VENDORS - 1)
    assert look(create_vendor, act_as("manager"), code="V1", name="V") is None
    fill_one = Vendor.objects.create(code="LAST", name="Last")
    assert fill_one
    assert look(create_vendor, act_as("manager"), code="V1", name="V") is Reason.PLAN_VENDORS
    assert look(create_vendor, act_as("manager"), OtherPlan("pro"), code="V1", name="V") is None


def test_asks_about_stock_below_zero_by_date(acacia, act_as, master_data):
    from dataclasses import replace
    from datetime import date

    act = act_as("manager")
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    early = replace(
        documents.draft(master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1")),
        effective_on=date(2026, 1, 1),
        confirmed=frozenset(),
    )
    values = {"draft": early, "hubs": [master_data.north], "reference": "R"}
    with pytest.raises(ValidationFailed) as real:
        issue.rehearse(act, **values)
    with looking.looking(), pytest.raises(ValidationFailed) as seen:
        issue.look(act, **values)
    assert seen.value.reason is real.value.reason is Reason.BELOW_ZERO_BY_DATE
    assert seen.value.details["questions"] == real.value.details["questions"]


def test_supposes_rows_of_the_tenant(acacia, act_as, master_data):
    act, place = act_as("manager"), master_data.bins["NORTH/A-1"]
    archive_bin(act, bin=place)
    receipt_ = one_receipt(master_data)
    restored = RowChanged(Bin, place.pk, {"archived_at": None})
    assert look(receive, act, **receipt_) is Reason.BIN_ARCHIVED
    assert look(receive, act, restored, **receipt_) is None
    assert look(receive, act, **receipt_) is Reason.BIN_ARCHIVED
    taken = RowAdded(
        Vendor, {"id": -1, "code": "V1", "code_key": "v1", "name": "V", "eligible": True, "version": 1}
    )
    assert look(create_vendor, act, taken, code="V1", name="V") is Reason.CODE_TAKEN
    assert look(create_vendor, act, code="V1", name="V") is None


@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_supposes_more_stock(acacia, act_as, master_data, costing):
    acacia.costing = costing
    act, place = act_as("manager"), master_data.bins["NORTH/A-1"]
    more = MoreStock(master_data.items["BOLT"].pk, place.pk, Decimal(3))
    assert look(issue, act, more, **one_issue(master_data, "3")) is None
    assert look(issue, act, more, **one_issue(master_data, "4")) is Reason.INSUFFICIENT_STOCK
    draft = documents.draft(master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "3"))
    hubs = [master_data.north, master_data.south]
    assert look(transfer, act, more, draft=draft, hubs=hubs, reference="R") is None


def test_writes_are_refused_by_the_database(acacia, act_as, master_data):
    with looking.looking(), pytest.raises(InternalError, match="read-only"), transaction.atomic():
        Vendor.objects.create(code="V1", name="V")
    with looking.looking(), pytest.raises(InternalError, match="read-only"), transaction.atomic():
        positions.take(1)
    with looking.looking(), pytest.raises(RuntimeError):  # a real action does not start inside a look
        create_vendor(act_as("manager"), code="V1", name="V")
    assert not Vendor.objects.filter(code="V1").exists()


def test_leaves_nothing(committed_tenant, act_as):
    committed_tenant()
    master_data = make_master_data()
    act = act_as("manager")
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    before = everything()
    assert len(before) > 30
    place = master_data.bins["NORTH/A-2"]
    for _ in range(3):
        assert look(receive, act, **one_receipt(master_data)) is None
        assert look(issue, act, **one_issue(master_data, "1", "NORTH/A-2")) is Reason.INSUFFICIENT_STOCK
        assert (
            look(
                issue,
                act,
                MoreStock(master_data.items["BOLT"].pk, place.pk, Decimal(1)),
                **one_issue(master_data, "1", "NORTH/A-2"),
            )
            is None
        )
        assert look(create_vendor, act, RowChanged(Bin, place.pk, {"name": "x"}), code="V1", name="V") is None
    assert everything() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()")
        assert cursor.fetchone() == (0,)


def test_holds_up_nobody(committed_tenant, act_as, threads):
    """While a look is open, people post at the same place, archive, change roles and freeze."""
    tenant = committed_tenant()
    master_data = make_master_data()
    manager, owner = act_as("manager"), act_as("owner")
    documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    viewer = act_as("viewer").actor.account
    looked, done = threading.Event(), threading.Event()

    def keep_looking() -> float:
        with looking.looking():
            receive.look(manager, **one_receipt(master_data))
            issue.look(manager, **one_issue(master_data, "1"))
            create_vendor.look(manager, code="V1", name="V")
            archive_bin.look(manager, bin=master_data.bins["NORTH/A-2"])
            change_role.look(owner, person=viewer, role="counter", seen="viewer")
            looked.set()
            began = time.monotonic()
            assert done.wait(20)
            return time.monotonic() - began

    def work() -> list[Any]:
        assert looked.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        try:
            posted = [
                receive(manager, **one_receipt(master_data)),
                issue(manager, **one_issue(master_data, "1")),
            ]
            create_vendor(manager, code="V1", name="V")
            archive_bin(manager, bin=master_data.bins["NORTH/A-2"])
            change_role(owner, person=viewer, role="counter", seen="viewer")
            freeze(tenant)
            return posted
        finally:
            done.set()

    waited, posted = threads(2, lambda number: [keep_looking, work][number]())
    assert posted == [2, 3], (waited, posted)
    assert isinstance(waited, float), waited


def test_waits_for_nobody(committed_tenant, act_as, threads):
    """While somebody has every row, lock and place that a receipt needs, a look answers at once."""
    committed_tenant()
    master_data = make_master_data()
    manager = act_as("manager")
    documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                for table in (
                    "inventory_item",
                    "inventory_bin",
                    "ledger_hubbalance",
                    "ledger_binbalance",
                    "kernel_head",
                ):
                    cursor.execute(f"SELECT 1 FROM {table} FOR UPDATE")
            locked.set()
            assert done.wait(20)

    def see() -> tuple[Any, float]:
        assert locked.wait(20)
        began = time.monotonic()
        try:
            return look(issue, manager, **one_issue(master_data, "1")), time.monotonic() - began
        finally:
            done.set()

    _, (verdict, seconds) = threads(2, lambda number: [hold, see][number]())
    assert verdict is None
    assert seconds < 2


def test_gives_up_soon(committed_tenant, act_as, threads):
    """Against a table lock, which nothing but a migration or a rebuild takes."""
    committed_tenant()
    master_data = make_master_data()
    manager = act_as("manager")
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE inventory_item IN ACCESS EXCLUSIVE MODE")
            locked.set()
            assert done.wait(20)

    def see() -> float:
        assert locked.wait(20)
        began = time.monotonic()
        try:
            with pytest.raises(Busy):
                look(receive, manager, **one_receipt(master_data))
            return time.monotonic() - began
        finally:
            done.set()

    _, seconds = threads(2, lambda number: [hold, see][number]())
    assert isinstance(seconds, float), seconds
    assert 0.1 < seconds < 5


def test_a_lock_of_a_table_is_not_taken(acacia, act_as):
    from asora.kernel.act import new_act
    from asora.kernel.actors import system
    from ledger.proof.actions import rebuild

    act = new_act(acacia, system(acacia.schema_name, "rebuild_ledger", "ledger.rebuild"))
    assert look(rebuild, act) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND relation IS NOT NULL")
        assert cursor.fetchone() == (0,)


def test_every_row_lock_of_the_product_is_known():
    """No statement of the product locks rows in words that a look does not take out."""
    import re
    from pathlib import Path

    clause = re.compile(r"\bFOR (?:NO KEY |KEY )?(?:UPDATE|SHARE)\b(?! \()")
    for config in apps.get_app_configs():
        for path in Path(config.path).rglob("*.py"):
            text = path.read_text()
            if "site-packages" in str(path):
                continue
            for found in clause.finditer(text):
                assert looking.ROW_LOCKS.match(text, found.start()), (path, found.group())


def test_a_refusal_of_the_gates_comes_first(birch, act_as):
    fill(FREE_VENDORS)
    with looking.looking(), pytest.raises(PermissionDenied):
        create_vendor.look(act_as("viewer"), code="V1", name="V")
    with looking.looking(), pytest.raises(PlanLimitExceeded):
        create_vendor.look(act_as("manager"), code="V1", name="V")
