"""The list of tenants: one definition for the page, the HTMX fragment and the CSV."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from plans.forms import TenantFilter
from plans.models import Tenant
from plans.queries import state_of, tenants

VIEW = Permission.PLANS_VIEW_TENANT


def tenant_url(tenant: Tenant) -> str:
    """The URL of a tenant's page on the public host."""
    return reverse("operations:tenant", args=[tenant.slug])


TENANTS = Listing(
    name="tenants",
    columns=[
        Column("tenant", _("Tenant"), lambda tenant: tenant.name, link=tenant_url),
        Column("address", _("Address"), lambda tenant: tenant.slug, kind="code"),
        Column("plan", _("Plan"), lambda tenant: tenant.get_plan_display()),
        Column("role_model", _("Role model"), lambda tenant: tenant.get_role_model_display()),
        Column("state", _("State"), state_of, kind="badge", badges="plans.tenant"),
        Column("created_at", _("Since"), lambda tenant: tenant.created_at, kind="moment"),
    ],
    order=("slug",),
    query=tenants,
    filters=TenantFilter,
    permission=VIEW,
    download=Download(),
)
