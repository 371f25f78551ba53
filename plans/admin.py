"""Tenants, host names, plans and freezes in Django admin, read-only, for the tenants that an operator may manage."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from asora.kernel.read_only_admin import ReadOnlyAdmin, by_name
from asora.kernel.shapes import Rows
from plans.grants import managed_tenants, manages_all
from plans.models import Domain, FreezeToggle, PlanChange, Tenant, TenantFreeze


class TenantWindow(ReadOnlyAdmin):
    """Rows that belong to tenants. An operator of some tenants sees only the rows of those."""

    tenant_path = "tenant"

    def get_queryset(self, request: HttpRequest) -> Rows:
        """All rows, including the public host's, for an operator of every tenant; otherwise those of their tenants."""
        rows: Rows = super().get_queryset(request)
        actor = request.act.actor  # type: ignore[attr-defined]
        if manages_all(actor):
            return rows
        return rows.filter(**{f"{self.tenant_path}__in": managed_tenants(actor)})


@admin.register(Tenant)
class TenantAdmin(TenantWindow):
    """The tenants and their plans."""

    tenant_path = "pk"

    list_display = ("slug", "name", "plan", "role_model", "costing", "currency", "time_zone", "created_at")
    list_filter = ("plan", "role_model", "costing")
    search_fields = ("slug", "name")
    ordering = ("slug",)


@admin.register(Domain)
class DomainAdmin(TenantWindow):
    """The host names of tenants."""

    list_display = ("domain", "tenant", "is_primary")
    search_fields = ("domain",)
    ordering = ("domain",)


@admin.register(TenantFreeze)
class TenantFreezeAdmin(TenantWindow):
    """The freezes of tenants: since when, and why."""

    people: ClassVar = {
        "frozen_by": by_name("frozen_by", _("frozen by")),
        "root_cause_by": by_name("root_cause_by", _("root cause by")),
        "unfrozen_by": by_name("unfrozen_by", _("unfrozen by")),
    }
    list_display = ("tenant", "is_active", "reason", people["frozen_by"], "frozen_at")
    list_filter = ("is_active",)
    ordering = ("-frozen_at",)


@admin.register(PlanChange)
class PlanChangeAdmin(TenantWindow):
    """The changes of plans: by whom, and why."""

    people: ClassVar = {"changed_by": by_name("changed_by", _("changed by"))}
    list_display = (
        "changed_at",
        "tenant",
        "from_plan",
        "to_plan",
        "reason",
        people["changed_by"],
        "request_id",
    )
    list_filter = ("to_plan",)
    list_select_related = ("tenant",)
    search_fields = ("tenant__slug", "=request_id", "changed_by_name")
    ordering = ("-changed_at", "-pk")


@admin.register(FreezeToggle)
class FreezeToggleAdmin(TenantWindow):
    """Every freeze, root cause and unfreeze."""

    people: ClassVar = {"toggled_by": by_name("toggled_by", _("toggled by"))}
    list_display = ("toggled_at", "tenant", "kind", "text", people["toggled_by"], "cut_off", "request_id")
    list_filter = ("kind",)
    list_select_related = ("tenant",)
    search_fields = ("tenant__slug", "=request_id", "toggled_by_name")
    ordering = ("-toggled_at", "-pk")
