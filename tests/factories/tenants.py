"""Tenants of all tests: Acacia, where things happen; Birch, its neighbour; Cedar, where a second person must agree.

`make_tenant` makes others by the product's own onboarding, with real commits, and `remove_tenant` removes them.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.apps import apps
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from plans import schemas
from plans.models import (
    Domain,
    FreezeToggle,
    Onboarding,
    OnboardingConfirmation,
    PlanChange,
    Tenant,
    TenantFreeze,
)
from plans.onboarding import onboard
from support.models import AccessSession
from tests.factories.people import add_people

TENANTS: dict[str, dict[str, str]] = {
    "acacia": {"name": "Acacia Trading", "plan": "pro", "role_model": "standard"},
    "birch": {"name": "Birch & Sons", "plan": "free", "role_model": "standard"},
    "cedar": {"name": "Cedar Pharma", "plan": "pro", "role_model": "segregated"},
}


TIDIED_EVERY = 8  # throw-away tenants


_removed = itertools.count(1)


CATALOGUE = [
    f"pg_catalog.pg_{name}"
    for name in (
        "class", "attribute", "attrdef", "constraint", "depend", "description", "index", "namespace", "sequence",
        "statistic", "trigger", "type",
    )
]  # fmt: skip


def public() -> Tenant:
    """The row that stands for the public host."""
    return Tenant.objects.get(schema_name="public")


def make_tenant(slug: str, **values: Any) -> Tenant:
    """A tenant by the product's own way from nothing to reachable, with a person for every role."""
    act = new_act(public(), system("public", "tests", "plans.onboard_tenant"), route="tests")
    given = {"name": slug.title(), "plan": "pro", "role_model": "standard"} | values
    with mock.patch("audit.events.mirroring.tenant_id_of", return_value=None):  # trails start empty
        tenant = onboard(act, slug=slug, **given)
    add_people(tenant)
    return tenant


def remove_tenant(tenant: Tenant) -> None:
    """The end of a throw-away tenant, its history included: past the triggers, which only the tables' owner can."""
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=tenant).delete()
    schemas.drop(tenant.schema_name)
    with transaction.atomic(), connection.cursor() as cursor:
        for model in (PlanChange, FreezeToggle, AccessSession):
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant.pk])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    _remove_from_desk(tenant)
    TenantFreeze.objects.filter(tenant=tenant).delete()
    OnboardingConfirmation.objects.filter(onboarding__tenant=tenant).delete()
    Onboarding.objects.filter(tenant=tenant).delete()
    Tenant.objects.filter(pk=tenant.pk).delete()
    _tidy_catalogue()


def _remove_from_desk(tenant: Tenant) -> None:
    """The desk's rows about a throw-away tenant. Tickets are all removed: only tests with real commits leave any."""
    models = list(apps.get_app_config("support").get_models())
    about_tenants = [
        model for model in models if any(field.name == "tenant" for field in model._meta.concrete_fields)
    ]
    if not any(model._default_manager.filter(tenant=tenant).exists() for model in about_tenants):
        return
    tables = [model._meta.db_table for model in models]
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("TRUNCATE support_ticket, support_evidencepackfile CASCADE")
        for model in about_tenants:
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE tenant_id = %s", [tenant.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending checks cannot be altered
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _tidy_catalogue() -> None:
    """Schemas that come and go by the dozen leave the catalogue full of what was; cloning then slows down tenfold.

    What the session remembers of them does the same, and ends with the session.
    """
    if next(_removed) % TIDIED_EVERY == 0:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(CATALOGUE)}")
    connection.close()


@contextlib.contextmanager
def in_tenant(tenant: Tenant) -> Iterator[None]:
    """Be in another tenant for a while."""
    with tenant_context(tenant):
        yield
