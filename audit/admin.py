"""The platform's own audit events, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from asora.kernel.read_only_admin import ReadOnlyAdmin
from asora.kernel.refusals import CODES
from audit.models import Event
from audit.queries import platform_events


class Rule(admin.SimpleListFilter):
    """Which of the six codes refused: known without asking a table that only grows."""

    title, parameter_name = _("rule"), "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The codes as they are."""
        return [(refusal.code, refusal.code) for refusal in CODES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """The events that the chosen code refused."""
        return queryset.filter(code=self.value()) if self.value() else queryset


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
    list_filter = ("outcome", Rule)
    search_fields = ("=action", "=request_id", "=actor_ref", "=resource_id")
    ordering = ("-occurred_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """All of them, or those about the tenants that the operator may manage, and the operator's own."""
        return platform_events(request.act)  # type: ignore[attr-defined]
