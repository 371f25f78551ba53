"""A list that was downloaded can be imported again: where it came from nothing changes, elsewhere all of it arrives."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from asora.demo.tenants import DEMOS, _add_master_data
from asora.kernel.act import Act
from asora.kernel.csv.writing import DANGEROUS
from asora.kernel.refusals import ValidationFailed
from inventory.actions.bins import archive_bin, create_bin
from inventory.actions.categories import archive_category, create_category
from inventory.actions.hubs import archive_hub, create_hub
from inventory.actions.items import archive_item, create_item, edit_item
from inventory.actions.vendors import archive_vendor, create_vendor
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from inventory.models import Bin, Category, Hub, Item, ReorderRevision, Vendor
from plans.models import Tenant
from tests.factories.people import add_person

#: In the order in which they refer to each other.
IMPORTS: dict[str, Any] = {
    "categories": import_categories,
    "hubs": import_hubs,
    "bins": import_bins,
    "vendors": import_vendors,
    "items": import_items,
}
#: Names that a spreadsheet would run, that look guarded already, or that CSV has to quote.
NAMES = [
    *(f"{sign}name" for sign in DANGEROUS if sign.strip()),
    "''=1+1", 'Say "hi", twice', "Ärmel; größe 3", "零件", "a'b", "1,000.5", "'",
]  # fmt: skip


@pytest.fixture
def varied(acacia: Tenant, act_as: Callable[..., Act]) -> Act:
    """Acacia with records of every kind and shape, live and archived."""
    act = act_as("owner")
    top = create_category(act, code="BIKES", name="Bikes")
    below = create_category(act, code="A-ROAD", name="=Road", parent=top)
    old = create_category(act, code="OLD", name="+Old", parent=top)
    north = create_hub(act, code="NORTH", name="Northgate, left")
    south = create_hub(act, code="south-2", name="-South")
    closed = create_hub(act, code="CLOSED", name="Closed")
    slashed = create_bin(act, hub=north, code="N/A-0", name="@dock")
    plain = create_bin(act, hub=south, code="A-1")
    gone = create_bin(act, hub=closed, code="Z-9", name="Gone")
    emptied = create_bin(act, hub=north, code="E-1")
    create_vendor(act, code="ALDER", name="'Alder", eligible=True)
    create_vendor(act, code="BEECH", name="Beech", eligible=False)
    archive_vendor(act, vendor=create_vendor(act, code="CEDAR", name="Cedar", eligible=True))
    for number, name in enumerate(NAMES):
        create_item(
            act,
            sku=f"N-{number}",
            name=name,
            category=below,
            unit="EA",
            putaway_bin=[None, slashed, plain][number % 3],
            reorder_point=[None, Decimal(0), Decimal(1000)][number % 3],
        )
    create_item(
        act,
        sku="OIL.3+x",
        name="Oil",
        category=top,
        unit="m²",
        decimals=3,
        standard_cost=Decimal("1.125"),
        putaway_bin=slashed,
        reorder_point=Decimal("2.125"),
        barcodes=["=1234", "-99", "4006381333931", "'x"],
        reorder_points={north: Decimal("0.5"), south: Decimal(0), closed: Decimal(7)},
    )
    create_item(
        act, sku="COST-ONLY", name="Cost", category=top, unit="=kg", standard_cost=Decimal("123456.000001")
    )
    create_item(act, sku="LEFT", name="Its bin is archived", category=top, unit="EA", putaway_bin=emptied)
    archive_bin(act, bin=emptied)
    archive_item(
        act,
        item=create_item(
            act,
            sku="ARCHIVED",
            name="Archived",
            category=old,
            unit="EA",
            reorder_point=Decimal(3),
            reorder_points={north: Decimal(4)},
        ),
    )
    archive_category(act, category=old)
    archive_bin(act, bin=gone)
    archive_hub(act, hub=closed)
    return act


def download(client: Any, noun: str) -> bytes:
    answer = client.get(f"/{noun}/?state=all&format=csv")
    assert answer.status_code == 200
    return bytes(answer.content)


@pytest.mark.parametrize("noun", IMPORTS)
def test_where_it_came_from_nothing_changes(noun: str, varied: Act, client_as: Any) -> None:
    done = IMPORTS[noun](varied, content=download(client_as("owner"), noun))
    assert done.created == 0
    assert done.unchanged == done.rows > 2


def test_elsewhere_all_of_it_arrives(varied: Act, client_as: Any, birch: Tenant, act_as: Any) -> None:
    files = {noun: download(client_as("owner"), noun) for noun in IMPORTS}
    rows = {noun: len(content.splitlines()) - 1 for noun, content in files.items()}
    Tenant.objects.filter(pk=birch.pk).update(plan="enterprise")
    birch.refresh_from_db()
    connection.set_tenant(birch)
    there = act_as("owner", tenant=birch)
    for model in (Category, Hub, Bin, Vendor, Item):
        assert not model.objects.exists()
    for noun, load in IMPORTS.items():
        assert load(there, content=files[noun]).created == rows[noun]
    client = client_as("owner", tenant=birch)
    assert {noun: download(client, noun) for noun in IMPORTS} == files
    connection.set_tenant(birch)
    oil = Item.objects.get(sku="OIL.3+x")
    assert (oil.decimals, oil.standard_cost, oil.reorder_point) == (3, Decimal("1.125"), Decimal("2.125"))
    assert set(oil.barcodes.values_list("code", flat=True)) == {"=1234", "-99", "4006381333931", "'x"}
    assert dict(oil.hub_reorder_points.values_list("hub__code", "quantity")) == {
        "NORTH": Decimal("0.5"), "south-2": Decimal(0),
    }  # fmt: skip
    assert [item.name for item in Item.objects.filter(sku__startswith="N-").order_by("id")] == sorted(
        NAMES, key=lambda name: f"N-{NAMES.index(name)}"
    )
    assert not ReorderRevision.objects.filter(item__sku="ARCHIVED").exists(), "nothing archived is reordered"


def test_a_difference_is_named_at_its_cell(varied: Act, client_as: Any) -> None:
    content = download(client_as("owner"), "items")
    for before, after, column in (
        (b"NORTH=0.5000", b"NORTH=0.7000", "hub_reorder_points"),
        (b"123456.000001", b"123456.000002", "standard_cost"),
        (b"4006381333931", b"4006381333932", "barcodes"),
        (b",archived\n", b",\n", "state"),
    ):
        assert before in content
        with pytest.raises(ValidationFailed) as refused:
            import_items(varied, content=content.replace(before, after, 1))
        lines = refused.value.details["lines"]
        assert [[(one["field"], one["reason"]) for one in faults] for faults in lines.values()] == [
            [(column, "ROW_DIFFERS")]
        ]


def test_costs_are_for_people_who_may_see_them(varied: Act, client_as: Any) -> None:
    whole = download(client_as("owner"), "items").decode()
    without = download(client_as("counter"), "items").decode()
    assert "standard_cost" in whole.splitlines()[0]
    assert "standard_cost" not in without
    assert "123456" not in without


def test_what_is_at_other_hubs_is_not_in_the_file(varied: Act, client_as: Any, act_as: Any) -> None:
    limited = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, Hub.objects.get(code="NORTH"))
    content = download(client_as(user=limited), "items")
    assert b"NORTH=0.5000" in content
    assert b"south-2" not in content
    assert import_items(act_as(user=limited), content=content).created == 0


def test_a_live_record_does_not_refer_to_an_archived_one(acacia: Tenant, act_as: Any) -> None:
    act = act_as("owner")
    files = {
        import_categories: b"code,name,parent_code,state\nA,A,,archived\nB,B,A,\n",
        import_hubs: b"code,name,state\nH,H,gone\n",
    }
    for load, content in files.items():
        with pytest.raises(ValidationFailed):
            load(act, content=content)
    import_categories(act, content=b"code,name,parent_code,state\nA,A,,archived\nB,B,A,archived\n")
    assert Category.objects.filter(archived_at=None).count() == 0


def test_the_lists_of_the_demo_come_back(acacia: Tenant, act_as: Any, client_as: Any) -> None:
    """Its items have decimals, costs, put-away bins and barcodes; three of them get reorder points of their own."""
    demo = next(demo for demo in DEMOS if demo.slug == "acacia")
    _add_master_data(acacia, demo)
    act = act_as("owner")
    for number, item in enumerate(Item.objects.order_by("sku")[:3]):
        edit_item(
            act, item=item, version=1, reorder_points={Hub.objects.order_by("code")[0]: Decimal(number)}
        )
    for noun, load in IMPORTS.items():
        done = load(act, content=download(client_as("owner"), noun))
        assert (done.created, done.unchanged) == (0, done.rows)
    assert Item.objects.count() == demo.items
