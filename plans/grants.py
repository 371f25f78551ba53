"""The tenants that a person on the public host may manage: all of them, or those that guardian granted."""

from __future__ import annotations

from typing import cast

from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from asora.kernel import binding, keys
from asora.kernel.act import Act, Actor
from asora.kernel.refusals import PermissionDenied, Reason
from plans.models import Tenant
from plans.reaching import TenantQuerySet

MANAGE_TENANT = "plans.manage_tenant"


def customers() -> TenantQuerySet:
    """Every tenant, without the row of the public host."""
    return Tenant.objects.customers()


def managed_tenants(actor: Actor) -> TenantQuerySet:
    """The tenants that an actor of the public host may manage; none for an actor of another host."""
    if actor.account is None:
        return customers() if actor.may(MANAGE_TENANT) else Tenant.objects.none()
    if not actor.schema == actor.account.schema == binding.schema_name() == binding.PUBLIC:
        return Tenant.objects.none()
    if manages_all(actor):
        return customers()
    granted = get_objects_for_user(
        actor.account,
        MANAGE_TENANT,
        klass=customers(),
        use_groups=False,
        with_superuser=False,
        accept_global_perms=False,
    )
    return cast(TenantQuerySet, granted)


def manages_all(actor: Actor) -> bool:
    """Return True if an actor works for every tenant, including future ones."""
    return bool(getattr(actor.account, "all_hubs", False))


def require_managed(act: Act, tenant: Tenant) -> None:
    """Refuse an actor who does not work for this tenant. Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED."""
    act.reads(keys.person(act.actor.ref), keys.grant(act.actor.ref, tenant.pk))
    if tenant.schema_name == binding.PUBLIC or not act.actor.may(MANAGE_TENANT, tenant):
        raise PermissionDenied(
            _("You do not work for the tenant %(tenant)s.") % {"tenant": tenant.slug},
            reason=Reason.TENANT_NOT_GRANTED,
            details={
                "permission": MANAGE_TENANT,
                "tenant": tenant.slug,
                "remedy": _("Ask a platform lead to give you access to this tenant."),
            },
        )
