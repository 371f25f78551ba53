"""The desk's page of a tenant: public rows always, the tenant's own data only inside an open session."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from audit.events.models import Event
from plans.models import Tenant
from support.access.actions import request_access
from tests.factories.desk import open_for

ADDRESS = "/support/tenants/acacia/"


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


def looks(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return Event.objects.filter(action="support.access.look").count()


def test_without_a_session_nothing_of_the_tenant_is_read(tenant: Tenant, client_as: Any) -> None:
    ticket = open_for(tenant, subject="Cannot create an item")
    page = client_as("agent").get(f"{ADDRESS}?ticket={ticket.ref}").content.decode()
    assert "Cannot create an item" in page
    assert f'value="{ticket.ref}"' in page
    assert "It is shown while you have an open session" in page
    assert looks(tenant) == 0


def test_with_a_session_usage_and_roles_are_read_and_the_tenant_is_told(
    tenant: Tenant, client_as: Any, act_as: Any
) -> None:
    request_access(act_as("agent"), tenant=tenant, ticket="T-000001", minutes=15)
    page = client_as("agent").get(ADDRESS).content.decode()
    assert "<progress" in page
    assert "Owner" in page
    assert looks(tenant) == 1


def test_a_session_of_a_ticket_goes_on_with_the_ticket(tenant: Tenant, client_as: Any) -> None:
    ticket = open_for(tenant, subject="Cannot create an item")
    answer = client_as("agent").post(ADDRESS, {"ticket": ticket.ref, "minutes": "15"})
    assert answer["Location"] == f"/support/tickets/{ticket.ref}/"


def test_a_refused_request_shows_the_page_with_its_input(tenant: Tenant, client_as: Any) -> None:
    answer = client_as("agent").post(ADDRESS, {"ticket": "", "reason": "", "minutes": "15"})
    assert answer.status_code == 400
    assert "Enter a ticket or a reason" in answer.content.decode()
