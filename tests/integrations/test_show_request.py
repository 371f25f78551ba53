"""The page of a request in the audit trail: what it queued, and what it sent."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from guardian.shortcuts import assign_perm

from audit.events.models import Event
from inventory.actions.categories import create_category
from tests.factories import documents
from tests.factories.master_data import make_master_data
from tests.factories.people import add_person
from tests.integrations.rows import attempt_payload, make_endpoint, queue_payload


def main_of(client: Any, request_id: str) -> str:
    response = client.get(reverse("audit:request-detail", args=[request_id], urlconf="asora.urls_tenant"))
    assert response.status_code == 200
    page: str = response.content.decode()
    return page[page.index("<main") :]


def received(act: Any, master_data: Any) -> str:
    """The id of a request that received a delivery."""
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "41", "2"))
    return str(Event.objects.order_by("-number")[0].request_id)


def test_shows_what_a_request_queued_and_sent(master_data: Any, act_as: Any, client_as: Any) -> None:
    request_id = received(act_as("manager"), master_data)
    payload = queue_payload(make_endpoint("Shop floor"), request_id=request_id)
    page = main_of(client_as("owner"), request_id)
    assert "Queued for integrations" in page
    assert "Shop floor" in page
    assert str(payload.pk) in page
    assert "Sent to integrations" not in page
    attempt = attempt_payload(payload, request_id=request_id)
    page = main_of(client_as("owner"), request_id)
    assert "Sent to integrations" in page
    assert str(attempt.dispatch_id) in page


def test_links_nothing_that_the_reader_may_not_open(cedar: Any, act_as: Any, client_as: Any) -> None:
    request_id = received(act_as("owner"), make_master_data())
    payload = queue_payload(make_endpoint(), request_id=request_id)
    page = main_of(client_as("auditor"), request_id)
    assert "Queued for integrations" in page
    assert str(payload.pk) not in page
    assert str(payload.pk) in main_of(client_as("owner"), request_id)


def test_shows_no_payload_of_another_hub(master_data: Any, act_as: Any, client_as: Any) -> None:
    documents.receive(act_as("manager"), master_data, ("BOLT", "SOUTH/A-1", "41", "2"))
    request_id = Event.objects.order_by("-number")[0].request_id
    payload = queue_payload(make_endpoint(), request_id=request_id, hubs=[master_data.south.pk])
    person = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    assert "Queued for integrations" not in main_of(client_as(user=person), request_id)
    queue_payload(payload.endpoint, request_id=request_id, hubs=[master_data.north.pk])
    assert "Queued for integrations" in main_of(client_as(user=person), request_id)


def test_leads_to_the_reason_if_nothing_was_queued(master_data: Any, act_as: Any, client_as: Any) -> None:
    request_id = received(act_as("manager"), master_data)
    assert "Queued for integrations" not in main_of(client_as("owner"), request_id), "there is no endpoint"
    make_endpoint(is_enabled=False)
    request_id = received(act_as("manager"), master_data)
    page = main_of(client_as("owner"), request_id)
    assert "Nothing was queued" in page
    assert f"/integrations/why/?about={request_id}" in page
    asked = client_as("owner").get("/integrations/why/", {"about": request_id}).content.decode()
    assert f'value="{request_id}"' in asked
    assert "Web shop: it stopped at “" in asked, "it explains at once"
    create_category(act_as("manager"), code="C1", name="One")
    request_id = Event.objects.order_by("-number")[0].request_id
    assert "Queued for integrations" not in main_of(client_as("owner"), request_id), (
        "no event type describes it"
    )
