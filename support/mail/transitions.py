"""The states of outgoing mails, written around each attempt to send: committed before it and after it.

The message is the change, and an action made it, with its event. Attempts to send it have no events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from support.mail.models import OutboundMail

State = OutboundMail.State
#: How long after a mail was queued its next attempt is due, by the number of attempts so far. Then it has failed.
DUE_AFTER = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)


def due(most: int) -> list[UUID]:
    """The ids of mails whose next attempt is due, the longest waiting first."""
    now = timezone.now()
    wanted = Q(pk__in=[])
    for attempts, wait in enumerate(DUE_AFTER):
        wanted |= Q(attempts=attempts, queued_at__lte=now - wait)
    rows = OutboundMail.objects.filter(wanted, state=State.QUEUED).order_by("queued_at", "id")
    return list(rows.values_list("pk", flat=True)[:most])


def claim(mail: UUID) -> OutboundMail | None:
    """Begin the next attempt of a mail; None if another process has begun it, or it is no longer queued."""
    rows = OutboundMail.objects.select_related("message__ticket", "participant__ticket__tenant")
    row = rows.filter(pk=mail, state=State.QUEUED).first()
    if row is None:
        return None
    mine = OutboundMail.objects.filter(pk=mail, state=State.QUEUED, attempts=row.attempts)
    if not mine.update(attempts=row.attempts + 1):
        return None
    row.attempts += 1
    return row


def sent(mail: OutboundMail) -> None:
    """The mail server has accepted it."""
    OutboundMail.objects.filter(pk=mail.pk, state=State.QUEUED).update(
        state=State.SENT, sent_at=timezone.now(), fault=""
    )


def not_sent(mail: OutboundMail, *, fault: str, for_good: Sequence[str]) -> None:
    """An attempt failed. It is the last one if the fault is among those `for_good`, or after the last wait."""
    is_last = fault in for_good or mail.attempts >= len(DUE_AFTER)
    state = State.FAILED if is_last else State.QUEUED
    OutboundMail.objects.filter(pk=mail.pk, state=State.QUEUED).update(state=state, fault=fault)
