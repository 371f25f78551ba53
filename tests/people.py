"""The tenants and people of all tests. A name says what its bearer may do; everybody's password is the same.

Acacia is where things happen; Birch is the neighbour who must see nothing of it; Cedar works with four eyes.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.roles.table import GRANTS
from asora.accounts.sign_in.queries import actor_of
from asora.kernel.act import Act, new_act, system
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

PASSWORD = "correct horse battery"

TENANTS: dict[str, dict[str, str]] = {
    "acacia": {"name": "Acacia Trading", "plan": "pro", "role_model": "standard"},
    "birch": {"name": "Birch & Sons", "plan": "free", "role_model": "standard"},
    "cedar": {"name": "Cedar Pharma", "plan": "pro", "role_model": "segregated"},
}
PLATFORM_PEOPLE = ("operator", "ops_lead", "platform_lead", "agent")
TIDIED_EVERY = 8  # throw-away tenants
_removed = itertools.count(1)
CATALOGUE = [
    f"pg_catalog.pg_{name}"
    for name in (
        "class", "attribute", "attrdef", "constraint", "depend", "description", "index", "namespace", "sequence",
        "statistic", "trigger", "type",
    )
]  # fmt: skip
OUTSIDER = "outsider"  # the owner of Birch; on anybody else's host, nobody


def public() -> Tenant:
    """The row that stands for the public host."""
    return Tenant.objects.get(schema_name="public")


def make_tenant(slug: str, **values: Any) -> Tenant:
    """A tenant by the product's own way from nothing to reachable, with a person for every role."""
    act = new_act(public(), system("public", "tests", "plans.onboard_tenant"), route="tests")
    given = {"name": slug.title(), "plan": "pro", "role_model": "standard"} | values
    with mock.patch("audit.mirroring.tenant_id_of", return_value=None):  # trails start empty
        tenant = onboard(act, slug=slug, **given)
    add_people(tenant)
    return tenant


def remove_tenant(tenant: Tenant) -> None:
    """The end of a throw-away tenant, its history included: past the triggers, which only the tables' owner can."""
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=tenant).delete()
    schemas.drop(tenant.schema_name)
    with transaction.atomic(), connection.cursor() as cursor:
        for model in (PlanChange, FreezeToggle):
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant.pk])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    TenantFreeze.objects.filter(tenant=tenant).delete()
    OnboardingConfirmation.objects.filter(onboarding__tenant=tenant).delete()
    Onboarding.objects.filter(tenant=tenant).delete()
    Tenant.objects.filter(pk=tenant.pk).delete()
    _tidy_catalogue()


def _tidy_catalogue() -> None:
    """Schemas that come and go by the dozen leave the catalogue full of what was; cloning then slows down tenfold.

    What the session remembers of them does the same, and ends with the session.
    """
    if next(_removed) % TIDIED_EVERY == 0:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(CATALOGUE)}")
    connection.close()


def add_people(tenant: Tenant) -> None:
    """One person for each role of the tenant's role model, without events: trails start empty."""
    with tenant_context(tenant):
        for role in GRANTS[tenant.role_model]:
            add_person(role)


def add_person(role: str, *, name: str = "", all_hubs: bool = True) -> User:
    """Somebody with a role in the current tenant; the address is made of the name."""
    called = name or role
    user = User(email=f"{called}@example.com", name=called.title(), role=role, all_hubs=all_hubs)
    user.set_password(PASSWORD)
    user.save()
    return User.objects.get(pk=user.pk)  # read again, so that it knows its schema


def home_of(role: str, tenant: Tenant) -> Tenant:
    """Where somebody lives: platform people in public, the outsider at Birch, the others in `tenant`."""
    if role in PLATFORM_PEOPLE:
        return public()
    return Tenant.objects.get(slug="birch") if role == OUTSIDER else tenant


def person(role: str, tenant: Tenant) -> User:
    """The person of that role, read in the schema where they live."""
    with tenant_context(home_of(role, tenant)):
        return User.objects.get(email=f"{'owner' if role == OUTSIDER else role}@example.com")


def act_of(user: User, tenant: Tenant, *, route: str = "POST /tests/") -> Act:
    """An act of `user` in `tenant`, with a request id of its own."""
    with tenant_context(Tenant.objects.get(schema_name=user.schema)):
        actor = actor_of(user, session_key="a session", proved=timezone.now())
    return new_act(tenant, actor, route=route)


@contextlib.contextmanager
def in_tenant(tenant: Tenant) -> Iterator[None]:
    """Be in another tenant for a while."""
    with tenant_context(tenant):
        yield
