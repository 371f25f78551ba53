"""The platform's own audit events, to look at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from asora.kernel.read_only_admin import ReadOnlyAdmin
from audit.models import Event
from audit.queries import platform_events


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What operators and commands did on the public host. Tenants' trails are the tenants'."""

    list_display = (
        "occurred_at",
        "action",
        "outcome",
        "code",
        "reason",
        "actor_ref",
        "resource_label",
        "request_id",
    )
    list_filter = ("outcome", "code", "action")
    search_fields = ("=request_id", "=actor_ref", "=resource_id")
    ordering = ("-occurred_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """All of them, or those about the tenants that the operator may manage, and the operator's own."""
        return platform_events(request.act)  # type: ignore[attr-defined]
