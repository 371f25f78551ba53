"""Receiving: it works, is recorded, and refuses with rule and line, leaving nothing but its event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from inventory.models import Item, Vendor
from ledger.models import BinBalance, CostLayer, DailyMovement, Entry, HubBalance, Posting
from tests.factories import people
from tests.factories.documents import DAY, deliver, line, receipt
from tests.factories.master_data import MasterData

Acts = Callable[..., object]


def test_works(master_data: MasterData, act_as: Acts) -> None:
    """Two lines of one item: entries have the balances after them, and the derived tables agree."""
    draft = receipt(
        master_data,
        line(master_data, "BOLT", "NORTH/A-1", "10", "2.5"),
        line(master_data, "BOLT", "NORTH/A-2", "5", "3.1", number=2),
        line(master_data, "OIL", "SOUTH/A-1", "1.25", "0.333333", number=3),
    )

    position = deliver(act_as("receiver"), master_data, draft)

    first, second, third = Entry.objects.filter(posting=position).order_by("line")
    assert (first.bin_quantity, first.hub_quantity, first.hub_value) == (10, 10, Decimal(25))
    assert (second.bin_quantity, second.hub_quantity, second.hub_value) == (5, 15, Decimal("40.5"))
    assert third.value == Decimal("0.416666")  # 0.41666625, half to even at 6 places
    assert {row.bin.address: row.quantity for row in BinBalance.objects.select_related("bin__hub")} == {
        "NORTH/A-1": 10,
        "NORTH/A-2": 5,
        "SOUTH/A-1": Decimal("1.25"),
    }
    assert {(row.item.sku, row.quantity, row.value) for row in HubBalance.objects.select_related("item")} == {
        ("BOLT", 15, Decimal("40.5")),
        ("OIL", Decimal("1.25"), Decimal("0.416666")),
    }
    moved = DailyMovement.objects.get(item__sku="BOLT")
    assert (moved.effective_on, moved.kind, moved.quantity_up, moved.quantity_down) == (DAY, "receipt", 15, 0)
    assert Item.objects.get(sku="BOLT").is_moved
    assert not Item.objects.get(sku="CABLE").is_moved
    assert not CostLayer.objects.exists()


def test_positions_follow_each_other(master_data: MasterData, act_as: Acts) -> None:
    """Each posting takes the next position, and recorded_at never falls."""
    drafts = [receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1")) for _ in range(3)]
    positions = [deliver(act_as("receiver"), master_data, draft) for draft in drafts]

    assert positions == list(range(positions[0], positions[0] + 3))
    recorded = list(Posting.objects.order_by("position").values_list("recorded_at", flat=True))
    assert recorded == sorted(recorded)


def test_is_recorded(master_data: MasterData, act_as: Acts, events: Callable[..., list]) -> None:
    """One allowed event: who, the position, exact totals; the posting names the same request."""
    act = act_as("receiver")
    position = deliver(
        act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "4", "2.5"))
    )

    (event,) = events(action="ledger.receipt.post")
    posting = Posting.objects.get(position=position)
    assert (event.outcome, event.first_position, event.last_position) == ("allowed", position, position)
    assert (event.facts["lines"], event.facts["quantities"], event.facts["value"]) == (
        1,
        {"pcs": "4"},
        "10.000000",
    )
    assert posting.request_id == event.request_id == act.request_id
    assert posting.actor_ref == event.actor_ref == act.actor.ref
    assert [step["verdict"] for step in event.decision] == ["passed"] * 7


def test_fifo_makes_a_layer_for_each_line(master_data: MasterData, act_as: Acts) -> None:
    """Under FIFO, a receipt makes a layer with all of its stock."""
    act = act_as("receiver")
    act = replace(act, tenant=_with_costing(act.tenant, "fifo"))
    position = deliver(
        act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "4", "2.5"))
    )

    layer = CostLayer.objects.get()
    assert (layer.position, layer.line, layer.quantity_left, layer.value_left) == (position, 1, 4, 10)


REFUSED_LINES = [
    ("0", "1", Reason.QUANTITY_NOT_POSITIVE, "quantity"),
    ("-1", "1", Reason.QUANTITY_NOT_POSITIVE, "quantity"),
    ("1.5", "1", Reason.QUANTITY_TOO_PRECISE, "quantity"),
    ("1", "-0.01", Reason.COST_NEGATIVE, "unit_cost"),
]


@pytest.mark.parametrize(("quantity", "cost", "reason", "field"), REFUSED_LINES)
def test_refuses_a_line(
    master_data: MasterData,
    act_as: Acts,
    events: Callable[..., list],
    quantity: str,
    cost: str,
    reason: Reason,
    field: str,
) -> None:
    """A bad line refuses the whole document, at its number, and leaves no trace but its event."""
    draft = receipt(
        master_data,
        line(master_data, "BOLT", "NORTH/A-1", "1", "1"),
        line(master_data, "BOLT", "NORTH/A-2", quantity, cost, number=2),
    )

    with pytest.raises(ValidationFailed) as refused:
        deliver(act_as("receiver"), master_data, draft)

    assert refused.value.reason is reason
    (entry,) = refused.value.details["lines"]["2"]
    assert (entry["field"], entry["reason"]) == (field, reason)
    _assert_nothing_written()
    (event,) = events(action="ledger.receipt.post")
    assert (event.outcome, event.code, event.reason) == ("refused", "VALIDATION_FAILED", reason)
    assert event.decision[-1]["gate"] == "valid"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("item", Reason.ITEM_ARCHIVED), ("bin", Reason.BIN_ARCHIVED), ("hub", Reason.HUB_ARCHIVED)],
)
def test_refuses_what_is_archived(master_data: MasterData, act_as: Acts, kind: str, reason: Reason) -> None:
    """Archived items, bins and hubs refuse receipts."""
    bin_ = master_data.bins["NORTH/A-1"]
    record = {"item": master_data.items["BOLT"], "bin": bin_, "hub": bin_.hub}[kind]
    type(record).objects.filter(pk=record.pk).update(archived_at=timezone.now())

    with pytest.raises(ValidationFailed) as refused:
        deliver(
            act_as("receiver"),
            master_data,
            receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1")),
        )

    assert refused.value.reason is reason
    _assert_nothing_written()


def test_refuses_an_ineligible_vendor(master_data: MasterData, act_as: Acts) -> None:
    """Nothing can be received from a vendor that is not eligible."""
    draft = replace(
        receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1")),
        vendor_id=master_data.banned.pk,
    )
    with pytest.raises(ValidationFailed) as refused:
        deliver(act_as("receiver"), master_data, draft)
    assert refused.value.reason is Reason.VENDOR_INELIGIBLE
    assert "vendor" in refused.value.details["fields"]
    _assert_nothing_written()


def test_refuses_an_archived_vendor(master_data: MasterData, act_as: Acts) -> None:
    Vendor.objects.filter(pk=master_data.vendor.pk).update(archived_at=timezone.now())
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"))
    with pytest.raises(ValidationFailed) as refused:
        deliver(act_as("receiver"), master_data, draft)
    assert refused.value.reason is Reason.VENDOR_ARCHIVED
    assert "vendor" in refused.value.details["fields"]
    _assert_nothing_written()


def test_refuses_tomorrow(master_data: MasterData, act_as: Acts) -> None:
    """A date in the future, in the tenant's time zone, is refused."""
    act = act_as("receiver")
    draft = receipt(
        master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"), day=act.today + timedelta(days=1)
    )
    with pytest.raises(ValidationFailed) as refused:
        deliver(act, master_data, draft)
    assert refused.value.reason is Reason.DATE_IN_FUTURE


