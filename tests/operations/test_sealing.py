"""Operators see whether every tenant is sealed and checked, and so does `/readyz`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.operations.sealing import CHECK_VALID_FOR, SEALED_WITHIN, sealing_of
from asora.startup import guarantees
from audit.seals import sealer
from audit.seals.models import SealCheck
from plans.models import Tenant
from tests.audit.test_sealing import event_without_number, past_the_triggers

SLUGS = ("acacia", "birch", "cedar")
LATE = "UPDATE audit_event SET occurred_at = occurred_at - interval '1 hour' WHERE number IS NOT NULL"


@pytest.fixture
def three(public: Tenant) -> dict[str, Tenant]:
    return {slug: Tenant.objects.get(slug=slug) for slug in SLUGS}


def number_an_event(tenant: Tenant) -> None:
    """An event with the next number, in a tenant."""
    with tenant_context(tenant), connection.cursor() as cursor:
        event_without_number()
        cursor.execute("UPDATE audit_trailhead SET number = number + 1")
        past_the_triggers(
            "UPDATE audit_event SET number = (SELECT number FROM audit_trailhead) WHERE number IS NULL",
            "audit_event",
        )


def checked(tenant: Tenant, moment: datetime, *, is_intact: bool) -> None:
    with tenant_context(tenant):
        SealCheck(started_at=moment, finished_at=moment, is_intact=is_intact, streams=[]).save()


def states(tenants: dict[str, Tenant]) -> dict[str, str]:
    return {sealing.tenant.slug: sealing.state for sealing in sealing_of(list(tenants.values()))}


def test_events_that_wait_too_long_are_late(three: dict[str, Tenant]) -> None:
    number_an_event(three["acacia"])
    assert states(three)["acacia"] == "sealed", "a minute is no delay"
    with tenant_context(three["acacia"]):
        past_the_triggers(LATE, "audit_event")
    found = {sealing.tenant.slug: sealing for sealing in sealing_of(list(three.values()))}
    assert found["acacia"].state == "late"
    assert found["acacia"].waiting > 0
    with tenant_context(three["acacia"]):
        sealer.seal_schema()
    assert states(three)["acacia"] == "sealed"
    assert timedelta(minutes=1) < SEALED_WITHIN


def test_an_event_that_is_missing_is_late_at_once(three: dict[str, Tenant]) -> None:
    number_an_event(three["birch"])
    with tenant_context(three["birch"]):
        past_the_triggers("DELETE FROM audit_event", "audit_event")
    assert states(three)["birch"] == "late"


def test_the_last_check_decides(three: dict[str, Tenant]) -> None:
    now = timezone.now()
    checked(three["acacia"], now - timedelta(hours=2), is_intact=True)
    checked(three["acacia"], now, is_intact=False)
    checked(three["birch"], now - CHECK_VALID_FOR - timedelta(hours=1), is_intact=True)
    assert states(three) == {"acacia": "broken", "birch": "unchecked", "cedar": "sealed"}
    assert [sealing.tenant.slug for sealing in sealing_of(list(three.values()))] == [
        "acacia",
        "birch",
        "cedar",
    ]


def test_operators_see_it_and_readiness_counts_it(
    three: dict[str, Tenant], client_as: Callable[..., Any]
) -> None:
    checked(three["acacia"], timezone.now(), is_intact=False)
    page = client_as("operator").get("/admin/").content.decode()
    assert "/admin/tenants/acacia/#seals" in page
    assert "tenant with differences" in page
    assert "Platform trail" in page
    tenant_page = client_as("operator").get("/admin/tenants/acacia/").content.decode()
    assert "manage.py verify_audit --tenant acacia" in tenant_page
    answer = client_as().get("/readyz")
    assert (answer.status_code, answer.json()["seals"]["broken"]) == (200, 1)


def test_a_tenant_without_its_tables_hides_no_other(three: dict[str, Tenant]) -> None:
    with tenant_context(three["cedar"]), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_sealcheck RENAME TO elsewhere")
    checked(three["acacia"], timezone.now(), is_intact=False)
    assert states(three) == {"acacia": "broken", "birch": "sealed", "cedar": "late"}


def test_a_deployment_without_a_key_is_warned_of(settings: Any) -> None:
    settings.ASORA_SEALING_KEYS = []
    assert [message.id for message in guarantees.sealing_key(None)] == ["asora.W002"]
    assert "asora.W002" in {message.id for message in run_checks(include_deployment_checks=True)}
