"""Auditors, operators and support see the state of integrations, and nothing that is secret or a customer's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django_tenants.utils import tenant_context

from plans.models import Tenant
from support.access.actions import request_access
from tests.factories import documents
from tests.factories.endpoints import make_endpoint
from tests.factories.master_data import make_master_data
from tests.integrations.rows import attempt_payload

SECRET = ("hooks.example.com", "planted-token", "planted-answer", "BOLT", "NORTH")


def fill(act_as: Any, tenant: Tenant | None = None) -> int:
    """An endpoint with a token in its address, and a failed attempt. Returns the position that it was about."""
    options = {"tenant": tenant} if tenant else {}
    endpoint = make_endpoint(
        act_as("owner", **options),
        name="Web shop",
        url="https://hooks.example.com/planted-token",
        with_values=True,
    )
    position = documents.receive(
        act_as("owner", **options), make_master_data(), ("BOLT", "NORTH/A-1", "41", "2")
    )
    attempt_payload(endpoint.payloads.get(), http_status=503, answer="planted-answer")
    return position


def read(client: Any, address: str, **query: Any) -> str:
    response = client.get(address, query)
    assert response.status_code == 200, response.content.decode()[:1500]
    page: str = response.content.decode()
    return page[page.index("<main") :]


def test_an_auditor_sees_the_state_and_asks_why(cedar: Any, act_as: Any, client_as: Any) -> None:
    position = fill(act_as)
    client = client_as("auditor")
    page = read(client, reverse("integrations:status", urlconf="asora.urls_tenant"))
    for word in ("Web shop", "Failing", "503", "Failed"):
        assert word in page
    assert not [secret for secret in SECRET if secret in page]
    why = reverse("integrations:status-why", urlconf="asora.urls_tenant")
    page = read(client, why, endpoint=only_endpoint(), about=position)
    assert 'data-end="answer"' in page
    assert "The receiver failed." in page
    assert "/integrations/payloads/" not in page
    assert not [secret for secret in SECRET[:4] if secret in page]
    assert client.get("/integrations/").status_code == 403


def only_endpoint() -> str:
    from integrations.endpoints.models import Endpoint

    return str(Endpoint.objects.get().pk)


@pytest.mark.parametrize("role", ["receiver", "counter", "viewer"])
def test_refuses_people_who_may_not_read_the_trail(acacia: Any, client_as: Any, role: str) -> None:
    for name in ("status", "status-why"):
        address = reverse(f"integrations:{name}", urlconf="asora.urls_tenant")
        assert client_as(role).get(address).status_code == 403


def test_support_sees_the_state_inside_a_session(public: Tenant, act_as: Any, client_as: Any) -> None:
    tenant = Tenant.objects.get(slug="acacia")
    with tenant_context(tenant):
        position = fill(act_as, tenant)
        endpoint = only_endpoint()
    request_access(act_as("agent"), tenant=tenant, ticket="SUP-1", minutes=30)
    client = client_as("agent")
    base = "/support/tenants/acacia/integrations/"
    page = read(client, f"{base}status/")
    assert "Web shop" in page
    assert not [secret for secret in SECRET if secret in page]
    page = read(client, f"{base}status/why/", endpoint=endpoint, about=position)
    assert 'data-end="answer"' in page
    assert not [secret for secret in SECRET[:4] if secret in page]
    for closed in ("", f"{endpoint}/", f"{endpoint}/queue/", "why/"):
        assert client.get(base + closed).status_code in {403, 404}, closed


def test_operators_see_the_state_without_names(public: Tenant, act_as: Any, client_as: Any) -> None:
    tenant = Tenant.objects.get(slug="acacia")
    with tenant_context(tenant):
        fill(act_as, tenant)
        endpoint = only_endpoint()
    page = read(client_as("operator"), "/admin/tenants/acacia/")
    assert endpoint[-8:] in page
    row = page[page.index(endpoint[-8:]) :]
    assert "Failing" in row[: row.index("</tr>")]
    assert not [secret for secret in (*SECRET, "Web shop") if secret in page]


def test_the_tenant_sees_the_id_that_operators_see(acacia: Any, act_as: Any, client_as: Any) -> None:
    endpoint = make_endpoint(act_as("owner"))
    page = read(client_as("owner"), f"/integrations/{endpoint.pk}/")
    assert f">{str(endpoint.pk)[-8:]}</span>" in page
