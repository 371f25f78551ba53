"""Access sessions in Django admin, read-only, for the tenants that an operator may manage."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from asora.kernel.read_only_admin import by_name
from plans.admin import TenantWindow
from support.access.models import AccessSession


@admin.register(AccessSession)
class AccessSessionAdmin(TenantWindow):
    """Which agent looked into which tenant, why, and for how long. What the tenant decided is in its own trail."""

    people: ClassVar = {"agent": by_name("agent", _("agent"))}
    list_display = (
        "requested_at",
        "tenant",
        people["agent"],
        "ticket",
        "reason",
        "minutes",
        "opened_at",
        "expires_at",
        "ended_at",
    )
    list_select_related = ("tenant",)
    search_fields = ("tenant__slug", "=ticket", "=request_id", "agent_name")
    ordering = ("-requested_at", "-pk")
