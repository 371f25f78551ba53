"""Everything that an investigation reads is read with support's own database rights, and nothing that they hide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from audit.events.models import Event
from audit.seals import sealer
from ledger.exports.actions import create_export
from ledger.models import Kind
from plans.models import Tenant
from support.access import database_role
from support.access import reading as access
from support.access.actions import request_access
from support.investigations.actions.results import check_guarantees, determine
from support.investigations.scope import Scope
from tests.factories import counts, documents, people, tenants
from tests.factories.master_data import make_master_data
from tests.integrations.rows import attempt_payload, make_endpoint, queue_payload
from tests.ledger.report_fixtures import export_request
from tests.support.evidence.scene import Scene
from tests.support.investigations.case import case
from tests.support.investigations.test_pages import Page


@pytest.fixture
def desk(committed_tenant: Callable[..., Tenant], client_as: Any, settings: Any, monkeypatch: Any) -> Any:
    """A committed tenant with stock, an endpoint and a count, and an agent whose reading has support's own rights."""
    if not database_role.exists():
        pytest.skip("this database has no role for support: set ASORA_SUPPORT_DATABASE_URL")
    tenant = committed_tenant()
    master_data = make_master_data()
    manager = people.act_of(people.person("manager", tenant), tenant)
    documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    documents.post_movement(manager, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1"))
    counts.counted(manager, master_data, "7")
    create_export.submit(manager, export_request(manager))
    payload = queue_payload(make_endpoint("Web shop", maker=people.person("owner", tenant).ref), position=1)
    attempt_payload(payload, answer="ANSWER-OF-THE-SHOP")
    client_as("viewer").post("/items/new/", {})
    sealer.seal_schema()
    settings.ASORA_SUPPORT_OWN_CONNECTION = True
    public = tenants.public()
    connection.set_tenant(public)
    agent = people.act_of(people.person("agent", public), public)
    session = request_access(agent, tenant=tenant, ticket="T-000001", minutes=30)

    def client(role: str) -> Any:
        return client_as(role, tenant=public)

    yield Scene(tenant, agent, session, client)
    connection.set_schema_to_public()


def test_every_playbook_reads_with_supports_rights(desk: Scene) -> None:
    with (
        access.inside(desk.agent, desk.tenant, page="tests", address="/audit/"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (database_role.name(),)
    found = {
        "B": ("refused", "page.open|inventory.item.create", Scope(), "rbac"),
        "E": ("allowed", "ledger.adjustment.post", Scope(item="BOLT", hub="NORTH"), "reconciled_adjustment"),
        "F": ("allowed", "ledger.export.create", Scope(), "export_complete"),
        "G": ("allowed", "ledger.receipt.post", Scope(integration="Web shop"), "receiver_failed"),
    }
    for category, (outcome, actions, scope, key) in found.items():
        with tenant_context(desk.tenant):
            event = Event.objects.filter(outcome=outcome, action__in=actions.split("|")).latest("number")
        made = case(desk, event, category=category)
        page = Page(made)
        made.step(1)
        query = "&".join(f"{name}={value}" for name, value in scope.to_json().items())
        assert event.request_id in page.open(f"?{query}")
        made.step(2, scope=scope)
        assert str(event.pk) in page.open()
        made.step(3)
        assert page.made.progress.step == 3
        page.open()
        made.upto(5)
        check_guarantees(made.agent, ticket=made.ticket)
        assert "violated" not in {check.outcome for check in made.progress.checks}
        body = page.open()
        assert "Determine the result" in body
        assert "ANSWER-OF-THE-SHOP" not in body
        assert "shop.example" not in body
        determine(made.agent, ticket=made.ticket, key=key)
