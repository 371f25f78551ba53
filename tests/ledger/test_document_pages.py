"""The pages of issues, transfers, adjustments, requests, reasons and reversals: who sees them, and their refusals."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from guardian.shortcuts import assign_perm

from ledger.adjustments import views
from ledger.adjustments.actions.requests import decline_request, request_adjustment
from ledger.adjustments.listings import REQUESTS
from ledger.models import AdjustmentReason, AdjustmentRequest, Kind, Posting
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import (
    BOTH_COSTINGS,
    D,
    draft,
    import_rows,
    post_movement,
    receive,
    with_costing,
)
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Acts
from tests.headers import JSON
from tests.ledger.balances import bins

HEAD = {"reference": "DOC-9", "effective_on": "2026-03-02", "hub": "NORTH", "note": ""}
LINES = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0"}


def typed(*lines: dict[str, str], **head: str) -> dict[str, str]:
    """What a browser sends."""
    values = HEAD | {"submission": str(uuid4()), "lines-INITIAL_FORMS": "0"} | head
    values["lines-TOTAL_FORMS"] = str(len(lines))
    for number, line in enumerate(lines):
        values |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return values


def text_of(response: Any) -> str:
    return str(response.content.decode())


ISSUE = {"sku": "bolt", "bin": "a-1", "quantity": "4"}
FORMS = [
    ("/issue/", typed(ISSUE), {"BOLT NORTH/A-1": D(6)}),
    (
        "/transfer/",
        typed({"sku": "BOLT", "bin": "A-1", "to_bin": "DOCK", "quantity": "4"}, to_hub="SOUTH"),
        {"BOLT NORTH/A-1": D(6), "BOLT SOUTH/DOCK": D(4)},
    ),
    (
        "/transfer/",
        typed({"sku": "BOLT", "bin": "A-1", "to_bin": "NORTH/A-2", "quantity": "4"}, to_hub="SOUTH"),
        {"BOLT NORTH/A-1": D(6), "BOLT NORTH/A-2": D(4)},
    ),
    (
        "/adjust/",
        typed({"sku": "BOLT", "bin": "A-1", "quantity": "-4", "unit_cost": ""}, reason="LOST"),
        {"BOLT NORTH/A-1": D(6)},
    ),
]


@BOTH_COSTINGS
@pytest.mark.parametrize(("url", "values", "left"), FORMS, ids=range(len(FORMS)))
def test_a_form_posts(
    master_data: MasterData, act_as: Acts, client_as: Any, costing: str, url: str, values: Any, left: Any
) -> None:
    receive(with_costing(act_as("manager"), costing), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    client = client_as("manager")
    response = client.post(url, values)
    position = Posting.objects.order_by("position").last().position
    assert (response.status_code, response["Location"]) == (302, f"/ledger/{position}/")
    assert bins() == left
    again = client.post(url, values)
    assert again.status_code == 409
    assert f"/ledger/{position}/" in text_of(again)
    assert bins() == left


@pytest.mark.parametrize("url", ["/issue/", "/transfer/", "/adjust/"])
def test_what_is_refused_is_at_its_line_and_nothing_typed_is_lost(
    master_data: MasterData, act_as: Acts, client_as: Any, url: str
) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    sign = "-" if url == "/adjust/" else ""
    extra = {"to_bin": "A-2"} if url == "/transfer/" else {}
    values = typed(
        {"sku": "BOLT", "bin": "A-1", "quantity": f"{sign}3"} | extra,
        {"sku": "BOLT", "bin": "A-1", "quantity": f"{sign}8"} | extra,
        to_hub="NORTH",
        reason="LOST",
    )
    response = client_as("manager").post(url, values)
    page = text_of(response)
    assert response.status_code == 400
    assert (
        page.count("Not enough BOLT in bin NORTH/A-1: 8 needed, 7 available.") == 2
    )  # above, and at the line
    assert "INSUFFICIENT_STOCK" in page
    assert f'value="{sign}8"' in page
    assert values["submission"] in page
    assert bins() == {"BOLT NORTH/A-1": D(10)}


@pytest.mark.parametrize("url", ["/receive/", "/issue/", "/transfer/", "/adjust/"])
def test_a_line_is_added_without_script(master_data: MasterData, client_as: Any, url: str) -> None:
    values = typed({"sku": "BOLT", "bin": "A-1", "quantity": "3"}, add_line="1")
    page = text_of(client_as("manager").post(url, values))
    assert 'name="lines-1-sku"' in page
    assert 'value="3"' in page
    assert not Posting.objects.exists()


@pytest.mark.parametrize("url", ["/issue/", "/transfer/", "/adjust/"])
@pytest.mark.parametrize(
    "junk", [{}, {"lines-TOTAL_FORMS": "x"}, typed(), typed({"sku": "\x00", "quantity": "NaN"})]
)
def test_junk_is_refused(master_data: MasterData, client_as: Any, url: str, junk: dict[str, str]) -> None:
    response = client_as("manager").post(url, junk, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "url", ["/issue/", "/transfer/", "/adjust/", "/adjust/import/", "/adjust/reasons/add/"]
)
def test_the_viewer_is_refused(master_data: MasterData, client_as: Any, url: str) -> None:
    client = client_as("viewer")
    for response in (client.post(url, typed(ISSUE), headers=JSON),):
        assert (response.status_code, response.json()["code"]) == (403, "PERMISSION_DENIED")


def test_who_sees_no_costs_is_asked_for_none(cedar: Tenant, client_as: Any) -> None:
    make_master_data()
    assert "unit_cost" not in text_of(client_as("receiver").get("/adjust/"))
    assert "unit_cost" in text_of(client_as("manager").get("/adjust/"))


def test_a_hub_that_is_not_granted_is_neither_offered_nor_taken(
    master_data: MasterData, act_as: Acts, client_as: Any
) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    local = people.add_person("manager", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.north)
    client = client_as(user=local)
    assert 'value="SOUTH"' not in text_of(client.get("/transfer/"))
    values = typed({"sku": "BOLT", "bin": "A-1", "to_bin": "SOUTH/A-1", "quantity": "1"}, to_hub="NORTH")
    response = client.post("/transfer/", values, headers=JSON)
    assert response.json()["reason"] == "HUB_NOT_GRANTED"
    assert bins() == {"BOLT NORTH/A-1": D(10)}


FILES = {
    "/issue/import/": "reference,effective_on,sku,hub_code,bin_code,quantity\nW-1,2026-03-02,BOLT,NORTH,A-1,{n}\n",
    "/transfer/import/": "reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity\n"
    "W-1,2026-03-02,BOLT,NORTH,A-1,SOUTH,A-1,{n}\n",
    "/adjust/import/": "reference,effective_on,sku,hub_code,bin_code,quantity,reason\n"
    "W-1,2026-03-02,BOLT,NORTH,A-1,-{n},LOST\n",
}


@pytest.mark.parametrize("url", FILES)
def test_a_file_is_checked_and_then_imported(
    master_data: MasterData, act_as: Acts, client_as: Any, events: Any, url: str
) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    client = client_as("manager")
    checked = client.post(url, {"text": FILES[url].format(n=4), "check": "1"})
    assert checked.status_code == 200
    assert "What would be posted" in text_of(checked)
    assert Posting.objects.count() == 1
    refused = client.post(url, {"text": FILES[url].format(n=11), "check": "1"})
    assert refused.status_code == 400
    assert "INSUFFICIENT_STOCK" in text_of(refused)
    assert [event.action for event in events(outcome="allowed")] == ["ledger.receipt.post"]
    (reported,) = events(outcome="refused")
    assert (reported.reason, reported.facts["rehearsal"]) == ("INSUFFICIENT_STOCK", True)
    assert reported.facts["sha256"] == hashlib.sha256(FILES[url].format(n=11).encode()).hexdigest()
    assert reported.action.startswith("ledger.")
    assert reported.action.endswith(".import")

    done = client.post(url, {"text": FILES[url].format(n=4), "import": "1"})
    posting = Posting.objects.get(reference="W-1")
    assert done["Location"] == f"/ledger/batches/{posting.batch}/"
    assert bins()["BOLT NORTH/A-1"] == 6
    client.post(url, {"text": FILES[url].format(n=4), "import": "1"})
    assert Posting.objects.count() == 2


def test_two_people_for_one_adjustment(cedar: Tenant, client_as: Any) -> None:
    make_master_data()
    requester, approver = client_as("receiver"), client_as("approver")
    page = text_of(requester.get("/adjust/"))
    assert "Request adjustment" in page
    assert "Post adjustment" not in page
    values = typed({"sku": "BOLT", "bin": "A-1", "quantity": "4"}, reason="FOUND", request="1")
    answer = requester.post("/adjust/", values)
    request = AdjustmentRequest.objects.get()
    assert answer["Location"] == f"/adjust/requests/{request.pk}/"
    again = requester.post("/adjust/", values)
    assert (again.status_code, f"/adjust/requests/{request.pk}/" in text_of(again)) == (409, True)
    assert "Post adjustment" not in text_of(requester.get(answer["Location"]))
    assert "Post adjustment" in text_of(approver.get(answer["Location"]))
    assert request.reference in text_of(approver.get("/adjust/requests/"))
    done = approver.post(f"/adjust/requests/{request.pk}/post/", {"note": "seen"})
    assert done["Location"] == f"/ledger/{Posting.objects.get().position}/"
    closed = approver.post(f"/adjust/requests/{request.pk}/decline/", {})
    assert (closed.status_code, "REQUEST_CLOSED" in text_of(closed)) == (409, True)


def test_the_owner_who_asked_is_barred(cedar: Tenant, client_as: Any) -> None:
    make_master_data()
    owner = client_as("owner")
    owner.post("/adjust/", typed({"sku": "BOLT", "bin": "A-1", "quantity": "4"}, reason="FOUND", request="1"))
    url = f"/adjust/requests/{AdjustmentRequest.objects.get().pk}/"
    assert "someone else must post it" in text_of(owner.get(url))
    refused = owner.post(f"{url}post/", {})
    assert (refused.status_code, "FOUR_EYES" in text_of(refused)) == (403, True)
    alone = owner.post(
        "/adjust/", typed({"sku": "BOLT", "bin": "A-1", "quantity": "4"}, reason="FOUND"), headers=JSON
    )
    assert (alone.status_code, alone.json()["reason"]) == (403, "FOUR_EYES")


def test_requests_at_other_hubs_are_hidden(cedar: Tenant, client_as: Any) -> None:
    master_data = make_master_data()
    client_as("receiver").post(
        "/adjust/", typed({"sku": "BOLT", "bin": "A-1", "quantity": "4"}, reason="FOUND", request="1")
    )
    decider = people.add_person("approver", name="decider", all_hubs=False)
    assign_perm("inventory.operate_hub", decider, master_data.south)
    client = client_as(user=decider)
    assert "DOC-9" not in text_of(client.get("/adjust/requests/"))
    url = f"/adjust/requests/{AdjustmentRequest.objects.get().pk}/"
    assert client.get(url, headers=JSON).json()["reason"] == "HUB_NOT_GRANTED"


def test_requests_page_by_page(
    acacia: Tenant, act_as: Acts, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest first, a page at a time; only waiting requests unless the filter says otherwise."""
    master_data, act = make_master_data(), act_as("manager")
    asked = [
        request_adjustment(act, draft=wanted, hubs=[master_data.north], reference=wanted.reference)
        for wanted in (
            draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1")) for _number in range(5)
        )
    ]
    decline_request(act, request=asked[0])
    client, url = client_as("manager"), "/adjust/requests/"

    def listed(**query: str) -> list[Any]:
        return [row.pk for row in client.get(url, query).context["page"].rows]

    waiting = [request.pk for request in asked[:0:-1]]
    assert listed() == waiting
    assert listed(state="declined") == [asked[0].pk]
    assert listed(state="posted") == []
    assert listed(state="all") == [*waiting, asked[0].pk]
    monkeypatch.setattr(views, "REQUESTS", replace(REQUESTS, page_size=3))
    first = client.get(url).context["page"]
    second = client.get(url, {"after": first.after}, headers={"HX-Request": "true"})
    assert "<html" not in text_of(second)
    assert [row.pk for page in (first, second.context["page"]) for row in page.rows] == waiting
    for nonsense in ({"state": "lost"}, {"after": "x"}, {"state": "\x00"}):
        assert client.get(url, nonsense, headers=JSON).status_code == 400
    lines = client.get(url, {"format": "csv", "state": "all"}).content.decode().splitlines()
    assert lines[0] == "reference,reason,hubs,lines,requested_at,state"
    assert len(lines) == 6


