"""People who work at one hub see and change only that hub."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, Reason, ValidationFailed
from inventory.actions.bins import archive_bin, create_bin, edit_bin
from inventory.actions.hubs import archive_hub, create_hub, edit_hub
from inventory.actions.items import create_item, edit_item
from inventory.files.actions import import_bins, import_hubs, import_items
from inventory.models import Bin, Hub, Item
from inventory.queries import permitted_hubs, search
from plans.models import Tenant
from tests.factories import people
from tests.factories.items import default_category

ITEM_FILE = "sku,name,category_code,unit,standard_cost,reorder_point,putaway_bin\n"


@pytest.fixture
def hubs(acacia: Tenant) -> tuple[Bin, Bin]:
    """A bin in NORTH, which is granted, and one in SOUTH, which is not."""
    north, south = (Hub.objects.create(code=code, name=code.title()) for code in ("NORTH", "SOUTH"))
    return Bin.objects.create(hub=north, code="A-1"), Bin.objects.create(hub=south, code="A-1")


@pytest.fixture
def limited(hubs: tuple[Bin, Bin]) -> Any:
    """A manager who works at NORTH only."""
    user = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", user, hubs[0].hub)
    return user


def test_what_is_granted_is_done_and_what_is_not_is_refused(
    hubs: tuple[Bin, Bin], limited: Any, act_as: Any
) -> None:
    act = act_as(user=limited)
    granted, other = hubs
    item = create_item(act, sku="S", name="S", category=default_category(), unit="EA", putaway_bin=granted)
    create_bin(act, hub=granted.hub, code="B-1")
    edit_hub(act, hub=granted.hub, version=1, name="North gate")
    for refused in (
        lambda: create_hub(act, code="EAST", name="East"),
        lambda: import_hubs(act, content=b"code,name\nEAST,East\n"),
        lambda: edit_hub(act, hub=other.hub, version=1, name="Mine"),
        lambda: archive_hub(act, hub=other.hub),
        lambda: create_bin(act, hub=other.hub, code="B-1"),
        lambda: edit_bin(act, bin=other, version=1, name="Mine"),
        lambda: archive_bin(act, bin=other),
        lambda: import_bins(act, content=b"hub_code,code\nNORTH,C-1\nSOUTH,C-1\n"),
        lambda: edit_item(act, item=item, version=1, putaway_bin=other),
        lambda: edit_item(act, item=item, version=1, reorder_points={other.hub: Decimal(1)}),
        lambda: create_item(act, sku="T", name="T", category=item.category, unit="EA", putaway_bin=other),
        lambda: import_items(
            act,
            content=b"sku,name,category_code,unit,standard_cost,reorder_point,putaway_bin\n"
            b"T,T,GOODS,EA,0,,SOUTH/A-1\n",
        ),
    ):
        with pytest.raises(PermissionDenied) as denied:
            refused()
        assert denied.value.reason is Reason.HUB_NOT_GRANTED
    assert Bin.objects.count() == 3
    assert Item.objects.count() == 1


def test_an_item_keeps_the_bin_that_somebody_else_gave_it(
    hubs: tuple[Bin, Bin], limited: Any, act_as: Any, client_as: Any
) -> None:
    values = {"sku": "S", "name": "S", "category": default_category(), "unit": "EA", "putaway_bin": hubs[1]}
    item = create_item(act_as("manager"), **values)
    page = client_as(user=limited).get("/items/S/edit/").content.decode()
    assert "SOUTH" not in page
    form = {"version": 1, "name": "Other", "category": "GOODS", "unit": "EA", "decimals": 0}
    assert client_as(user=limited).post("/items/S/edit/", form).status_code == 302
    item.refresh_from_db()
    assert (item.name, item.putaway_bin) == ("Other", hubs[1])


@pytest.mark.parametrize(
    "path", ["/hubs/", "/bins/", "/bins/?format=csv", "/bins/suggestions/?q=", "/items/new/"]
)
def test_lists_and_pickers_show_permitted_hubs_only(path: str, limited: Any, client_as: Any) -> None:
    answer = client_as(user=limited).get(path)
    assert answer.status_code == 200
    assert "NORTH" in answer.content.decode()
    assert "SOUTH" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/hubs/SOUTH/", "/bins/SOUTH/A-1/", "/hubs/SOUTH/edit/"])
def test_pages_of_other_hubs_are_refused(path: str, limited: Any, client_as: Any) -> None:
    assert client_as(user=limited).get(path).status_code == 403


def test_a_filter_cannot_name_another_hub(limited: Any, client_as: Any) -> None:
    assert client_as(user=limited).get("/bins/?hub=SOUTH").status_code == 400


def test_search_finds_permitted_hubs_only(limited: Any, act_as: Any) -> None:
    assert [hit.address for hit in search(act_as(user=limited), "a-1").bins] == ["NORTH/A-1"]
    assert len(search(act_as("viewer"), "a-1").bins) == 2
    assert search(act_as("viewer"), "south/a").only == Bin.objects.get(hub__code="SOUTH")


def test_nobody_else_has_hubs(hubs: tuple[Bin, Bin], act_as: Any) -> None:
    assert permitted_hubs(act_as("viewer").actor).count() == 2
    assert not permitted_hubs(act_as("outsider").actor).exists()
    assert not permitted_hubs(act_as("operator").actor).exists()


@pytest.mark.parametrize("code", ["A-1", "NOWHERE"])
@pytest.mark.parametrize(
    "address",
    [
        "/bins/SOUTH/{}/",
        "/bins/SOUTH/{}/edit/",
        "/ledger/bins/SOUTH/{}/stock/",
        "/bins/new/?hub=SOUTH",
        "/bins/new/?hub=south",
    ],
)
def test_no_page_tells_what_another_hub_holds(address: str, code: str, limited: Any, client_as: Any) -> None:
    response = client_as(user=limited).get(address.format(code), headers={"accept": "application/json"})
    assert (response.status_code, response.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    assert response.json()["details"]["hub"] == "SOUTH"


@pytest.mark.parametrize("code", ["A-1", "NOWHERE", "A-2"])
def test_no_form_tells_what_another_hub_holds(code: str, limited: Any, client_as: Any, events: Any) -> None:
    """Bin A-1 is there, NOWHERE is not, and A-2 would be new: the answer is the same."""
    client, headers = client_as(user=limited), {"accept": "application/json"}
    item = {"sku": "S", "name": "S", "category": default_category().code, "unit": "EA", "decimals": 0}
    for address, form in (
        ("/bins/new/", {"hub": "SOUTH", "code": code, "name": ""}),
        ("/items/new/", item | {"putaway_bin": f"south/{code}"}),
    ):
        response = client.post(address, form, headers=headers)
        assert (response.status_code, response.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    assert {event.reason for event in events(outcome="refused")} == {"HUB_NOT_GRANTED"}
    assert Bin.objects.count() == 2
    assert client.post("/bins/new/", {"hub": "EAST", "code": code, "name": ""}).status_code == 400


def test_a_new_bin_in_an_archived_hub_is_refused(hubs: tuple[Bin, Bin], act_as: Any, client_as: Any) -> None:
    archive_bin(act_as("owner"), bin=hubs[1])
    archive_hub(act_as("owner"), hub=hubs[1].hub)
    form = {"hub": "SOUTH", "code": "NEW-1", "name": ""}
    response = client_as("owner").post("/bins/new/", form, headers={"accept": "application/json"})
    assert (response.status_code, response.json()["reason"]) == (400, "HUB_ARCHIVED")


@pytest.mark.parametrize("code", ["A-1", "NOWHERE"])
def test_no_file_tells_what_another_hub_holds(
    code: str, hubs: tuple[Bin, Bin], limited: Any, act_as: Any
) -> None:
    Hub.objects.create(code="EMPTY", name="A hub without bins")
    for hub in ("SOUTH", "empty"):
        content = f"{ITEM_FILE}T,T,GOODS,EA,0,,{hub}/{code}\n".encode()
        with pytest.raises(PermissionDenied) as denied:
            import_items(act_as(user=limited), content=content)
        assert denied.value.reason is Reason.HUB_NOT_GRANTED


def test_a_file_lists_hubs_that_do_not_exist(limited: Any, act_as: Any) -> None:
    default_category()
    with pytest.raises(ValidationFailed) as refused:
        import_items(act_as(user=limited), content=f"{ITEM_FILE}T,T,GOODS,EA,0,,WEST/A-1\n".encode())
    assert refused.value.reason is Reason.UNKNOWN_BIN
