"""Opens incidents. Undecorated: called in the bodies of actions, in their transaction."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import locks
from asora.kernel.act import Act
from support.clocks import recording
from support.clocks.rules import NUDGE, UPDATE
from support.incidents import queries, rules
from support.incidents.models import Incident, IncidentEntry, Signature
from support.incidents.rules import Error
from support.oncall import paging

Kind = IncidentEntry.Kind
#: What customers read first about an incident of this severity.
FIRST_NOTICE = {
    1: gettext_lazy(
        "We are investigating a possible risk to the integrity of data. We post the next update within 30 minutes."
    ),
    2: gettext_lazy(
        "We are investigating a problem that affects several tenants. We post the next update within 2 hours."
    ),
}


def open_incident(
    act: Act, *, title: str, severity: int, errors: Iterable[Error] = (), notice: str = ""
) -> Incident:
    """Open an incident with its next number.

    `errors`: to which events it applies. `notice`: what customers read; the first entry of its log.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("incidents", "number")])
    number = (Incident.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    incident = Incident(
        number=number,
        title=title,
        severity=severity,
        opened_at=timezone.now(),
        opened_by=act.actor.ref,
        request_id=act.request_id,
    )
    incident.save(force_insert=True)
    for error in dict.fromkeys(errors):
        add_signature(act, incident, error)
    if notice:
        add_entry(act, incident, Kind.NOTICE, notice)
    act.changed(incident, after={"number": number, "severity": severity})
    return incident


def for_severity(
    act: Act,
    *,
    subject: UUID,
    ref: str,
    severity: int,
    is_security: bool,
    error: Error,
    current: Incident | None = None,
) -> Incident | None:
    """What a severity brings with it, at once and in the same transaction.

    Sev1: an incident with a notice to customers, and a call. Sev2: an incident with a status update, which customers
    read too, and a call. Sev3: the person on call is informed. `subject`, `ref`: the ticket. `error`: the code, action
    and reason of its event. `current`: the incident that it is attached to.

    Returns the incident to which the ticket belongs: `current` while that is active, otherwise an active one for the
    same error, otherwise a new one; and None from Sev3 on. An active incident becomes as grave as the ticket, and
    customers read so. A security ticket calls people only: an incident is seen by all agents, and its notice by
    customers.
    """
    paging.page(act, subject=subject, ref=ref, severity=severity, is_security=is_security)
    if is_security or severity not in rules.OPENS_INCIDENT:
        return None
    found = current if current is not None and current.state in queries.ACTIVE else None
    if found is None:
        found = queries.active_for(*error)
    active = None if found is None else _locked_if_active(act, found)
    if active is not None:
        _let_it_be_as_grave(act, active, severity)
        return active
    title = (
        _("Risk to the integrity of data") if severity == 1 else _("A problem that affects several tenants")
    )
    return open_incident(
        act,
        title=title,
        severity=severity,
        errors=[] if error.is_empty else [error],
        notice=str(FIRST_NOTICE[severity]),
    )


def post(act: Act, incident: Incident, kind: Kind, text: str) -> IncidentEntry:
    """Add an entry to the log of a locked incident. It is progress of the attached tickets, and a notice is an update
    to their customers."""
    entry = add_entry(act, incident, kind, text)
    for ticket in queries.attached_to(incident):
        recording.fulfil(act, ticket, NUDGE, entry.written_at)
        if kind == Kind.NOTICE:
            recording.fulfil(act, ticket, UPDATE, entry.written_at)
    return entry


def add_entry(act: Act, incident: Incident, kind: Kind, text: str) -> IncidentEntry:
    """Add an entry to an incident's log."""
    entry = IncidentEntry(
        incident=incident, kind=kind, text=text, written_by=act.actor.ref, request_id=act.request_id
    )
    entry.save()
    return entry


def add_signature(act: Act, incident: Incident, error: Error) -> Signature:
    """Let events with this error belong to an incident."""
    row = Signature(
        incident=incident, code=error.code, action=error.action, reason=error.reason, added_by=act.actor.ref
    )
    row.save()
    return row


def _locked_if_active(act: Act, incident: Incident) -> Incident | None:
    """The incident, locked; None if somebody resolved it meanwhile."""
    act.reads(incident)
    row = Incident.objects.select_for_update().get(pk=incident.pk)
    return row if row.state in queries.ACTIVE else None


def _let_it_be_as_grave(act: Act, incident: Incident, severity: int) -> None:
    """Give a locked incident at least this severity. Customers read a notice if it is graver now or has none."""
    before = incident.severity
    if severity < before:
        incident.severity = severity
        incident.save(update_fields=["severity"])
        act.changed(incident, before={"severity": before}, after={"severity": severity})
    elif incident.entries.filter(kind=Kind.NOTICE).exists():
        return
    post(act, incident, Kind.NOTICE, str(FIRST_NOTICE[incident.severity]))
