"""What only items have: revisions at positions, barcodes, put-away bins, reorder points, a fixed unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from asora.kernel import positions
from asora.kernel.refusals import Reason, Refusal, ValidationFailed
from audit.events.models import Event
from inventory.actions.bins import archive_bin, create_bin
from inventory.actions.categories import archive_category, create_category, edit_category, restore_category
from inventory.actions.hubs import archive_hub, restore_hub
from inventory.actions.items import archive_item, create_item, edit_item, restore_item
from inventory.models import Bin, Category, Hub, Item, ItemRevision, ReorderRevision
from inventory.queries import find_item
from plans.models import Tenant
from tests.factories.items import default_category, default_hub


@pytest.fixture
def chain(acacia: Tenant, act_as: Any) -> Item:
    """CH-1, counted in whole EA, read by 4006381333931."""
    return create_item(
        act_as("manager"),
        sku="CH-1",
        name="Chain",
        category=default_category(),
        unit="EA",
        barcodes=["4006381333931"],
    )


@pytest.fixture
def dock(acacia: Tenant, act_as: Any) -> Bin:
    """NORTH/DOCK."""
    return create_bin(act_as("manager"), hub=default_hub(), code="DOCK")


def reason_of(call: Any, *values: Any, **named: Any) -> Reason:
    """Why a call is refused."""
    with pytest.raises(Refusal) as refused:
        call(*values, **named)
    return refused.value.reason


def test_a_new_item_takes_a_position(chain: Item) -> None:
    revision = ItemRevision.objects.get()
    assert (revision.position, revision.name, revision.category_code) == (1, "Chain", "GOODS")
    assert Event.objects.get(action="inventory.item.create").first_position == 1


def test_only_a_new_name_or_category_takes_another_position(chain: Item, act_as: Any) -> None:
    edit_item(act_as("manager"), item=chain, version=1, standard_cost=Decimal("2.5"), unit="PCS")
    assert positions.current() == 1
    edit_item(act_as("manager"), item=chain, version=2, name="Chain 11")
    tyres = create_category(act_as("manager"), code="TYRES", name="Tyres")
    edit_item(act_as("manager"), item=chain, version=3, category=tyres)
    message = ItemRevision.objects.order_by("position").values_list("position", "name", "category_code")
    assert list(message) == [(1, "Chain", "GOODS"), (2, "Chain 11", "GOODS"), (3, "Chain 11", "TYRES")]


def test_a_reorder_point_takes_a_position_whenever_it_changes(chain: Item, dock: Bin, act_as: Any) -> None:
    """Set, changed, removed, archived and restored: each from its own position on."""
    manager, hub = act_as("manager"), dock.hub
    edit_item(manager, item=chain, version=1, reorder_point=Decimal(40))
    edit_item(manager, item=chain, version=2, reorder_point=Decimal(40), reorder_points={hub: Decimal(5)})
    edit_item(manager, item=chain, version=3, standard_cost=Decimal(2), reorder_points={hub: Decimal(5)})
    archive_item(manager, item=chain)
    restore_item(manager, item=chain)
    edit_item(manager, item=chain, version=6, reorder_point=None, reorder_points={hub: None})
    message = ReorderRevision.objects.order_by("position", "hub_id").values_list(
        "position", "hub__code", "quantity"
    )
    assert list(message) == [
        (2, None, 40),
        (3, "NORTH", 5),
        (4, "NORTH", None),
        (4, None, None),
        (5, "NORTH", 5),
        (5, None, 40),
        (6, "NORTH", None),
        (6, None, None),
    ]
    assert list(ItemRevision.objects.order_by("position").values_list("position", flat=True)) == [
        1, 2, 3, 4, 5, 6,
    ]  # fmt: skip
    assert Event.objects.filter(action="inventory.item.archive").get().first_position == 4


def test_a_new_item_brings_its_reorder_points(dock: Bin, act_as: Any) -> None:
    values = {"sku": "N-1", "name": "New", "category": default_category(), "unit": "EA"}
    points = {dock.hub: Decimal(3)}
    create_item(act_as("manager"), **values, reorder_point=Decimal(9), reorder_points=points)
    message = ReorderRevision.objects.order_by("quantity").values_list("position", "hub__code", "quantity")
    assert list(message) == [(1, "NORTH", 3), (1, None, 9)]


def test_archiving_what_has_no_reorder_point_takes_no_position(chain: Item, act_as: Any) -> None:
    archive_item(act_as("manager"), item=chain)
    assert positions.current() == 1


def test_a_refused_edit_takes_no_position(chain: Item, act_as: Any) -> None:
    Item.objects.update(is_moved=True)
    edit = {"item": chain, "version": 1, "name": "Other", "decimals": 2}
    assert reason_of(edit_item, act_as("manager"), **edit) is Reason.UNIT_FIXED
    assert positions.current() == 1
    assert Item.objects.get().name == "Chain"


def test_barcodes_are_found_changed_and_recorded(chain: Item, act_as: Any) -> None:
    assert find_item("4006381333931") == find_item("ch-1") == chain
    edit_item(act_as("manager"), item=chain, version=1, barcodes=["X-2", "4006381333931"])
    edit_item(act_as("manager"), item=chain, version=2, barcodes=["X-2"])
    assert find_item("4006381333931") is None
    change = Event.objects.order_by("-occurred_at")[0].changes[0]
    assert change["before"] == {"barcodes": ["4006381333931", "X-2"], "version": 2}
    assert change["after"] == {"barcodes": ["X-2"], "version": 3}


@pytest.mark.parametrize("barcodes", [["4006381333931"], ["CH-1"], ["ch-1"]])
def test_a_scan_means_one_item(barcodes: list[str], chain: Item, act_as: Any) -> None:
    new = {"sku": "CH-2", "name": "Other", "category": chain.category, "unit": "EA", "barcodes": barcodes}
    assert reason_of(create_item, act_as("manager"), **new) is Reason.BARCODE_TAKEN
    assert not Item.objects.filter(sku="CH-2").exists()


def test_a_sku_is_not_the_barcode_of_another_item(chain: Item, act_as: Any) -> None:
    new = {"sku": "4006381333931", "name": "Other", "category": chain.category, "unit": "EA"}
    assert reason_of(create_item, act_as("manager"), **new) is Reason.BARCODE_TAKEN


def test_put_away_and_reorder_points(chain: Item, dock: Bin, act_as: Any) -> None:
    hub = dock.hub
    values = {"putaway_bin": dock, "reorder_point": Decimal(40), "reorder_points": {hub: Decimal(5)}}
    edit_item(act_as("manager"), item=chain, version=1, **values)
    assert chain.hub_reorder_points.get().quantity == 5
    after = Event.objects.order_by("-occurred_at")[0].changes[0]["after"]
    assert (after["putaway_bin"], after["reorder_points"]) == ("NORTH/DOCK", {"NORTH": "5"})
    edit_item(act_as("manager"), item=chain, version=2, reorder_points={hub: None})
    assert not chain.hub_reorder_points.exists()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"reorder_point": Decimal("0.5")}, Reason.QUANTITY_TOO_PRECISE),
        ({"reorder_point": Decimal(-1)}, Reason.INVALID_INPUT),
        ({"standard_cost": Decimal("-0.01")}, Reason.COST_NEGATIVE),
        ({"standard_cost": Decimal("0.0000001")}, Reason.INVALID_INPUT),
        ({"standard_cost": Decimal("NaN")}, Reason.INVALID_INPUT),
        ({"decimals": 5}, Reason.INVALID_INPUT),
        ({"unit": ""}, Reason.INVALID_INPUT),
        ({"barcodes": ["with space"]}, Reason.INVALID_INPUT),
    ],
)
def test_numbers_that_cannot_be(values: dict[str, Any], reason: Reason, chain: Item, act_as: Any) -> None:
    assert reason_of(edit_item, act_as("manager"), item=chain, version=1, **values) is reason
    assert Item.objects.get().version == 1


def test_nothing_new_goes_into_what_is_archived(chain: Item, dock: Bin, act_as: Any) -> None:
    manager = act_as("manager")
    archive_bin(manager, bin=dock)
    assert reason_of(edit_item, manager, item=chain, version=1, putaway_bin=dock) is Reason.BIN_ARCHIVED
    archive_item(manager, item=chain)
    archive_category(manager, category=chain.category)
    assert reason_of(restore_item, manager, item=chain) is Reason.CATEGORY_ARCHIVED
    new = {"sku": "N", "name": "N", "category": chain.category, "unit": "EA"}
    assert reason_of(create_item, manager, **new) is Reason.CATEGORY_ARCHIVED
    archive_hub(manager, hub=dock.hub)
    assert reason_of(create_bin, manager, hub=dock.hub, code="B") is Reason.HUB_ARCHIVED
    restore_hub(manager, hub=dock.hub)
    restore_category(manager, category=chain.category)
    assert not restore_item(manager, item=chain).is_archived


def test_what_is_in_use_is_not_archived(chain: Item, dock: Bin, act_as: Any) -> None:
    manager = act_as("manager")
    assert reason_of(archive_category, manager, category=chain.category) is Reason.STILL_IN_USE
    assert reason_of(archive_hub, manager, hub=dock.hub) is Reason.STILL_IN_USE
    assert not Category.objects.get().is_archived
    assert not Hub.objects.get().is_archived


def test_a_category_is_never_below_itself(acacia: Tenant, act_as: Any) -> None:
    manager = act_as("manager")
    top = create_category(manager, code="TOP", name="Top")
    middle = create_category(manager, code="MIDDLE", name="Middle", parent=top)
    bottom = create_category(manager, code="BOTTOM", name="Bottom", parent=middle)
    for parent in (top, middle, bottom):
        edit = {"category": top, "version": 1, "name": "Top", "parent": parent}
        assert reason_of(edit_category, manager, **edit) is Reason.PARENT_LOOP


def test_a_refusal_names_the_field_and_never_the_value(chain: Item, act_as: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        edit_item(act_as("manager"), item=chain, version=1, name="secret\x00name")
    assert list(refused.value.details["fields"]) == ["name"]
    assert "secret" not in str(refused.value.as_json(request_id="x"))
