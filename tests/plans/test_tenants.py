"""Tenants: refused names, complete clones, half-made tenants that nobody can reach, resumed attempts."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from asora.kernel import locks
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from audit.events.models import Event
from plans import onboarding, schemas
from plans.actions.tenants import create_tenant, open_tenant
from plans.models import RESERVED_SLUGS, Domain, Tenant
from tests.factories.tenants import public as public_tenant

VALUES = {"name": "New", "plan": "free", "role_model": "standard"}


@pytest.fixture
def act(public):
    """The act of a command on the public host."""
    return new_act(public, system("public", "tests", "plans.onboard_tenant"), route="tests")


@pytest.mark.parametrize(
    "slug", ["", "a", "ab", "-ab", "ab-", "Abc", "a b", "a_b", "1ab", "a.b", "é" * 3, "a" * 33, "abc\n"]
)
def test_a_name_that_is_no_host_name_is_refused(act, slug):
    with pytest.raises(ValidationFailed) as caught:
        create_tenant(act, slug=slug, **VALUES)
    assert "slug" in caught.value.details["fields"]


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS)[:8])
def test_a_reserved_name_is_refused(act, slug):
    with pytest.raises(ValidationFailed) as caught:
        create_tenant(act, slug=slug, **VALUES)
    assert caught.value.reason is Reason.NAME_RESERVED


def test_a_taken_name_is_refused(act):
    with pytest.raises(ValidationFailed) as caught:
        create_tenant(act, slug="acacia", **VALUES)
    assert caught.value.reason is Reason.CODE_TAKEN


@pytest.mark.parametrize(
    "change",
    [
        {"plan": "gold"},
        {"role_model": "royal"},
        {"role_model": "platform"},
        {"currency": "euro"},
        {"time_zone": "Mars"},
        {"costing": "lifo"},
    ],
)
def test_what_the_catalogue_does_not_know_is_refused(act, change):
    with pytest.raises(ValidationFailed) as caught:
        create_tenant(act, slug="newone", **(VALUES | change))
    assert set(caught.value.details["fields"]) == set(change)


@pytest.mark.parametrize("role", ["agent", "operator"])
def test_who_may_onboard(public, act_as, role):
    if role == "agent":
        with pytest.raises(PermissionDenied):
            create_tenant(act_as(role), slug="newone", **VALUES)
    else:
        assert create_tenant(act_as(role), slug="newone", **VALUES)


def test_no_owner_of_a_tenant_can_make_tenants(acacia, act_as):
    with pytest.raises(PermissionDenied):
        create_tenant(act_as("owner"), slug="newone", **VALUES)


def test_a_tenant_without_its_schema_is_not_opened(act):
    tenant = create_tenant(act, slug="newone", **VALUES)
    with pytest.raises(StateConflict) as caught:
        open_tenant(act, tenant=tenant)
    assert caught.value.details["problems"]
    assert not Domain.objects.filter(tenant=tenant).exists()
    assert Client(HTTP_HOST="newone.localhost").get("/").status_code == 404


def test_a_clone_is_whole_and_has_its_one_clock(committed_tenant):
    tenant = committed_tenant()
    assert schemas.problems(tenant.schema_name) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM kernel_head")
        assert cursor.fetchall() == [(0,)]
    assert not Event.objects.exists(), "the template's trail is empty"


def test_a_crash_in_between_is_resumed(committed_tenant):
    """The row exists, and half of the schema: the next attempt completes the schema, and only then opens the tenant."""
    tenant = committed_tenant()
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=tenant).delete()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE "{tenant.schema_name}".inventory_vendor CASCADE')
    assert schemas.problems(tenant.schema_name)
    act = new_act(public_tenant(), system("public", "tests", "plans.onboard_tenant"), route="tests")
    again = onboarding.onboard(act, slug=tenant.slug, **VALUES)
    assert again.pk == tenant.pk
    assert schemas.problems(tenant.schema_name) == []
    assert Domain.objects.filter(tenant=tenant).count() == 1


def test_whoever_makes_one_keeps_their_session_and_its_locks(committed_tenant):
    tenant = committed_tenant()
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=tenant).delete()
    schemas.drop(tenant.schema_name)
    with locks.advisory_lock("onboarding", tenant.pk):
        before = session()
        schemas.make(tenant.schema_name)
        assert session() == before
        assert before[1], "the session still has the lock"
    assert schemas.problems(tenant.schema_name) == []


def session():
    """The process id of the session, and its advisory locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid(), array(SELECT objid FROM pg_locks"
            " WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY objid)"
        )
        return cursor.fetchone()


def test_a_served_schema_is_not_dropped(acacia):
    for name in ("t_acacia", "public"):
        with pytest.raises(schemas.SchemaError):
            schemas.drop(name)


def test_making_a_tenant_is_recorded_in_public_with_its_host(act, events):
    rows = events(action="plans.tenant.open", resource_label="acacia")
    assert [event.changes[0]["after"] for event in rows] == [{"host": "acacia.localhost"}]
    assert Tenant.objects.get(slug="acacia").schema_name == "t_acacia"
