"""The platform's own audit events, to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from asora.kernel.read_only_admin import ReadOnlyAdmin
from asora.kernel.refusals import CODES
from audit.models import Event
from audit.queries import platform_events
from audit.vocabulary import VOCABULARY


class Known(admin.SimpleListFilter):
    """A filter whose choices are known without asking a table that only grows."""

    words: Iterable[str] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The words as they are."""
        return [(word, word) for word in self.words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """The events with the chosen word."""
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class Rule(Known):
    """Which of the six codes refused."""

    title, parameter_name = _("rule"), "code"
    words = [refusal.code for refusal in CODES]


class Action(Known):
    """The platform's own actions."""

    title, parameter_name = _("action"), "action"
    words = sorted(word for word in VOCABULARY if word.startswith(("accounts.", "plans.", "list.", "page.")))


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
    list_filter = ("outcome", Rule, Action)
    search_fields = ("=request_id", "=actor_ref", "=resource_id")
    ordering = ("-occurred_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """All of them, or those about the tenants that the operator may manage, and the operator's own."""
        return platform_events(request.act)  # type: ignore[attr-defined]
