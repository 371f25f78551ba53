"""Reading incidents."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from support.incidents.models import Incident, IncidentEntry, Signature
from support.incidents.rules import Error

MAX_SHOWN = 50
MAX_DIGITS = 9
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


def latest() -> list[Incident]:
    """The incidents that the list shows: active ones first, then the newest."""
    return [
        *active(),
        *Incident.objects.filter(state=Incident.State.RESOLVED).order_by("-number")[:MAX_SHOWN],
    ]


def with_number(ref: str) -> QuerySet[Incident]:
    """The incident with this reference, such as INC-0007; none if it is not a reference."""
    digits = ref.removeprefix("INC-")
    if (
        not ref.startswith("INC-")
        or not digits.isascii()
        or not digits.isdecimal()
        or len(digits) > MAX_DIGITS
    ):
        return Incident.objects.none()
    return Incident.objects.filter(number=int(digits))


def attached_to(incident: Incident) -> list[UUID]:
    """The ids of the tickets that belong to an incident and are not finished, in the order in which they are locked."""
    rows = Incident.objects.filter(pk=incident.pk, tickets__closed_at=None, tickets__resolved_at=None)
    return sorted(filter(None, rows.values_list("tickets__pk", flat=True)))


def number_attached(incident: Incident) -> int:
    """How many tickets belong to an incident, finished or not, without security tickets: all agents see the number."""
    counted = Count("tickets", filter=Q(tickets__is_security=False))
    return Incident.objects.filter(pk=incident.pk).aggregate(number=counted)["number"] or 0


def severities(ids: Collection[UUID]) -> dict[UUID, int | None]:
    """The severities of those ids that are incidents; None for a resolved one."""
    rows = Incident.objects.filter(pk__in=ids)
    return {row.pk: row.severity if row.state in ACTIVE else None for row in rows}


def notices_of(incident: Incident) -> list[IncidentEntry]:
    """What customers read about an incident, newest first."""
    rows = incident.entries.filter(kind=IncidentEntry.Kind.NOTICE)
    return list(rows.order_by("-written_at", "-pk"))


def latest_notices() -> list[IncidentEntry]:
    """The latest notice of each active incident, newest incident first."""
    rows = IncidentEntry.objects.filter(kind=IncidentEntry.Kind.NOTICE, incident__in=active().values("pk"))
    latest = rows.order_by("incident_id", "-written_at", "-pk").distinct("incident_id")
    return sorted(latest.select_related("incident"), key=lambda entry: -entry.incident.number)


def log_of(incident: Incident) -> list[IncidentEntry]:
    """The entries of an incident, newest first."""
    return list(incident.entries.order_by("-written_at", "-pk"))
