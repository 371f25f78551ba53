"""The platform's own audit events, to look at."""

from django.contrib import admin

from asora.kernel.read_only_admin import ReadOnlyAdmin
from audit.models import Event


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
