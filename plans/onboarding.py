"""Creating a reachable tenant: its row, its cloned schema, the check of it, its host name. A crash can be resumed."""

from __future__ import annotations

from typing import Any

from asora.kernel.act import Act
from plans import schemas
from plans.actions.tenants import create_tenant, open_tenant
from plans.models import Domain, Tenant


def onboard(act: Act, *, slug: str, **values: Any) -> Tenant:
    """Create the tenant `slug`, or continue where an earlier attempt stopped. `act` is of the public host.

    Refusals: those of `create_tenant` and `open_tenant`.
    """
    tenant = unreachable(slug) or create_tenant(act, slug=slug, **values)
    schemas.make(tenant.schema_name)
    open_tenant(act, tenant=tenant)
    return tenant


def unreachable(slug: str) -> Tenant | None:
    """The tenant `slug`, if its row exists but it was never opened."""
    opened = Domain.objects.filter(tenant__slug=slug)
    return None if opened.exists() else Tenant.objects.filter(slug=slug).first()
