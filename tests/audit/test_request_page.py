"""The page of one request: what happened, which gate decided, and what the request made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from guardian.shortcuts import assign_perm

from asora.jobs.actions import _record_request
from asora.jobs.kinds import KINDS
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from inventory.actions.vendors import create_vendor
from ledger.exports.actions import create_export
from ledger.models import Kind
from tests.factories import documents
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.headers import JSON
from tests.ledger.report_fixtures import export_request

TENANT = "asora.urls_tenant"


def address(event: Event | str) -> str:
    request_id = event if isinstance(event, str) else event.request_id
    return reverse("audit:request-detail", args=[request_id], urlconf=TENANT)


def last(**lookup: Any) -> Event:
    return Event.objects.filter(**lookup).order_by("-number")[0]


def main_of(client: Any, event: Event | str, query: str = "") -> str:
    response = client.get(address(event) + query)
    assert response.status_code == 200
    page: str = response.content.decode()
    return page[page.index("<main") :]


def test_a_refusal_is_explained_by_its_ladder(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    with pytest.raises(Refusal):
        create_vendor(act_as("viewer"), code="V1", name="One")
    refused = last()
    page = main_of(client_as("owner"), refused)
    assert "tried to create" in page
    assert 'data-gate="stopped"' in page
    assert page.count('data-gate="waiting"') == 5
    assert f"/audit/ask-support/?request={refused.request_id}" in page
    for fact in ("PERMISSION_DENIED", "ROLE_LACKS_PERMISSION", "inventory.manage", "Viewer"):
        assert fact in page


def test_it_shows_what_a_request_posted(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    position = documents.receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "41", "2"))
    page = main_of(client_as("owner"), last())
    assert "Posted lines" in page
    assert f'href="/ledger/{position}/"' in page
    assert "NORTH/A-1" in page
    assert "+41" in page


def test_it_shows_what_the_request_caused(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    click = act_as("manager")
    kind = next(name for name, kind in KINDS.items() if kind.permission != "signed-in")
    _record_request(click, kind=kind, label="Long work", arguments={"n": str(uuid4())})
    inside = replace(act_as("manager"), cause_id=click.request_id)
    position = documents.receive(inside, master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    create_export.submit(inside, export_request(inside))
    page = main_of(client_as("owner"), click.request_id)
    assert "Long work" in page
    assert f'href="/ledger/{position}/"' in page
    assert "stock-on-hand" in page
    assert "3 events" in page
    of_the_job = main_of(client_as("owner"), inside.request_id)
    assert address(click.request_id) in of_the_job, "the job's page links what requested it"


def test_the_refusal_of_a_job_is_what_the_page_explains(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    click = act_as("manager")
    create_vendor(click, code="V1", name="One")
    inside = replace(act_as("manager"), cause_id=click.request_id)
    with pytest.raises(Refusal):
        documents.post_movement(inside, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-2", "999"))
    page = main_of(client_as("owner"), click.request_id)
    assert "Why it was refused" in page
    assert "INSUFFICIENT_STOCK" in page
    created = last(action="inventory.vendor.create")
    page = main_of(client_as("owner"), click.request_id, f"?event={created.pk}")
    assert "Why it was refused" not in page
    assert "What happened" in page


def test_it_names_nothing_of_another_hub(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    act = act_as("manager")
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "41", "2"), ("OIL", "SOUTH/A-1", "31717", "2"))
    page = main_of(client_as(user=person), last())
    assert "a hub where you do not work" in page
    assert "NORTH/A-1" in page, "the lines of one's own hub"
    assert not [secret for secret in ("SOUTH", "Oil", "31717") if secret in page]
    with pytest.raises(Refusal):
        documents.post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-2", "999"))
    page = main_of(client_as(user=person), last())
    assert "a hub where you do not work" in page
    assert not [secret for secret in ("SOUTH", "BOLT", "INSUFFICIENT_STOCK") if secret in page]


@pytest.mark.parametrize("request_id", ["nonsense", "acacia-01M7YGA2ZZ0J2EYYJ0S0KV0JDC", "%00"])
def test_a_request_without_events_is_not_there(acacia: Any, client_as: Any, request_id: str) -> None:
    response = client_as("owner").get(f"/audit/requests/{request_id}/", headers=JSON)
    assert (response.status_code, response.json()["reason"]) == (404, "NO_SUCH_RECORD")
    assert "leaves no event" in response.json()["details"]["remedy"]


def test_it_hides_from_the_other_tenant(acacia: Any, act_as: Any, client_as: Any) -> None:
    create_vendor(act_as("manager"), code="V1", name="One")
    response = client_as("outsider", HTTP_HOST="birch.localhost").get(address(last()), headers=JSON)
    assert response.status_code == 404


@pytest.mark.parametrize(("role", "has_link"), [("manager", True), ("receiver", False)])
def test_a_refusal_links_its_own_request(
    master_data: MasterData, client_as: Any, role: str, has_link: bool
) -> None:
    response = client_as(role).get("/items/NOWHERE/")
    assert response.status_code == 404
    assert (address(response["X-Request-ID"]) in response.content.decode()) is has_link
