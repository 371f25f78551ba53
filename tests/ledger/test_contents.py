"""The stock in hubs and bins: now and at any position, page by page, and only for people who may see it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import listing, positions
from ledger.models import BinBalance, HubBalance
from plans.models import Tenant
from tests.factories import people, tenants
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.headers import JSON

HUB = "/ledger/hubs/NORTH/stock/"
BIN = "/ledger/bins/NORTH/A-1/stock/"
D = Decimal


@pytest.fixture
def stocked(master_data: MasterData, act_as: Callable[..., Any]) -> MasterData:
    """12 bolts in two bins, then 1.50 oil in A-1, then 3 cables elsewhere."""
    act = act_as("owner")
    for moved in (
        (
            line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
            line(master_data, "BOLT", "NORTH/A-2", "2", "2", number=2),
        ),
        (line(master_data, "OIL", "NORTH/A-1", "1.5", "4"),),
        (line(master_data, "CABLE", "SOUTH/A-1", "3", "1"),),
    ):
        deliver(act, master_data, receipt(master_data, *moved))
    return master_data


def stock_rows(client: Any, address: str) -> list[tuple[Any, ...]]:
    return [(row.sku, row.quantity, row.value) for row in client.get(address).context["page"].rows]


def test_what_lies_there_now(stocked: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    assert stock_rows(client, HUB) == [("BOLT", D(12), D(24)), ("OIL", D("1.5"), D(6))]
    assert stock_rows(client, BIN) == [("BOLT", D(10), None), ("OIL", D("1.5"), None)]
    page = client.get(HUB).content.decode()
    assert "30.00" in page
    assert "/ledger/entries/?hub=NORTH&amp;item=BOLT" in page


def test_what_lay_there_at_a_position_or_on_a_day(stocked: MasterData, client_as: Any) -> None:
    client, head = client_as("manager"), positions.current()
    then = f"?at={head - 2}"
    assert stock_rows(client, HUB + then) == [("BOLT", D(12), D(24))]
    assert stock_rows(client, BIN + then) == [("BOLT", D(10), None)]
    assert f"item=BOLT&amp;at={head - 2}" in client.get(BIN + then).content.decode().replace(
        f"at={head - 2}&amp;item=BOLT", f"item=BOLT&amp;at={head - 2}"
    )
    assert stock_rows(client, f"{HUB}?at=2020-01-01") == []
    assert stock_rows(client, f"{BIN}?at={head}") == stock_rows(client, BIN)
    for at in (head + 1, "soon", "2999-01-01"):
        assert client.get(f"{HUB}?at={at}", headers=JSON).status_code == 400


def test_page_by_page(stocked: MasterData, client_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    client = client_as("viewer")
    for address in (HUB, BIN):
        first = client.get(address).context["page"]
        second = client.get(address, {"after": first.after}, headers={"HX-Request": "true"})
        assert "<html" not in second.content.decode()
        assert [row.sku for row in second.context["page"].rows] == ["OIL"]
        assert second.context["page"].after == ""
        back = client.get(address, {"before": second.context["page"].before}).context["page"]
        assert (back.rows, back.before, first.count) == (first.rows, "", 2)
    other = client.get(HUB).context["page"].after
    for key in (other, "nonsense"):
        assert client.get(BIN, {"after": key}, headers=JSON).status_code == 400


def test_is_shown_to_those_who_see_stock(stocked: MasterData, client_as: Any) -> None:
    for role in ("viewer", "receiver"):
        seen = client_as(role).get(HUB).content.decode()
        assert "BOLT" in seen
        assert 'class="money' not in seen
        assert HUB in client_as(role).get("/hubs/NORTH/").content.decode()
        assert BIN in client_as(role).get("/bins/NORTH/A-1/").content.decode()
    counter = client_as("counter")
    for address in (HUB, BIN):
        assert counter.get(address, headers=JSON).json()["code"] == "PERMISSION_DENIED"
    for page in ("/hubs/NORTH/", "/bins/NORTH/A-1/"):
        assert "/stock/" not in counter.get(page).content.decode()


def test_at_permitted_hubs_only(stocked: MasterData, client_as: Any) -> None:
    local = people.add_person("manager", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, stocked.south)
    client = client_as(user=local)
    assert stock_rows(client, "/ledger/hubs/SOUTH/stock/") == [("CABLE", D(3), D(3))]
    for address in (HUB, BIN):
        assert client.get(address, headers=JSON).json()["reason"] == "HUB_NOT_GRANTED"
    for address in (
        "/ledger/hubs/EAST/stock/",
        "/ledger/bins/NORTH/Z-9/stock/",
        "/ledger/bins/NORTH/%00/stock/",
    ):
        assert client_as("owner").get(address, headers=JSON).status_code == 404


def test_is_hidden_from_the_neighbour(stocked: MasterData, birch: Tenant, client_as: Any) -> None:
    with tenants.in_tenant(birch):
        make_master_data()
    assert stock_rows(client_as("owner", tenant=birch), HUB) == []


def test_is_what_the_balances_say(stocked: MasterData, client_as: Any) -> None:
    """At the last position, both ways of reading agree with the balances."""
    client, head = client_as("owner"), positions.current()
    hub = {(row.item.sku, row.quantity, row.value) for row in HubBalance.objects.filter(hub=stocked.north)}
    place = stocked.bins["NORTH/A-1"]
    bins = {(row.item.sku, row.quantity, None) for row in BinBalance.objects.filter(bin=place)}
    for at in ("", f"?at={head}"):
        assert set(stock_rows(client, HUB + at)) == hub
        assert set(stock_rows(client, BIN + at)) == bins
