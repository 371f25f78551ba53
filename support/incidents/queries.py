"""Reading incidents."""

from __future__ import annotations

from django.db.models import QuerySet

from support.incidents.models import Incident, Signature
from support.incidents.rules import Error

ACTIVE = (Incident.State.OPEN, Incident.State.MITIGATED)


def active() -> QuerySet[Incident]:
    """Incidents that are not resolved, newest first."""
    return Incident.objects.filter(state__in=ACTIVE).order_by("-number")


def active_for(code: str, action: str, reason: str) -> Incident | None:
    """The active incident to which an event with this code, action and reason belongs: the most precise match."""
    asked = Error(code, action, reason)
    if asked.is_empty:
        return None
    rows = Signature.objects.filter(incident__state__in=ACTIVE).select_related("incident")
    found = [(error_of(row), row.incident) for row in rows]
    matching = [
        (error.precision, incident.number, incident) for error, incident in found if error.covers(asked)
    ]
    return max(matching, key=lambda one: one[:2])[2] if matching else None


def error_of(row: Signature) -> Error:
    """The error that a signature names."""
    return Error(row.code, row.action, row.reason)
