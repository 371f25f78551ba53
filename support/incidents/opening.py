"""Opens incidents. Undecorated: called in the bodies of actions, in their transaction."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import locks
from asora.kernel.act import Act
from support.incidents import queries, rules
from support.incidents.models import Incident, IncidentEntry, Signature
from support.incidents.rules import Error
from support.oncall import paging

Kind = IncidentEntry.Kind


def open_incident(
    act: Act, *, title: str, severity: int, errors: Iterable[Error] = (), notice: str = "", update: str = ""
) -> Incident:
    """Open an incident with its next number.

    `errors`: to which events it applies. `notice`: what customers read; `update`: the first entry of its log.
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
    for kind, text in ((Kind.NOTICE, notice), (Kind.UPDATE, update)):
        if text:
            add_entry(act, incident, kind, text)
    act.changed(incident, after={"number": number, "severity": severity})
    return incident


def for_severity(
    act: Act, *, subject: UUID, ref: str, severity: int, is_security: bool, error: Error
) -> Incident | None:
    """What a severity brings with it, at once and in the same transaction.

    Sev1: an incident with a notice to customers, and a call. Sev2: an incident with a status update, and a call. Sev3:
    the person on call is informed. `subject`, `ref`: the ticket. `error`: the code, action and reason of its event.
    Returns the incident to which the ticket belongs: an active one for the same error if there is one, and None from
    Sev3 on. An incident whose ticket is a security matter says nothing about it.
    """
    paging.page(act, subject=subject, ref=ref, severity=severity, is_security=is_security)
    if severity not in rules.OPENS_INCIDENT:
        return None
    active = None if is_security else queries.active_for(*error)
    if active is not None:
        return active
    named = [] if is_security or error.is_empty else [error]
    if severity == 1:
        return open_incident(
            act,
            title=_("Risk to the integrity of data (%(ticket)s)") % {"ticket": ref},
            severity=1,
            errors=named,
            notice=_(
                "We are investigating a possible risk to the integrity of data. "
                "We post the next update within 30 minutes."
            ),
        )
    return open_incident(
        act,
        title=_("A problem that affects several tenants (%(ticket)s)") % {"ticket": ref},
        severity=2,
        errors=named,
        update=_(
            "We are investigating a problem that affects several tenants. "
            "We post the next update within 2 hours."
        ),
    )


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
