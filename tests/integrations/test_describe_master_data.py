"""What is sent of items, vendors, hubs, exports, freezes and plan changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django_tenants.utils import tenant_context

from audit.events import trail
from audit.events.models import Event
from integrations.types.definition import Occurrence
from integrations.types.describe import description_failed, occurrences
from inventory.actions.hubs import archive_hub, create_hub, edit_hub
from inventory.actions.items import archive_item, create_item, edit_item
from inventory.actions.vendors import archive_vendor, set_vendor_eligibility
from inventory.files.actions import import_items, import_vendors
from inventory.models import Category, Item
from ledger.exports.actions import create_export
from plans.actions.freezes import start_freeze
from plans.actions.plan_changes import change_plan
from plans.models import Tenant
from tests.factories import documents, tenants
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.integrations.payloads import sent
from tests.ledger.report_fixtures import export_request


def described(action: str) -> list[Occurrence]:
    """The occurrences of the last event of an action."""
    return occurrences(Event.objects.filter(action=action).latest("number"))


def test_a_new_item(master_data: MasterData, act_as: Acts, acacia: Tenant) -> None:
    create_item(
        act_as("owner"),
        sku="NUT",
        name="Nut M8",
        category=Category.objects.get(),
        unit="pcs",
        standard_cost=Decimal("0.25"),
        reorder_point=Decimal(5),
        barcodes=["4006381333931", "123"],
        putaway_bin=master_data.bins["NORTH/A-1"],
        reorder_points={master_data.south: Decimal(2)},
    )
    (created,) = described("inventory.item.create")
    event = Event.objects.latest("number")
    data = sent(created, acacia)
    assert data == {
        "sku": "NUT",
        "name": "Nut M8",
        "category": "PARTS",
        "unit": "pcs",
        "decimals": 0,
        "standard_cost": "0.250000",
        "currency": "EUR",
        "barcodes": ["123", "4006381333931"],
        "putaway_bin": "NORTH/A-1",
        "reorder_point": "5",
        "reorder_points": [{"hub": "SOUTH", "quantity": "2"}],
        "is_archived": False,
        "version": 1,
    }
    assert (created.subject, created.position, created.time) == (
        "items/NUT",
        event.first_position,
        event.occurred_at,
    )
    assert set(data) - set(sent(created, acacia, with_values=False)) == {"standard_cost", "currency"}


def test_of_an_item_only_what_is_at_the_hubs_of_the_endpoint(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    north, south = frozenset({master_data.north.pk}), frozenset({master_data.south.pk})
    item = create_item(
        act_as("owner"),
        sku="NUT",
        name="Nut",
        category=Category.objects.get(),
        unit="pcs",
        putaway_bin=master_data.bins["NORTH/A-1"],
        reorder_points={master_data.south: Decimal(2)},
    )
    (created,) = described("inventory.item.create")
    assert created.hubs == north | south
    for hubs, place, points in ((north, "NORTH/A-1", []), (south, None, ["SOUTH"]), (frozenset(), None, [])):
        part = created.at(hubs)
        assert part is not None
        assert part.hubs == hubs
        data = sent(part, acacia)
        assert data["putaway_bin"] == place
        assert [each["hub"] for each in data["reorder_points"]] == points

    edit_item(act_as("owner"), item=item, version=1, reorder_points={master_data.south: Decimal(3)})
    (changed,) = described("inventory.item.edit")
    assert sent(changed, acacia)["changed"] == ["reorder_points"]
    assert changed.at(north) is None, "nothing of the change is at this hub"

    edit_item(
        act_as("owner"),
        item=item,
        version=2,
        name="Nut M8",
        reorder_points={master_data.south: None},
        putaway_bin=master_data.bins["NORTH/A-2"],
    )
    (changed,) = described("inventory.item.edit")
    assert sent(changed, acacia)["changed"] == ["name", "putaway_bin", "reorder_points"]
    for hubs, names in ((north, ["name", "putaway_bin"]), (south, ["name", "reorder_points"])):
        part = changed.at(hubs)
        assert part is not None
        assert part.hubs == hubs
        assert sent(part, acacia)["changed"] == names


def test_an_edit_that_changes_nothing_is_not_sent(master_data: MasterData, act_as: Acts) -> None:
    edit_item(act_as("owner"), item=master_data.items["BOLT"], version=1, name="Bolt M8")
    assert Event.objects.latest("number").outcome == "noop"
    assert described("inventory.item.edit") == []


def test_an_archived_item_says_so(master_data: MasterData, act_as: Acts, acacia: Tenant) -> None:
    archive_item(act_as("owner"), item=master_data.items["BOLT"])
    (archived,) = described("inventory.item.archive")
    assert sent(archived, acacia)["is_archived"] is True
    assert archived.position is None, "it had no reorder point, so it took no position"


def test_the_items_of_a_file_are_sent_in_its_order(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    content = (
        b"sku,name,category_code,unit,standard_cost,reorder_point\n"
        b"Z-1,Zeta,PARTS,pcs,1.50,3\nA-1,Alpha,PARTS,pcs,0.25,\nBOLT,Bolt M8,PARTS,pcs,0,\n"
    )
    import_items(act_as("owner"), content=content)
    found = described("inventory.item.import")
    assert [(each.subject, each.type) for each in found] == [
        ("items/Z-1", "inventory.item.created.v1"),
        ("items/A-1", "inventory.item.created.v1"),
    ]
    first = Event.objects.latest("number").first_position
    assert [each.position for each in found] == [first, first + 1]
    assert Item.objects.get(sku="A-1").name == sent(found[1], acacia)["name"]


def test_a_vendor_may_deliver_only_if_it_is_eligible_and_not_archived(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    set_vendor_eligibility(act_as("owner"), vendor=master_data.banned, version=1, eligible=True)
    (decided,) = described("inventory.vendor.eligibility")
    assert sent(decided, acacia) == {
        "vendor": "BANNED",
        "name": "Banned",
        "can_deliver": True,
        "is_eligible": True,
        "is_archived": False,
        "cause": "decided",
        "version": 2,
    }
    archive_vendor(act_as("owner"), vendor=master_data.banned)
    (archived,) = described("inventory.vendor.archive")
    data = sent(archived, acacia)
    assert (data["can_deliver"], data["is_eligible"], data["cause"]) == (False, True, "archived")

    import_vendors(act_as("owner"), content=b"code,name,eligible\nFIR,Fir,no\nACME,Acme,yes\n")
    assert [each.subject for each in described("inventory.vendor.import")] == ["vendors/FIR"]


def test_a_hub_is_for_endpoints_that_receive_it(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    hub = create_hub(act_as("owner"), code="EAST", name="East")
    (created,) = described("inventory.hub.create")
    assert created.at(None) == created
    assert created.at(frozenset({master_data.north.pk})) is None
    edit_hub(act_as("owner"), hub=hub, version=1, name="Far East")
    archive_hub(act_as("owner"), hub=hub)
    assert [
        sent(each, acacia) for action in ("edit", "archive") for each in described(f"inventory.hub.{action}")
    ] == [
        # A later look sees the record as it is now; ids, hubs and times stay those of the event.
        {"hub": "EAST", "name": "Far East", "is_archived": True, "version": 3},
        {"hub": "EAST", "name": "Far East", "is_archived": True, "version": 3},
    ]


def test_an_export_is_for_endpoints_that_receive_all_its_hubs(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    documents.receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    create_export.submit(act_as("owner"), export_request(act_as("owner")))
    (made,) = described("ledger.export.create")
    data = sent(made, acacia)
    assert data["hubs_of_report"] == ["NORTH", "SOUTH"]
    assert made.hubs == {master_data.north.pk, master_data.south.pk}
    assert made.at(frozenset({master_data.north.pk})) is None
    create_export.submit(act_as("owner"), export_request(act_as("owner")))
    assert described("ledger.export.create") == [], "the same export again"


def test_operators_events_have_the_time_of_the_original(acacia: Tenant, act_as: Any) -> None:
    with tenant_context(tenants.public()):
        lead = act_as("platform_lead", tenant=tenants.public())
        change_plan(lead, tenant=acacia, from_plan="pro", to_plan="enterprise", reason="They grow")
        start_freeze(lead, tenant=acacia, reason="A drill")
        originals = {event.action: event for event in Event.objects.filter(resource_id=str(acacia.pk))}
    trail.copy_missing(acacia)
    (changed,), (frozen,) = described("plans.plan.change"), described("plans.freeze.start")
    assert sent(changed, acacia) == {"from_plan": "pro", "to_plan": "enterprise"}
    assert sent(frozen, acacia) == {"reason": "A drill"}
    assert frozen.time == originals["plans.freeze.start"].occurred_at
    assert frozen.id == f"{originals['plans.freeze.start'].pk}-1"
    assert frozen.at(frozenset()) == frozen


def test_a_failed_description_says_nothing_of_the_inventory(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    position = documents.receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    event = Event.objects.latest("number")
    failed = description_failed(event)
    assert sent(failed, acacia) == {"audit_event": str(event.pk), "action": "ledger.receipt.post"}
    assert (failed.id, failed.position) == (f"{event.pk}-0", position)
    assert failed.at(frozenset()) == failed
