"""Reading contacts and calls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from support.oncall import rules
from support.oncall.models import Contact, Page

MAX_SHOWN = 50


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
    """The calls that nobody has taken, longest first."""
    rows = visible(actor).filter(state=Page.State.SENT).order_by("sent_at").select_related("contact")
    return list(rows[:MAX_SHOWN])


def past_calls(actor: Actor) -> list[Page]:
    """The latest calls that were taken or passed on."""
    return list(visible(actor).exclude(state=Page.State.SENT).select_related("contact")[:MAX_SHOWN])


def unanswered(actor: Actor, now: datetime) -> list[Page]:
    """The calls about Sev1 and Sev2 that nobody took within ten minutes: one per ticket, longest first."""
    rows = (
        visible(actor)
        .filter(severity__in=rules.URGENT)
        .exclude(subject__in=Page.objects.filter(state=Page.State.ACKNOWLEDGED).values("subject"))
        .order_by("sent_at")
    )
    first: dict[UUID, Page] = {}
    for row in rows[: MAX_SHOWN * 3]:
        first.setdefault(row.subject, row)
    return [row for row in first.values() if row.sent_at <= now - rules.UNANSWERED_AFTER]


def due(now: datetime) -> bool:
    """Returns True if a call has to be passed on."""
    return Page.objects.filter(state=Page.State.SENT, due_at__lte=now).exists()
