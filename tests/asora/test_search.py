"""Search: one field finds everything, groups it, and opens the only hit."""

from __future__ import annotations

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from inventory.models import Barcode
from ledger.models import Posting
from tests.factories.master_data import make_master_data
from tests.factories.people import add_person
from tests.ledger.report_fixtures import name_items, post_three_deliveries


@pytest.fixture
def stocked(acacia, act_as):
    """A small ledger with three deliveries."""
    master_data = make_master_data()
    name_items(master_data)
    post_three_deliveries(act_as("owner"), master_data)
    return master_data


def found(client, text) -> dict[str, list[str]]:
    response = client.get("/search/", {"q": text})
    if response.status_code == 302:
        return {"opened": [response.url]}
    assert response.status_code == 200
    groups = response.context["groups"]
    return {str(group["label"]): [hit["code"] for hit in group["hits"]] for group in groups}


def test_finds(stocked, client_as):
    Barcode.objects.create(code="4006381333931", item=stocked.items["OIL"])
    client, head = client_as("owner"), positions.current()
    assert found(client, "BOLT") == {"opened": ["/items/BOLT/"]}
    assert found(client, "m8") == {"opened": ["/items/BOLT/"]}
    assert found(client, "4006381333931") == {"opened": ["/items/OIL/"]}
    assert found(client, "NORTH/DOCK") == {"opened": ["/bins/NORTH/DOCK/"]}
    assert found(client, "acme") == {"opened": ["/vendors/ACME/"]}
    assert found(client, f"#{head}") == {"opened": [f"/ledger/{head}/"]}
    assert found(client, "PO-1") == {"Ledger": [f"{head - back:,}" for back in range(3)]}
    assert found(client, "A-1")["Bins"] == ["NORTH/A-1", "SOUTH/A-1"]
    assert found(client, "stock on") == {"opened": ["/reports/stock-on-hand/"]}


def test_finds_a_request(stocked, client_as):
    posting = Posting.objects.get(position=positions.current())
    documents = [f"{posting.position - back:,}" for back in range(3)]  # all three by one request
    opened = found(client_as("owner"), posting.request_id)
    assert opened == {"opened": [f"/audit/requests/{posting.request_id}/"]}
    assert found(client_as("viewer"), posting.request_id) == {"Ledger": documents}
    assert found(client_as("counter"), posting.request_id) == {}


def test_finds_nothing_in_nonsense(stocked, client_as):
    for text in (
        "",
        "   ",
        "zzzz",
        "\x00",
        "x" * 5000,
        "%",
        "acacia-01M7YGA2ZZ0J2EYYJ0S0KV0JDC",
        "9" * 40,
        "٣",
    ):
        assert found(client_as("owner"), text) == {}, text


def test_only_what_is_permitted(stocked, client_as):
    user = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", user, stocked.north)
    client, head = client_as(user=user), positions.current()
    assert found(client, "SOUTH") == {}
    assert found(client, str(head)) == {}
    assert found(client, "PO-1") == {"Ledger": [f"{head - 1:,}", f"{head - 2:,}"]}


def test_hits_are_capped(stocked, client_as, act_as):
    for _number in range(4):
        post_three_deliveries(act_as("owner"), stocked)
    assert len(found(client_as("owner"), "PO-1")["Ledger"]) == 8
