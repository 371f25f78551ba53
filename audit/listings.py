"""The trail as a list: page, fragment and CSV."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.listing import Column, Listing
from audit.forms import EventFilter
from audit.queries import events

VIEW = "audit.view"

EVENTS = Listing(
    name="audit_events",
    columns=[
        Column("occurred_at", _("When"), lambda event: event.occurred_at, kind="moment"),
        Column("request_id", _("Request"), lambda event: event.request_id, kind="code"),
        Column("actor_type", _("Kind of actor"), lambda event: event.actor_type),
        Column("actor", _("Who"), lambda event: event.actor_ref, kind="code"),
        Column("action", _("Action"), lambda event: event.action, kind="code"),
        Column("resource_type", _("Kind of record"), lambda event: event.resource_type),
        Column("resource", _("Record"), lambda event: event.resource_label),
        Column("outcome", _("Outcome"), lambda event: event.outcome, kind="badge"),
        Column("code", _("Rule"), lambda event: event.code, kind="code"),
        Column("reason", _("Reason"), lambda event: event.reason, kind="code"),
        Column("message", _("Message"), lambda event: event.message),
        Column("id", _("Event"), lambda event: str(event.id), kind="code"),
    ],
    order=("occurred_at", "id"),
    query=events,
    filters=EventFilter,
    descending=True,
    permission=VIEW,
)
