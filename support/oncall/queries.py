"""Reading contacts and calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from support.oncall import rules
from support.oncall.models import Contact, Page

MAX_SHOWN, MAX_READ = 50, 500
#: Ids to the present severity of those that the function knows; None for one that is finished.
Severities = Callable[[Collection[UUID]], Mapping[UUID, int | None]]
_severities: list[Severities] = []


def ask_severities_with(*functions: Severities) -> None:
    """Let the rooms above, which have what calls are about, say how grave it is now."""
    _severities[:] = functions


def contacts() -> list[Contact]:
    """The active contacts in the order of their duties."""
    order = list(Contact.Duty.values)
    return sorted(Contact.objects.filter(is_active=True), key=lambda contact: order.index(contact.duty))


def duties_without_contact() -> list[str]:
    """The labels of duties that nobody has: calls for them wait."""
    found = set(Contact.objects.filter(is_active=True).values_list("duty", flat=True))
    return [str(duty.label) for duty in Contact.Duty if duty.value not in found]


def visible(actor: Actor) -> QuerySet[Page]:
    """The calls that somebody at the desk may see: security calls only with that permission."""
    rows = Page.objects.order_by("-sent_at", "-pk")
    if actor.may(Permission.SUPPORT_HANDLE_SECURITY):
        return rows
    hidden = Page.objects.filter(is_security=True).values("subject")
    return rows.exclude(subject__in=hidden)


def open_calls(actor: Actor) -> list[Page]:
    """The calls that somebody has to take, longest first: not those that inform, or are about what is finished."""
    return _waiting(actor)[:MAX_SHOWN]


def past_calls(actor: Actor) -> list[Page]:
    """The latest calls that no longer wait for somebody, and those that inform."""
    waiting = [row.pk for row in _waiting(actor)]
    return list(visible(actor).exclude(pk__in=waiting).select_related("contact")[:MAX_SHOWN])


def _waiting(actor: Actor) -> list[Page]:
    rows = visible(actor).filter(state=Page.State.SENT).select_related("contact")
    rows = rows.exclude(severity__in=rules.INFORMS, is_security=False)
    return unfinished(reversed(rows[:MAX_READ]))


def unfinished(calls: Iterable[Page]) -> list[Page]:
    """Those of these calls whose ticket or incident is not finished, in the same order."""
    rows = list(calls)
    severities = _severities_of({row.subject for row in rows})
    return [row for row in rows if severities.get(row.subject, row.severity or 0) is not None]


def unanswered(actor: Actor, now: datetime) -> list[Page]:
    """The calls about Sev1 and Sev2 that nobody took within ten minutes: one per ticket or incident, longest first.

    Minutes count from the first call of the ladder. What is less grave now, or finished, is left out.
    """
    same = {name: OuterRef(name) for name in ("subject", "severity", "is_security")}
    began = Page.objects.filter(**same).order_by("sent_at").values("sent_at")[:1]
    rows = visible(actor).filter(state=Page.State.SENT, severity__in=rules.URGENT)
    rows = rows.annotate(began_at=Subquery(began)).filter(began_at__lte=now - rules.UNANSWERED_AFTER)
    latest = list(rows.order_by("-began_at", "-pk")[: MAX_SHOWN * 3])
    severities = _severities_of({row.subject for row in latest})
    first: dict[UUID, Page] = {}
    for row in reversed(latest):
        severity = severities.get(row.subject, row.severity)
        if severity is not None and row.severity is not None and severity <= row.severity:
            first.setdefault(row.subject, row)
    return list(first.values())


def _severities_of(subjects: Collection[UUID]) -> dict[UUID, int | None]:
    found: dict[UUID, int | None] = {}
    for ask in _severities if subjects else ():
        found |= ask(subjects)
    return found


def due(now: datetime) -> list[UUID]:
    """The calls that have to be passed on, longest first: nobody took them in time, and nothing finished meanwhile."""
    rows = Page.objects.filter(state=Page.State.SENT, due_at__lte=now).order_by("-due_at", "-pk")
    return [row.pk for row in unfinished(reversed(rows[:MAX_READ]))]


def unsent() -> list[UUID]:
    """The calls whose e-mail has to be sent still, longest first."""
    rows = Page.objects.filter(state=Page.State.SENT, mailed_at=None).order_by("-sent_at", "-pk")
    return [row.pk for row in unfinished(reversed(rows[:MAX_READ]))]
