"""An agent inside one tenant finds nothing of its neighbour: by no URL, parameter, cursor, saved search or file.

With real commits and on support's own connection. The agent has a session in each of two tenants, which is the worst
case: whatever leaked from one to the other would be readable.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from audit.events.models import Event
from audit.explorer.models import SavedSearch
from inventory.actions.items import create_item
from plans.models import Tenant
from support.access import database_role
from support.access.actions import request_access
from tests.factories import people, tenants
from tests.factories.master_data import make_master_data
from tests.headers import JSON

UUIDS = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass
class Neighbours:
    """Two tenants with an event of a name of its own, a shared search, and the agent's browser."""

    here: Tenant
    there: Tenant
    client: Any

    def inside(self, tenant: Tenant, address: str) -> str:
        return f"/support/tenants/{tenant.slug}/audit/{address}"


@pytest.fixture
def neighbours(
    committed_tenant: Callable[..., Tenant], client_as: Any, settings: Any
) -> Iterator[Neighbours]:
    connection.set_schema_to_public()
    if not database_role.exists():
        pytest.skip("this database has no role for support: set ASORA_SUPPORT_DATABASE_URL")
    settings.ASORA_SUPPORT_OWN_CONNECTION = True
    here, there = committed_tenant(name="Here"), committed_tenant(name="There")
    for tenant, sku in ((here, "HERE-1"), (there, "THERE-1")):
        with tenant_context(tenant):
            data = make_master_data()
            act = people.act_of(people.person("owner", tenant), tenant)
            for number in range(60):  # more than a page
                values = {
                    "name": f"{sku} of {tenant.name}",
                    "category": data.items["BOLT"].category,
                    "unit": "pcs",
                }
                create_item(act, sku=f"{sku}{number}", **values)
            SavedSearch(
                name=f"Search of {sku}", query=f"record:{sku}0", owner=act.actor.ref, is_shared=True
            ).save()
    public = tenants.public()
    connection.set_tenant(public)
    agent = people.person("agent", public)
    for tenant in (here, there):
        request_access(people.act_of(agent, public), tenant=tenant, ticket=f"SUP-{tenant.slug}", minutes=30)
    yield Neighbours(here, there, client_as("agent", tenant=public))
    connection.set_schema_to_public()


def shown(response: Any) -> str:
    """The content of a page without the address that was asked for, or the files of a ZIP file."""
    body = response.getvalue()
    if response["Content-Type"] == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())
    return body.decode()


def test_nothing_of_the_neighbour_is_found_by_any_address_or_parameter(neighbours):
    here, there, client = neighbours.here, neighbours.there, neighbours.client
    with tenant_context(there):
        event = Event.objects.filter(action="inventory.item.create").order_by("-number").first()
        search = SavedSearch.objects.get()
        theirs = list(Event.objects.values_list("pk", flat=True))
    with tenant_context(here):
        own = Event.objects.filter(action="inventory.item.create").order_by("-number").first()
    assert "THERE-1" in shown(client.get(neighbours.inside(there, ""))), "it is there to be found"
    by_address = [f"{event.pk}/", f"requests/{event.request_id}/", f"{own.pk}/compare/{event.pk}/"]
    for address in by_address:
        response = client.get(neighbours.inside(here, address), headers=JSON)
        assert response.status_code == 404, address
    by_parameter = [
        f"request={event.request_id}",
        f"actor={event.actor_ref}",
        f"record={event.resource_type}:{event.resource_id}&outcome=refused",
        f"record={quote(event.resource_label)}",
        f"q=request:{event.request_id}",
        f"q={quote(search.query)}",
        f"search={search.pk}",
        f"compare={event.pk}",
        f"tenant={there.slug}&schema={there.schema_name}",
        "",
    ]
    for parameters in by_parameter:
        page = client.get(neighbours.inside(here, f"?{parameters}"), follow=True)
        found = shown(page)
        echoed = {event.resource_label, search.query.removeprefix("record:")}
        assert set(re.findall(r"THERE-\d+", found)) <= echoed, parameters
        assert "of There" not in found, parameters
        assert not {str(key) for key in theirs} & set(re.findall(UUIDS, found)) - {str(event.pk)}, parameters
        assert f'href="{neighbours.inside(here, f"{event.pk}/")}"' not in found, parameters
    for question in ("now/", "why/"):
        answer = client.post(neighbours.inside(here, question), {"event": str(event.pk)}, headers=JSON)
        assert answer.status_code == 404


def test_a_cursor_of_the_neighbour_is_refused(neighbours):
    here, there, client = neighbours.here, neighbours.there, neighbours.client
    [cursor] = set(re.findall(r"after=([^\"&]+)", shown(client.get(neighbours.inside(there, "")))))
    assert client.get(neighbours.inside(there, f"?after={cursor}")).status_code == 200
    response = client.get(neighbours.inside(here, f"?after={cursor}"), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")


def test_no_file_has_a_line_of_the_neighbour(neighbours):
    here, client = neighbours.here, neighbours.client
    exported = client.post(neighbours.inside(here, "export/"), {"format": "jsonl", "query": ""})
    downloaded = client.get(neighbours.inside(here, "?format=csv"))
    for content in (shown(exported), shown(downloaded)):
        assert "HERE-10" in content
        assert "THERE-1" not in content.replace(" HERE", "")


def test_looks_are_in_the_trail_of_the_tenant_that_was_looked_at(neighbours):
    here, there, client = neighbours.here, neighbours.there, neighbours.client
    client.get(neighbours.inside(here, ""))
    counts = []
    for tenant in (here, there):
        with tenant_context(tenant):
            counts.append(Event.objects.filter(action="support.access.look").count())
    assert counts == [1, 0]
