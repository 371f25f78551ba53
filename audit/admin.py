"""The platform's own audit events in the read-only admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.pages import respond
from asora.kernel.read_only_admin import ReadOnlyAdmin
from asora.kernel.refusals import CODES
from asora.kernel.shapes import Values
from audit.events.models import Event
from audit.events.vocabulary import sentence
from audit.explorer.queries import named, people, platform_events
from audit.explorer.story import story


class Rule(admin.SimpleListFilter):
    """The filter by code. The six codes are listed without a query, because the table of events only grows."""

    title, parameter_name = _("rule"), "code"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The six codes."""
        return [(refusal.code, refusal.code) for refusal in CODES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """The events that the chosen code refused."""
        return queryset.filter(code=self.value()) if self.value() else queryset


class Who(admin.SimpleListFilter):
    """The filter by person: the platform's own people. People of tenants are not in this directory."""

    title, parameter_name = _("who"), "actor_ref"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The people, by name."""
        return people()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """The events of the chosen person, or of a command named in the URL."""
        return queryset.filter(actor_ref=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The events of operators and commands on the public host. The trails of tenants are not shown here."""

    list_display = ("occurred_at", "who", "what", "outcome", "code", "reason", "request_id")
    list_display_links = ("occurred_at", "what")
    list_filter = ("outcome", Rule, Who)
    search_fields = ("=action", "=request_id", "=actor_ref", "=resource_id")
    ordering = ("-occurred_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """All events; or the operator's own, and those about the tenants that the operator may manage."""
        return named(platform_events(request.act))  # type: ignore[attr-defined]

    @admin.display(description=_("who"), ordering="actor_ref")
    def who(self, event: Any) -> str:
        """The person's name, or the name of the command."""
        if event.actor_type in {"system", "integration"}:
            return str(_("%(what)s (system)") % {"what": event.actor_ref})
        return str(event.actor_name or event.actor_ref or _("nobody signed in"))

    @admin.display(description=_("what"), ordering="action")
    def what(self, event: Any) -> str:
        """The action as a sentence."""
        label = event.label_name or event.resource_label
        return sentence(action=event.action, outcome=event.outcome, label=label)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Values | None = None
    ) -> HttpResponse:
        """One event as a readable page, instead of its raw columns."""
        event = self.get_object(request, unquote(object_id))
        if event is None or request.method not in {"GET", "HEAD"}:
            return super().change_view(request, object_id, form_url, extra_context)
        window = reverse("admin:audit_event_changelist")
        context = {"event": event, "window": window, **story(request.act.actor, event)}  # type: ignore[attr-defined]
        return respond(request, "audit/platform_event.html", context)
