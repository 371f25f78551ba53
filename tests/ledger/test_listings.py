"""The ledger's lists: what they find, what they hide from whom, and that they offer no quick download."""

from __future__ import annotations

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from ledger.models import Posting
from tests.factories.documents import deliver, line, receipt
from tests.factories.people import add_person
from tests.headers import JSON


@pytest.fixture
def northern(stocked):
    """A manager who works at NORTH only."""
    user = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", user, stocked.north)
    return user


def listed(client, query="", url="/ledger/") -> list[int]:
    response = client.get(f"{url}?{query}")
    assert response.status_code == 200, response.content
    return [getattr(row, "position", None) or row.posting_id for row in response.context["page"].rows]


def test_every_document_newest_first(stocked, client_as):
    head = positions.current()
    assert listed(client_as("viewer")) == [head, head - 1, head - 2]


def test_filters(stocked, client_as, act_as):
    client, head = client_as("owner"), positions.current()
    owner = act_as("owner").actor.ref
    found = {
        "kind=receipt": [head, head - 1, head - 2],
        "kind=issue": [],
        "item=oil": [head - 1],
        "item=oil&hub=NORTH": [],  # the oil of that document lies elsewhere
        "item=NOTHING": [],
        "hub=SOUTH": [head, head - 1],
        "bin=NORTH/DOCK": [head - 1],
        "bin=DOCK&hub=NORTH": [head - 1],
        "bin=NORTH": [],
        "vendor=acme": [head, head - 1, head - 2],
        "vendor=BANNED": [],
        "reference=PO-1": [head, head - 1, head - 2],
        "reference=PO": [],
        f"person={owner}": [head, head - 1, head - 2],
        "person=u-nobody": [],
        "since=2026-03-05": [head],
        "until=2026-03-05": [head - 1, head - 2],
        f"at={head - 1}": [head - 1, head - 2],
        f"at={head - 1}&hub=SOUTH": [head - 1],
    }
    assert {query: listed(client, query) for query in found} == found
    for query in ("hub=EAST", "kind=theft", "since=soon", f"at={head + 1}", "item=%00", "after=x"):
        refused = client.get(f"/ledger/?{query}", headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_FAILED"), query


def test_lines(stocked, client_as):
    client, head = client_as("owner"), positions.current()
    url = "/ledger/entries/"
    assert listed(client, url=url) == [head, head - 1, head - 1, head - 2]
    assert listed(client, "item=BOLT&bin=NORTH/DOCK", url=url) == [head - 1]
    assert listed(client, f"item=BOLT&at={head - 1}", url=url) == [head - 1, head - 2]


def test_a_document(stocked, client_as):
    page = client_as("manager").get(f"/ledger/{positions.current() - 1}/").content.decode()
    for text in ("NORTH/DOCK", "SOUTH/A-1", "+1.50", "ACME", "PO-1"):
        assert text in page
    posting = Posting.objects.get(position=positions.current() - 1)
    assert posting.request_id in page
    for address in (positions.current() + 1, 1, 10**30):
        assert client_as("manager").get(f"/ledger/{address}/").status_code == 404


def test_values_are_for_those_who_may_see_them(stocked, client_as):
    addresses = [
        "/",
        "/ledger/",
        "/ledger/entries/",
        f"/ledger/{positions.current()}/",
        "/ledger/items/BOLT/stock/",
        "/ledger/items/BOLT/history/",
        "/ledger/hubs/NORTH/stock/",
    ]
    for address in addresses:
        assert 'class="money' in client_as("manager").get(address).content.decode(), address
        for role in ("viewer", "receiver"):
            seen = client_as(role).get(address)
            assert seen.status_code == 200
            assert 'class="money' not in seen.content.decode(), (role, address)


def test_counters_see_no_stock(stocked, client_as):
    client = client_as("counter")
    for address in (
        "/ledger/",
        "/ledger/entries/",
        f"/ledger/{positions.current()}/",
        "/ledger/items/BOLT/stock/",
        "/ledger/items/BOLT/history/",
        "/ledger/hubs/NORTH/stock/",
        "/ledger/bins/NORTH/DOCK/stock/",
        "/reports/stock-on-hand/",
        "/exports/",
    ):
        assert client.get(address, headers=JSON).json()["code"] == "PERMISSION_DENIED", address
    for address in ("/", "/search/?q=PO-1", f"/search/?q={positions.current()}"):
        page = client.get(address).content.decode()
        assert "/ledger/" not in page, address


def test_permitted_hubs_only(stocked, client_as, act_as, northern):
    client, head = client_as(user=northern), positions.current()
    assert listed(client) == [head - 1, head - 2]
    assert listed(client, url="/ledger/entries/") == [head - 1, head - 2]
    document = client.get(f"/ledger/{head - 1}/").content.decode()
    assert "NORTH/DOCK" in document
    assert "SOUTH" not in document
    assert "1 line is at a hub where you do not work" in document
    for address in (f"/ledger/{head}/", "/ledger/?hub=SOUTH", "/ledger/entries/?hub=SOUTH"):
        refused = client.get(address, headers=JSON)
        assert (refused.status_code, refused.json()["reason"]) == (403, "HUB_NOT_GRANTED"), address
    assert client.get("/ledger/entries/?bin=SOUTH/A-2").context["page"].count == 0
    panel = client.get("/ledger/items/BOLT/stock/")
    assert panel.context["quantity"] == 15
    assert "SOUTH" not in panel.content.decode()


def test_stock_of_an_item_at_a_position(stocked, client_as):
    client, head = client_as("manager"), positions.current()
    now = client.get("/ledger/items/BOLT/stock/").context
    assert (now["quantity"], now["value"], now["bin_count"]) == (22, 54, 3)
    then = client.get(f"/ledger/items/BOLT/stock/?at={head - 2}").context
    assert (then["quantity"], then["value"], then["average"]) == (10, 25, 2.5)
    assert client.get("/ledger/items/BOLT/stock/?at=1").context["quantity"] == 0
    assert client.get("/ledger/items/CABLE/stock/").context["average"] is None
    assert client.get("/ledger/items/NONE/stock/").status_code == 404


def test_history_of_an_item_page_by_page(stocked, client_as, act_as):
    for _number in range(25):
        deliver(act_as("owner"), stocked, receipt(stocked, line(stocked, "BOLT", "NORTH/A-1", "1", "1")))
    client = client_as("viewer")
    url = "/ledger/items/BOLT/history/"
    first = client.get(url).context["page"]
    assert [row.bin_quantity for row in first.rows] == list(range(35, 15, -1))
    second = client.get(url, {"after": first.after}, headers={"HX-Request": "true"})
    assert not second.content.lstrip().startswith(b"<!doctype")
    assert b'id="item-history"' in second.content
    page = second.context["page"]
    assert [row.hub_quantity for row in page.rows] == [20, 19, 18, 17, 16, 7, 15, 10]
    assert not page.after
    back = client.get(url, {"before": page.before}).context["page"]
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]


