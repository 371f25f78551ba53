"""The playbooks on real data of a tenant: the ledger replayed, exports derived again, integrations, conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, Refusal
from asora.kernel.request_ids import new_request_id
from audit.events.models import Event
from ledger.exports.actions import create_export
from ledger.models import Export as ExportRow
from ledger.models import HubBalance, Kind, Posting
from support.investigations.actions.results import check_guarantees, determine
from support.investigations.readings.quantity import read_quantity
from support.investigations.scope import Scope
from tests.factories import counts, documents
from tests.factories.master_data import MasterData, make_master_data
from tests.factories.people import person
from tests.integrations.rows import attempt_payload, make_endpoint, queue_payload
from tests.ledger.report_fixtures import export_request
from tests.support.evidence.scene import Scene
from tests.support.investigations.case import Case, case


@dataclass(frozen=True)
class Stock:
    """Acacia with stock: ten bolts received into A-1."""

    desk: Scene
    act: Act
    master_data: MasterData

    @property
    def manager(self) -> Act:
        """The manager in another request."""
        return replace(self.act, request_id=new_request_id(self.desk.tenant.slug))

    @property
    def maker(self) -> str:
        """Somebody who may receive everything."""
        with tenant_context(self.desk.tenant):
            return person("owner", self.desk.tenant).ref

    def newest(self, **lookup: Any) -> Event:
        with tenant_context(self.desk.tenant):
            return Event.objects.filter(**lookup).latest("number")

    def post(self, kind: Kind, quantity: str) -> Event:
        with tenant_context(self.desk.tenant):
            position = documents.post_movement(
                self.manager, self.master_data, kind, ("BOLT", "NORTH/A-1", quantity)
            )
        return self.newest(first_position=position)

    def refuse_issue(self, quantity: str) -> Event:
        with tenant_context(self.desk.tenant), pytest.raises(Refusal):
            documents.post_movement(
                self.manager, self.master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", quantity)
            )
        return self.newest(outcome="refused")

    def export(self, **values: Any) -> Event:
        with tenant_context(self.desk.tenant):
            create_export.submit(self.manager, export_request(self.manager, **values))
        return self.newest(action="ledger.export.create")

    def quantity(self, **scope: str) -> Any:
        with tenant_context(self.desk.tenant):
            return read_quantity(Scope(item="bolt", **scope))


@pytest.fixture
def stock(desk: Scene, act_as: Any) -> Stock:
    with tenant_context(desk.tenant):
        master_data = make_master_data()
        manager = act_as("manager", tenant=desk.tenant)
        documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    return Stock(desk, manager, master_data)


def investigated(
    stock: Stock, event: Event, category: str, *, scope: Scope | None = None, **report: str
) -> Case:
    """A ticket about an event with all five steps done; `scope`: where the agent looked."""
    made = case(stock.desk, event, category=category).upto(1)
    made.step(2, scope=scope or Scope())
    made.upto(4)
    made.step(5, **report)
    return made


def holding(made: Case, *keys: str) -> set[str]:
    """Those of the determinations that can be chosen."""
    found = {key for key in keys if reason_of(made, key) is None}
    assert {reason_of(made, key) for key in keys} <= {None, Reason.NOT_DETERMINABLE}
    return found


def reason_of(made: Case, key: str) -> Reason | None:
    """Why a determination is refused; None if it is chosen."""
    try:
        determine(made.agent, ticket=made.ticket, key=key)
    except Refusal as refusal:
        return refusal.reason
    return None


OF_QUANTITY = ("expectation_mismatch", "unrecorded_movement", "reconciled_adjustment")


def test_a_quantity_is_replayed_beside_the_shown_one(stock: Stock) -> None:
    stock.post(Kind.ISSUE, "3")
    stock.post(Kind.ADJUSTMENT, "-1")
    read = stock.quantity(hub="NORTH", bin="A-1")
    assert (read.replayed, read.shown, read.is_equal, read.entries) == (Decimal(6), Decimal(6), True, 3)
    assert read.sums == {"receipt": Decimal(10), "issue": Decimal(-3), "adjustment": Decimal(-1)}
    assert [line.balance for line in read.lines] == [Decimal(10), Decimal(7), Decimal(6)]
    assert read.gaps == []
    assert stock.quantity(hub="SOUTH").entries == 0
    assert stock.quantity(hub="WEST").problem == "place"


def test_the_period_begins_with_an_opening_balance(stock: Stock) -> None:
    second = stock.post(Kind.ISSUE, "3")
    with tenant_context(stock.desk.tenant):
        since = Posting.objects.get(position=second.first_position).recorded_at
        read = read_quantity(Scope(item="BOLT", since=since))
    assert (read.opening, read.entries, read.replayed) == (Decimal(10), 1, Decimal(7))


def test_a_gap_and_a_wrong_balance_are_found(stock: Stock) -> None:
    stock.post(Kind.ISSUE, "3")
    with tenant_context(stock.desk.tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_entry SET quantity = -2 WHERE quantity = -3")
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")
    read = stock.quantity()
    assert not read.is_equal
    assert len(read.gaps) == 1


def test_the_customer_expected_another_quantity(stock: Stock) -> None:
    event = stock.post(Kind.ISSUE, "3")
    scope = Scope(item="BOLT", hub="NORTH", bin="A-1")
    agreed = investigated(stock, event, "E", scope=scope)
    assert holding(agreed, *OF_QUANTITY) == set(), "the report says the same as the ledger"
    made = investigated(stock, event, "E", scope=scope, result="mismatch")
    assert holding(made, *OF_QUANTITY) == {"expectation_mismatch"}
    facts = made.progress.facts
    assert (facts["replayed"], facts["shown"], facts["entries"], facts["place"]) == ("7", "7", 2, "NORTH/A-1")


def test_a_refused_document_is_a_movement_that_was_not_recorded(stock: Stock) -> None:
    event = stock.refuse_issue("99")
    made = investigated(stock, event, "E", scope=Scope(item="BOLT"))
    assert holding(made, *OF_QUANTITY) == {"unrecorded_movement"}
    assert made.progress.facts["reason"] == "INSUFFICIENT_STOCK"


def test_a_counted_difference_that_nobody_posted_is_not_recorded(stock: Stock) -> None:
    event = stock.post(Kind.ISSUE, "3")
    with tenant_context(stock.desk.tenant):
        counts.counted(stock.manager, stock.master_data, "5")
    read = stock.quantity()
    assert [(one.counted, one.expected) for one in read.differences] == [(Decimal(5), Decimal(7))]
    made = investigated(stock, event, "E", scope=Scope(item="BOLT"))
    assert "unrecorded_movement" in holding(made, *OF_QUANTITY)
    assert made.progress.facts["open_differences"] == 1


def test_an_adjustment_reconciled_it(stock: Stock) -> None:
    event = stock.post(Kind.ADJUSTMENT, "-2")
    made = investigated(stock, event, "E", scope=Scope(item="BOLT"))
    assert holding(made, *OF_QUANTITY) == {"reconciled_adjustment"}


def test_an_item_that_nobody_named_determines_nothing(stock: Stock) -> None:
    event = stock.post(Kind.ADJUSTMENT, "-2")
    assert holding(investigated(stock, event, "E"), *OF_QUANTITY) == set()


def test_a_ledger_that_does_not_replay_is_a_risk_of_integrity(stock: Stock) -> None:
    event = stock.post(Kind.ISSUE, "3")
    made = investigated(stock, event, "H", scope=Scope(item="BOLT"), result="mismatch")
    check_guarantees(made.agent, ticket=made.ticket)
    assert holding(made, "integrity_risk", "guarantee_violated") == set()
    with tenant_context(stock.desk.tenant):
        HubBalance.objects.update(quantity=99)
    check_guarantees(made.agent, ticket=made.ticket)
    assert {check.guarantee for check in made.progress.checks if check.outcome == "violated"} == {
        "ledger_replays"
    }
    assert holding(made, "integrity_risk", "guarantee_violated", "expectation_mismatch") == {"integrity_risk"}


OF_EXPORT = ("no_data", "same_export", "export_complete", "plan", "rbac")


def test_an_export_is_derived_again_and_a_retry_is_recognised(stock: Stock) -> None:
    first = stock.export()
    made = investigated(stock, first, "F")
    assert holding(made, *OF_EXPORT) == {"export_complete"}
    assert made.progress.facts["rows"] == 1
    assert made.progress.facts["file_name"].startswith("acacia_")
    again = stock.export()
    assert again.outcome == "noop"
    made = investigated(stock, again, "F")
    assert holding(made, *OF_EXPORT) == {"export_complete", "same_export"}


def test_an_export_that_changed_breaks_determinism(stock: Stock) -> None:
    made = investigated(stock, stock.export(), "H")
    with tenant_context(stock.desk.tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_export DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_export SET rows_sha256 = %s", ["0" * 64])
        cursor.execute("ALTER TABLE ledger_export ENABLE TRIGGER USER")
        assert ExportRow.objects.exists()
    check_guarantees(made.agent, ticket=made.ticket)
    assert holding(made, "determinism_broken", "export_complete") == {"determinism_broken"}


def test_an_export_without_data_is_no_error(desk: Scene, act_as: Any) -> None:
    with tenant_context(desk.tenant):
        master_data = make_master_data()
    stock = Stock(desk, act_as("manager", tenant=desk.tenant), master_data)
    with pytest.raises(Refusal):
        stock.export()
    made = investigated(stock, stock.newest(outcome="refused"), "F")
    assert holding(made, *OF_EXPORT) == {"no_data"}


OF_INTEGRATION = ("not_enabled", "not_dispatched", "receiver_failed", "internal_correct")


@pytest.mark.parametrize(
    ("enabled", "attempted", "expected"),
    [
        (True, None, {"not_dispatched", "internal_correct"}),
        (True, "failed", {"receiver_failed", "internal_correct"}),
        (True, "delivered", {"internal_correct"}),
        (False, None, {"not_enabled", "not_dispatched", "internal_correct"}),
    ],
)
def test_an_integration_is_explained_by_its_dispatches(
    stock: Stock, enabled: bool, attempted: str | None, expected: set[str]
) -> None:
    with tenant_context(stock.desk.tenant):
        endpoint = make_endpoint("Web shop", is_enabled=enabled, maker=stock.maker)
        payload = queue_payload(endpoint, position=Event.objects.latest("number").last_position)
        if attempted:
            is_failed = attempted == "failed"
            attempt_payload(
                payload,
                outcome=attempted,
                fault="status" if is_failed else "",
                http_status=500 if is_failed else 200,
            )
    made = investigated(
        stock, stock.newest(action="ledger.receipt.post"), "G", scope=Scope(integration="web SHOP")
    )
    assert holding(made, *OF_INTEGRATION) == expected
    check_guarantees(made.agent, ticket=made.ticket)
    assert {check.guarantee: check.outcome for check in made.progress.checks}["outbound_only"] == "holds"


def test_a_payload_without_its_posting_is_not_correct(stock: Stock) -> None:
    with tenant_context(stock.desk.tenant):
        queue_payload(make_endpoint("Web shop", maker=stock.maker), position=999)
    made = investigated(
        stock, stock.newest(action="ledger.receipt.post"), "G", scope=Scope(integration="Web shop")
    )
    assert "internal_correct" not in holding(made, *OF_INTEGRATION)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(item="NUT"),
        Scope(hub="WEST"),
        Scope(hub="SOUTH", bin="B-9"),
        Scope(integration="Mr Smith"),
        Scope(person="Mr Smith"),
    ],
)
def test_a_scope_names_only_what_the_tenant_has(stock: Stock, scope: Scope) -> None:
    """What is typed there is stored in the step for good, so a person's name must not get in."""
    made = case(stock.desk, stock.newest(action="ledger.receipt.post"), category="E").upto(1)
    with pytest.raises(Refusal) as caught:
        made.step(2, scope=scope)
    assert caught.value.reason is Reason.INVALID_INPUT
    assert made.progress.step == 1
    refused = Event.objects.get(action="support.investigation.request", outcome="refused")
    assert "Smith" not in str([refused.decision, refused.facts, refused.changes, refused.message])
