"""Tenants, host names and freezes, to look at."""

from django.contrib import admin

from asora.kernel.read_only_admin import ReadOnlyAdmin
from plans.models import Domain, Tenant, TenantFreeze


@admin.register(Tenant)
class TenantAdmin(ReadOnlyAdmin):
    """Who the customers are and what they bought."""

    list_display = ("slug", "name", "plan", "role_model", "costing", "currency", "time_zone", "created_at")
    list_filter = ("plan", "role_model", "costing")
    search_fields = ("slug", "name")
    ordering = ("slug",)


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin):
    """At which host names tenants are reached."""

    list_display = ("domain", "tenant", "is_primary")
    search_fields = ("domain",)
    ordering = ("domain",)


@admin.register(TenantFreeze)
class TenantFreezeAdmin(ReadOnlyAdmin):
    """Which tenants are closed, since when and why."""

    list_display = ("tenant", "is_active", "reason", "frozen_by", "frozen_at")
    list_filter = ("is_active",)
    ordering = ("-frozen_at",)
