"""An item's own put-away bin takes precedence over a bin copied from the line above, but not over a typed one."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from inventory.models import Bin, Hub, Item
from tests.factories import people
from tests.factories.documents import receive
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.ledger.balances import bins
from tests.ledger.test_document_pages import typed

FIRST = {"sku": "BOLT", "bin": "A-1", "quantity": "4"}


@pytest.fixture
def own(master_data: MasterData, act_as: Acts) -> MasterData:
    """Oil has a put-away bin in the other hub, bolts have none; 10 of each in A-1, and oil in its own bin."""
    receive(
        act_as("owner"),
        master_data,
        ("BOLT", "NORTH/A-1", "10", "1"),
        ("OIL", "NORTH/A-1", "10", "1"),
        ("OIL", "SOUTH/A-2", "10", "1"),
    )
    Item.objects.filter(sku="OIL").update(putaway_bin=master_data.bins["SOUTH/A-2"])
    return master_data


def kinds(second: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """A document of each kind, with bolts in line 1 and the given line 2."""
    priced = {"unit_cost": "1"}
    moved = {"to_bin": "A-2"}
    place = second.pop("bin")
    to = second | {"bin": "A-1", "to_bin": place}
    at = second | {"bin": place}
    return [
        ("/receive/", typed(FIRST | priced, at | priced, vendor="ACME")),
        ("/issue/", typed(FIRST, at)),
        ("/adjust/", typed(FIRST, at, reason="LOST")),
        ("/transfer/", typed(FIRST | moved, to, to_hub="NORTH")),
    ]


COPIED = {"sku": "OIL", "bin": "A-2", "quantity": "1", "is_proposed": "on"}


@pytest.mark.parametrize("number", range(4))
def test_it_wins_over_a_copied_bin(own: MasterData, client_as: Any, number: int) -> None:
    url, values = kinds(dict(COPIED))[number]
    before = bins()
    assert client_as("owner").post(url, values).status_code == 302
    after = bins()
    assert after["OIL SOUTH/A-2"] != before["OIL SOUTH/A-2"]
    assert "OIL NORTH/A-2" not in after


@pytest.mark.parametrize("number", range(4))
def test_what_is_typed_wins_over_it(own: MasterData, client_as: Any, number: int) -> None:
    place = "A-1" if number in {1, 2} else "A-2"
    url, values = kinds(COPIED | {"bin": place, "is_proposed": ""})[number]
    before = bins()
    assert client_as("owner").post(url, values).status_code == 302
    assert bins()["OIL SOUTH/A-2"] == before["OIL SOUTH/A-2"]
    assert bins().get(f"OIL NORTH/{place}") != before.get(f"OIL NORTH/{place}")


def test_a_copied_bin_fills_in_where_there_is_none(own: MasterData, client_as: Any) -> None:
    second = {"sku": "CABLE", "bin": "A-1", "quantity": "2", "unit_cost": "1", "is_proposed": "on"}
    values = typed(FIRST | {"unit_cost": "1"}, second, vendor="ACME")
    assert client_as("owner").post("/receive/", values).status_code == 302
    assert bins()["CABLE NORTH/A-1"] == 2


@pytest.mark.parametrize("shut", [Bin, Hub])
def test_a_shut_bin_is_nobodys_own(own: MasterData, client_as: Any, shut: Any) -> None:
    key = own.bins["SOUTH/A-2"].pk if shut is Bin else own.south.pk
    shut.objects.filter(pk=key).update(archived_at=timezone.now())
    url, values = kinds(COPIED | {"bin": "A-1"})[0]
    client = client_as("owner")
    assert client.get("/receive/scan/?code=OIL").json()["bin"] == ""
    assert client.post(url, values).status_code == 302
    assert bins()["OIL NORTH/A-1"] == 11


def test_where_somebody_does_not_work_it_is_not_told(own: MasterData, client_as: Any) -> None:
    user = people.add_person("receiver", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", user, own.north)
    url, values = kinds(COPIED | {"bin": "A-1"})[0]
    answer = client_as(user=user).post(url, values)
    assert answer.status_code == 302
    assert bins()["OIL NORTH/A-1"] == 11


def test_a_refused_page_knows_the_items_own_bin(own: MasterData, client_as: Any) -> None:
    url, values = kinds(COPIED | {"quantity": "-1"})[0]
    answer = client_as("owner").post(url, values)
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert 'data-own-bin="SOUTH/A-2"' in shown
    assert 'name="lines-1-is_proposed" value="on"' in shown
