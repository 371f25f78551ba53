"""People of all tests. A role says what a person may do; everybody has the same password.

`add_people` makes one person for each role of a tenant; tests/README.md lists them.
"""

from __future__ import annotations

from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.roles.table import GRANTS
from asora.accounts.sign_in.queries import actor_of
from asora.kernel.act import Act, new_act
from plans.models import (
    Tenant,
)

PASSWORD = "correct horse battery"


PLATFORM_PEOPLE = ("operator", "ops_lead", "platform_lead", "agent", "support_lead", "engineer")


OUTSIDER = "outsider"  # the owner of Birch; on anybody else's host, nobody


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
        return Tenant.objects.get(schema_name="public")
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
