"""The reorder list at any position; and every page with reorder states agrees with it."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from inventory.actions.items import archive_item, edit_item, restore_item
from inventory.files.actions.items import import_items
from inventory.models import Item, ReorderPoint
from ledger.exports.actions import create_export
from ledger.exports.requests import ExportRequest
from ledger.models import Posting
from ledger.proof.verification import verify
from ledger.reports import REPORTS
from ledger.reports.derivation import derive
from ledger.reports.forms import ReportFilter
from ledger.reports.reorder_list import places_of
from ledger.reports.scope import Scope
from tests.factories.documents import receive
from tests.factories.people import add_person
from tests.ledger.report_fixtures import HUBS

REORDER = REPORTS["reorder-list"]
URL = "/reports/reorder-list/"


@pytest.fixture
def change(stocked, act_as):
    """Change an item by its SKU. NORTH has 15 bolts, SOUTH has 7 bolts and 1.5 oil; there never was any cable."""

    def change(sku: str, **fields: Any) -> Item:
        item = Item.objects.get(sku=sku)
        return edit_item(act_as("owner"), item=item, version=item.version, **fields)

    return change


def short(*hubs: str, at: int | None = None) -> list[tuple[Any, ...]]:
    """SKU, hub, quantity, reorder point and shortfall."""
    asked = Scope(position=positions.current() if at is None else at, hubs=hubs or HUBS)
    totals = REORDER.totals(asked)
    reported = {total.unit: total.figures for total in totals if any(total.figures.values())}
    assert REORDER.cross_check(asked) == reported
    return [(row[0], row[3], *(Decimal(figure) for figure in row[5:])) for row in REORDER.stream(asked)]


def test_at_the_point_it_is_time_to_reorder(change):
    change("BOLT", reorder_point=Decimal(6))
    assert short() == []
    change("BOLT", reorder_point=Decimal(7))
    assert short() == [("BOLT", "SOUTH", 7, 7, 0)]
    change("BOLT", reorder_point=Decimal(16))
    assert short() == [("BOLT", "NORTH", 15, 16, 1), ("BOLT", "SOUTH", 7, 16, 9)]


def test_a_hub_with_a_point_of_its_own(change, stocked):
    change("BOLT", reorder_point=Decimal(100), reorder_points={stocked.south: Decimal(2)})
    assert short() == [("BOLT", "NORTH", 15, 100, 85)]
    change("BOLT", reorder_points={stocked.south: None})
    assert short("SOUTH") == [("BOLT", "SOUTH", 7, 100, 93)]
    change("OIL", reorder_points={stocked.north: Decimal(3)})  # NORTH never held any
    assert ("OIL", "NORTH", 0, 3, 3) in short()


def test_what_nobody_ever_held_stands_there_once(change, act_as, stocked):
    change("CABLE", reorder_point=Decimal("2.5"))
    assert short() == [("CABLE", "", 0, Decimal("2.5"), Decimal("2.5"))]
    receive(act_as("owner"), stocked, ("CABLE", "NORTH/A-1", "1", "1"))
    assert [row[:3] for row in short()] == [("CABLE", "NORTH", 1)]
    assert [row[:3] for row in short("SOUTH")] == [("CABLE", "", 0)]  # nothing about stock elsewhere


def test_what_is_archived_is_not_reordered(change, act_as):
    item = change("CABLE", reorder_point=Decimal(2))
    before = positions.current()
    archive_item(act_as("owner"), item=item)
    assert short() == []
    assert short(at=before) == [("CABLE", "", 0, 2, 2)]
    restore_item(act_as("owner"), item=item)
    assert short() == [("CABLE", "", 0, 2, 2)]


def test_a_point_that_changes_without_a_posting_changes_nothing_that_was_exported(change, act_as, client_as):
    """After an export at the current position, a change of the point takes a position of its own."""
    change("BOLT", reorder_point=Decimal(10))
    act = act_as("manager")
    export = create_export.submit(act, ExportRequest(act, REORDER, ReportFilter({}, act=act, report=REORDER)))
    posted = Posting.objects.count()
    assert export.position == positions.current()
    change("BOLT", reorder_point=Decimal(50))
    change("OIL", reorder_point=Decimal(50))
    assert (Posting.objects.count(), positions.current()) == (posted, export.position + 2)
    again = derive(REORDER, Scope.of(export.parameters, position=export.position))
    assert (again.rows, again.rows_sha256, again.file_sha256) == (
        1, export.rows_sha256, export.file_sha256,
    )  # fmt: skip
    assert client_as("manager").get(f"/exports/{export.pk}/download/").status_code == 200
    assert len(short()) == 3


def test_the_unit_of_what_never_moved_is_that_of_then(change, stocked):
    """It may change until the first entry, and the list prints it before that."""
    change("CABLE", reorder_point=Decimal(2), reorder_points={stocked.north: Decimal(3)})
    asked = Scope(position=positions.current(), hubs=HUBS)
    before = list(REORDER.stream(asked)), REORDER.totals(asked), REORDER.cross_check(asked)
    assert [row[4] for row in before[0]] == ["m"]
    change("CABLE", unit="km", decimals=0)
    assert (list(REORDER.stream(asked)), REORDER.totals(asked), REORDER.cross_check(asked)) == before
    (row,) = REORDER.stream(Scope(position=positions.current(), hubs=HUBS))
    assert (row[4], str(row[6])) == ("km", "3")
    change("OIL", standard_cost=Decimal(3))
    assert not [check for check in verify() if check.broken]


@pytest.mark.parametrize("how", ["taken away", "archived"])
def test_a_point_that_ended_is_no_fault_of_the_ledger(change, act_as, stocked, how):
    item = change("BOLT", reorder_point=Decimal(2), reorder_points={stocked.north: Decimal(3)})
    if how == "archived":
        archive_item(act_as("owner"), item=item)
    else:
        change("BOLT", reorder_point=None, reorder_points={stocked.north: None})
    assert not [check for check in verify() if check.broken]


def test_what_was_there_before_points_were_kept_holds_from_the_beginning(stocked):
    """The migration knows the present points, but not since when they apply."""
    Item.objects.filter(sku="BOLT").update(reorder_point=8)
    Item.objects.filter(sku="CABLE").update(reorder_point=8, archived_at="2026-01-01T00:00Z")
    ReorderPoint.objects.create(item=stocked.items["OIL"], hub=stocked.north, quantity=3)
    migration = import_module("inventory.migrations.0003_reorder_revisions")
    with connection.cursor() as cursor:
        cursor.execute(migration.KEEP_OWN)
        cursor.execute(migration.KEEP_HUBS)
    assert short() == [("BOLT", "SOUTH", 7, 8, 1), ("OIL", "NORTH", 0, 3, 3)]
    named = Item.objects.get(sku="OIL").revisions.get().position
    assert short(at=named) == [("BOLT", "", 0, 8, 8), ("OIL", "NORTH", 0, 3, 3)]
    assert short(at=0) == []  # neither item existed yet


def test_a_file_of_items_brings_their_points(act_as, stocked):
    header = "sku,name,category_code,unit,standard_cost,reorder_point"
    content = f"{header}\nNUT,Nut,PARTS,pcs,1,4\nPIN,Pin,PARTS,pcs,1,\n".encode()
    import_items(act_as("owner"), content=content)
    assert short() == [("NUT", "", 0, 4, 4)]


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_every_page_says_the_same(change, client_as, role):
    change("BOLT", reorder_point=Decimal(10))
    change("CABLE", reorder_point=Decimal(1))
    client = client_as(role)
    page = client.get(URL)
    listed = {(row["sku"], row["hub"]) for row in page.context["page"].rows}
    assert listed == {("BOLT", "SOUTH"), ("CABLE", "")}
    shown = client.get("/").context
    assert shown["short_count"] == page.context["page"].count == 2
    assert {(place.sku, place.hub) for place in shown["short"]} == listed
    stock = client.get("/ledger/items/BOLT/stock/")
    assert [place.hub for place in stock.context["short"]] == ["SOUTH"]
    assert [place.hub for place in stock.context["places"]] == ["NORTH", "SOUTH"]
    assert "/reports/reorder-list/?item=BOLT" in stock.content.decode()
    assert b"Reorder state" not in client.get("/ledger/items/OIL/stock/").content


def test_the_item_says_how_it_stood_then(change, client_as):
    change("BOLT", reorder_point=Decimal(10))
    change("BOLT", reorder_point=Decimal(1))
    client, head = client_as("viewer"), positions.current()
    assert client.get("/ledger/items/BOLT/stock/").context["short"] == []
    (place,) = client.get(f"/ledger/items/BOLT/stock/?at={head - 1}").context["short"]
    assert (place.hub, place.point, place.shortfall) == ("SOUTH", 10, 3)


def test_a_receiver_sees_the_state_without_the_way_to_the_report(change, client_as):
    change("BOLT", reorder_point=Decimal(10))
    client = client_as("receiver")
    page = client.get("/ledger/items/BOLT/stock/").content.decode()
    assert "To reorder" in page
    assert URL not in page
    assert "To reorder" not in client.get("/").content.decode()


def test_points_of_other_hubs_are_not_shown(change, stocked, client_as):
    change("BOLT", reorder_points={stocked.south: Decimal(7779)})
    northern = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", northern, stocked.north)
    client = client_as(user=northern)
    for url in ("/items/BOLT/", "/ledger/items/BOLT/stock/", URL, "/"):
        assert "7,779" not in client.get(url).content.decode(), url
    assert "7,779" in client_as("manager").get("/items/BOLT/").content.decode()
    assert places_of("BOLT", Scope(position=positions.current(), hubs=("NORTH",))) == []
