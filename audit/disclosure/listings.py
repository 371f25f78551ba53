"""Access sessions, the looks of one session, and one's own questions, as lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from audit.disclosure import sessions
from audit.disclosure.models import SupportQuestion
from audit.disclosure.sessions import AccessSession
from audit.events.models import Event
from audit.events.vocabulary import sentence

VIEW = Permission.AUDIT_VIEW


def _requested(act: Act, filters: ReadOnlyValues) -> QuerySet[Event]:
    return sessions.requested(act.actor)


def _session(row: Any) -> AccessSession:
    """The session of a row, read once."""
    if not hasattr(row, "access_session"):
        row.access_session = sessions.of(row)
    found: AccessSession = row.access_session
    return found


SESSIONS = Listing(
    name="access_sessions",
    permission=VIEW,
    query=_requested,
    order=("occurred_at", "id"),
    descending=True,
    columns=(
        Column(
            "ticket",
            _("Access"),
            lambda row: _session(row).label,
            link=lambda row: reverse("audit:access-session", args=[row.resource_id]),
        ),
        Column("agent", _("Support agent"), lambda row: row.actor_ref, kind="code"),
        Column("requested_at", _("Requested"), lambda row: _session(row).course.requested_at, kind="moment"),
        Column("minutes", _("Minutes"), lambda row: _session(row).minutes, kind="ordinal"),
        Column("until", _("Ends at the latest"), lambda row: _session(row).course.latest_end, kind="moment"),
        Column(
            "state", _("State"), lambda row: _session(row).state.value, kind="badge", badges="audit.access"
        ),
    ),
)

LOOKS = Listing(
    name="access_looks",
    permission=VIEW,
    query=lambda act, filters: Event.objects.none(),
    order=("occurred_at", "id"),
    descending=True,
    columns=(
        Column(
            "what",
            _("What"),
            lambda row: sentence(
                action=row.action, outcome=row.outcome, label=row.resource_label if row.is_whole else ""
            ),
            link=lambda row: reverse("audit:event-detail", args=[row.id]),
        ),
        Column("when", _("When"), lambda row: row.occurred_at, kind="moment"),
        Column("request_id", _("Request"), lambda row: row.request_id, kind="code"),
        Column("outcome", _("Outcome"), lambda row: row.outcome, kind="badge", badges="audit.outcome"),
    ),
)


def looks_of(session: AccessSession) -> Listing:
    """The list of what the agent did in one session."""
    return replace(
        LOOKS,
        name=f"access_looks:{session.id.hex}",
        query=lambda act, filters: sessions.looks(act.actor, session),
    )


def _own(act: Act, filters: ReadOnlyValues) -> QuerySet[SupportQuestion]:
    return SupportQuestion.objects.filter(asked_by=act.actor.ref).select_related("statement")


QUESTIONS = Listing(
    name="questions",
    query=_own,
    order=("asked_at", "id"),
    descending=True,
    columns=(
        Column("question", _("Question"), lambda row: row.statement.text),
        Column("asked_at", _("Asked"), lambda row: row.asked_at, kind="moment"),
        Column("about", _("Request"), lambda row: row.about, kind="code"),
    ),
)