def test_refuses_nothing_at_all(master_data: MasterData, act_as: Acts) -> None:
    """A document without lines is refused."""
    with pytest.raises(ValidationFailed) as refused:
        deliver(act_as("receiver"), master_data, receipt(master_data))
    assert refused.value.reason is Reason.NO_DATA


@pytest.mark.parametrize("role", ["viewer", "counter"])
def test_refuses_the_viewer(master_data: MasterData, act_as: Acts, role: str) -> None:
    """Only roles with ledger.receive may receive."""
    with pytest.raises(PermissionDenied):
        deliver(
            act_as(role), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"))
        )
    _assert_nothing_written()


def test_refuses_a_hub_that_is_not_granted(master_data: MasterData, act_as: Acts) -> None:
    """A posting over several hubs needs all of them."""
    local = people.add_person("receiver", name="local", all_hubs=False)
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"))
    with pytest.raises(PermissionDenied) as refused:
        deliver(act_as(user=local), master_data, draft)
    assert refused.value.reason is Reason.HUB_NOT_GRANTED
    _assert_nothing_written()


def test_the_same_submission_posts_once(master_data: MasterData, act_as: Acts) -> None:
    """A second submit is refused and names the position of the first."""
    submission = uuid4()
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "4", "1"), submission=submission)
    position = deliver(act_as("receiver"), master_data, draft)

    with pytest.raises(StateConflict) as refused:
        deliver(act_as("receiver"), master_data, draft)

    assert refused.value.reason is Reason.ALREADY_POSTED
    assert refused.value.details["position"] == position
    assert BinBalance.objects.get().quantity == 4


def test_backdating_changes_nothing_before(master_data: MasterData, act_as: Acts) -> None:
    """An earlier delivery gets the next position; earlier postings do not change."""
    act = act_as("receiver")
    first = deliver(act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "4", "1")))
    before = Entry.objects.filter(posting=first).values().get()

    late = deliver(
        act,
        master_data,
        receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "6", "1"), day=DAY - timedelta(days=30)),
    )

    assert late > first
    assert Entry.objects.filter(posting=first).values().get() == before
    assert Entry.objects.get(posting=late).bin_quantity == 10


def _assert_nothing_written() -> None:
    for model in (Posting, Entry, DailyMovement):
        assert not model.objects.exists()
    assert not BinBalance.objects.exists()
    assert not HubBalance.objects.exists()


def _with_costing(tenant: object, costing: str) -> object:
    tenant.costing = costing  # the test's own instance; never saved
    return tenant
