"""The trail as a list: page, fragment and CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.forms import EventFilter
from audit.explorer.queries import named

VIEW = Permission.AUDIT_VIEW
#: Two filters together can match few of millions: to find 10,000 of them takes ten times as long as the page.
COUNT_CAP = 1_000


def _of_whole(read: Callable[[Any], Any]) -> Callable[[Event], Any]:
    """A column that is shown only to people who work at all hubs of the event."""
    return lambda event: read(event) if event.is_whole else ""  # type: ignore[attr-defined]


def _events(act: Act, filters: ReadOnlyValues) -> QuerySet[Event]:
    """The events of a filter that the reader may see, with the names behind their pseudonyms."""
    return named(EventQuery.from_params(filters).rows(act.actor))


EVENTS = Listing(
    name="audit_events",
    columns=[
        Column("occurred_at", _("When"), lambda event: event.occurred_at, kind="moment"),
        Column("request_id", _("Request"), _of_whole(lambda event: event.request_id), kind="code"),
        Column("actor_type", _("Kind of actor"), lambda event: event.actor_type),
        Column("actor", _("Who"), lambda event: event.actor_ref, kind="code"),
        Column("action", _("Action"), lambda event: event.action, kind="code"),
        Column("resource_type", _("Kind of record"), _of_whole(lambda event: event.resource_type)),
        Column("resource", _("Record"), _of_whole(lambda event: event.label_name or event.resource_label)),
        Column("outcome", _("Outcome"), lambda event: event.outcome, kind="badge", badges="audit.outcome"),
        Column("code", _("Rule"), _of_whole(lambda event: event.code), kind="code"),
        Column("reason", _("Reason"), _of_whole(lambda event: event.reason), kind="code"),
        Column("message", _("Message"), _of_whole(lambda event: event.message)),
        Column("id", _("Event"), lambda event: str(event.id), kind="code"),
        Column("name", _("Name"), lambda event: event.actor_name or ""),
        Column("rule", _("Exact rule"), _of_whole(lambda event: event.rule_id), kind="code"),
        Column("number", _("Number"), lambda event: event.number, kind="ordinal"),
    ],
    order=("occurred_at", "id"),
    query=_events,
    filters=EventFilter,
    descending=True,
    count_cap=COUNT_CAP,
    permission=VIEW,
    download=Download(),
)
