"""The tenants that a person on the public host may manage: all of them, or those that guardian granted."""

from __future__ import annotations

from typing import cast

from django.utils.translation import gettext as _

from asora.kernel import binding, keys
from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.reach import MANAGE_TENANT, reach, works_everywhere
from asora.kernel.refusals import PermissionDenied, Reason
from plans.models import Tenant
from plans.reachable import TenantQuerySet


def customers() -> TenantQuerySet:
    """Every tenant, without the row of the public host."""
    return Tenant.objects.customers()


def managed_tenants(actor: Actor) -> TenantQuerySet:
    """The tenants that an actor of the public host may manage; none for an actor of another host."""
    if binding.schema_name() != binding.PUBLIC:
        return Tenant.objects.none()
    return cast(TenantQuerySet, reach(actor).of(customers()))


def manages_all(actor: Actor) -> bool:
    """Return True if an actor works for every tenant, including future ones."""
    return binding.schema_name() == binding.PUBLIC and works_everywhere(actor)


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