def test_the_list_of_reasons_is_kept_on_its_page(acacia: Tenant, client_as: Any) -> None:
    client = client_as("manager")
    client.post("/adjust/reasons/add/", {"code": "flooded", "name": "Flooded"})
    client.post("/adjust/reasons/FLOODED/rename/", {"name": "Water damage"})
    assert "Water damage" in text_of(client.get("/adjust/reasons/"))
    client.post("/adjust/reasons/FLOODED/archive/")
    assert AdjustmentReason.objects.get(code="FLOODED").archived_at
    assert "Water damage" not in text_of(client.get("/adjust/"))
    client.post("/adjust/reasons/FLOODED/restore/")
    assert "Water damage" in text_of(client.get("/adjust/"))
    taken = client.post("/adjust/reasons/add/", {"code": "lost", "name": "Lost again"})
    assert (taken.status_code, "Another reason already has this code" in text_of(taken)) == (400, True)
    assert "Lost again" in text_of(taken)


def test_a_posting_is_reversed_from_its_page(master_data: MasterData, act_as: Acts, client_as: Any) -> None:
    position = receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    url = f"/ledger/{position}/"
    assert "Reverse this posting?" not in text_of(client_as("receiver").get(url))
    client = client_as("manager")
    page = text_of(client.get(url))
    submission = re.search(r'name="submission" value="([0-9a-f-]+)"', page)
    assert submission
    issued = post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
    refused = client.post(f"{url}reverse/", {"submission": submission[1], "note": ""})
    assert refused.status_code == 400
    assert "Not enough BOLT in bin NORTH/A-1: 10 needed, 7 available." in text_of(refused)
    client.post(f"/ledger/{issued}/reverse/", {"submission": str(uuid4()), "note": ""})
    done = client.post(f"{url}reverse/", {"submission": submission[1], "note": "twice"})
    reversal = Posting.objects.get(reverses=position)
    assert done["Location"] == f"/ledger/{reversal.position}/"
    assert f'href="{url}"' in text_of(client.get(done["Location"]))
    original = text_of(client.get(url))
    assert f"/ledger/{reversal.position}/" in original
    assert "Reverse this posting?" not in original
    again = client.post(f"{url}reverse/", {"submission": str(uuid4()), "note": ""})
    assert again.status_code == 409
    assert "ALREADY_REVERSED" in text_of(again)
    assert f"/ledger/{reversal.position}/" in text_of(again)