def test_history_of_an_item_at_a_position(stocked, client_as):
    client, head = client_as("manager"), positions.current()
    url = "/ledger/items/BOLT/history/"
    page = client.get(url).content.decode()
    assert 'id="as-of"' in page
    assert 'name="item"' not in page
    then = client.get(f"{url}?at={head - 1}")
    assert [row.posting_id for row in then.context["page"].rows] == [head - 1, head - 2]
    assert f'href="{url}?"' in then.content.decode(), "the way back to now"
    assert client.get(f"{url}?at=2020-01-01").context["page"].count == 0
    assert client.get(f"{url}?at={head + 1}", headers=JSON).status_code == 400
    # As a panel of the item's page it has no bar of its own.
    assert 'id="as-of"' not in client.get(url, headers={"HX-Request": "true"}).content.decode()


def test_the_history_leaves_only_as_an_export(stocked, client_as):
    for address in ("/ledger/", "/ledger/entries/", "/ledger/items/BOLT/history/", "/exports/"):
        assert client_as("owner").get(f"{address}?format=csv").status_code in {200, 404}
        response = client_as("owner").get(f"{address}?format=csv")
        assert not response["Content-Type"].startswith("text/csv")


def test_a_filter_swaps_its_table_and_the_bar(stocked, client_as):
    headers = {"HX-Request": "true", "HX-Target": "listing"}
    answer = client_as("viewer").get("/ledger/?item=OIL", headers=headers)
    text = answer.content.decode()
    assert "<html" not in text
    assert 'id="listing"' in text
    assert 'id="as-of" hx-swap-oob="true"' in text
    assert "HX-Request" in answer["Vary"]
