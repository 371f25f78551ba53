"""The demo's endpoints: they have deliveries, failures and a queue, and nothing was sent to anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asora.demo import history, scenery
from asora.demo import tenants as demo
from audit.events.models import Event
from integrations.dispatch.models import Attempt, Dispatch, Schedule
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from integrations.overview.health import health
from tests.integrations.network_watch import watch


def test_the_demo_shows_every_state_and_contacts_nobody(committed_tenant: Any) -> None:
    tenant = committed_tenant(plan="pro")
    shape = replace(scenery.ACACIA, slug=tenant.slug)
    demo._add_master_data(tenant, shape)
    with watch() as seen:
        history.add_history(tenant, shape)
    assert seen.looked_up == []
    assert seen.connected == []

    endpoints = {endpoint.name: endpoint for endpoint in Endpoint.objects.all()}
    assert {name: endpoint.is_enabled for name, endpoint in endpoints.items()} == {
        "Web shop": True,
        "Accounting": True,
        "Old ERP": False,
    }
    found = health(endpoint.pk for endpoint in endpoints.values())
    assert found[endpoints["Web shop"].pk].state == "works"
    assert found[endpoints["Accounting"].pk].state == "failing"
    assert found[endpoints["Web shop"].pk].queue.queued
    assert set(Payload.objects.values_list("state", flat=True)) == {"queued", "delivered", "failed"}
    assert {"status", "timeout", "tls_expired"} <= set(Attempt.objects.values_list("fault", flat=True))
    assert Dispatch.objects.filter(kind="again", delivered=1).exists()
    assert not Dispatch.objects.filter(finished_at=None).exists()
    assert not Schedule.objects.exists(), "the worker would really send"
    assert Event.objects.filter(action="integrations.endpoint.rotate_secret", outcome="allowed").exists()


def test_a_plan_without_endpoints_gets_none(committed_tenant: Any) -> None:
    tenant = committed_tenant(plan="free")
    shape = replace(scenery.BIRCH, slug=tenant.slug)
    demo._add_master_data(tenant, shape)
    history.add_history(tenant, shape)
    assert not Endpoint.everything.exists()
    assert not Event.objects.filter(action="integrations.endpoint.create").exists()