def test_an_import_is_reversed_from_its_page(master_data: MasterData, act_as: Acts, client_as: Any) -> None:
    act = act_as("manager")
    done = import_rows(
        act, Kind.ADJUSTMENT, "A-1,2026-03-02,BOLT,NORTH,A-1,4,FOUND", "A-2,2026-03-02,OIL,NORTH,A-1,2,FOUND"
    )
    url = f"/ledger/batches/{done.batch}/"
    client = client_as("manager")
    assert "Reverse the 2 postings of this import?" in text_of(client.get(url))
    assert "Reverse the" not in text_of(client_as("receiver").get(url))
    issued = post_movement(act, master_data, Kind.ISSUE, ("OIL", "NORTH/A-1", "1"))
    refused = client.post(f"{url}reverse/", {"submission": str(uuid4()), "note": ""})
    assert (refused.status_code, f"/ledger/{done.positions[1]}/" in text_of(refused)) == (400, True)
    client.post(f"/ledger/{issued}/reverse/", {"submission": str(uuid4()), "note": ""})
    assert client.post(f"{url}reverse/", {"submission": str(uuid4()), "note": ""})["Location"] == url
    assert bins() == {}
    assert "All postings of this import have been reversed." in text_of(client.get(url))
    unknown = client.get(f"/ledger/batches/{uuid4()}/", headers=JSON)
    assert unknown.json()["code"] == "ROUTE_NOT_FOUND"
