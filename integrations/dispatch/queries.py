"""Named reads of dispatches and schedules."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from integrations.dispatch import locking
from integrations.dispatch.models import Schedule
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import standing
from integrations.outbox.models import Payload


def amount_queued(endpoint: Endpoint, *, most: int) -> int:
    """How many payloads of an endpoint were never tried, counted up to `most`."""
    waiting = Payload.objects.filter(endpoint=endpoint, state=Payload.State.QUEUED)
    return len(waiting.order_by("number").values_list("pk")[:most])


def schedule_of(endpoint: Endpoint) -> Schedule | None:
    """The schedule of an endpoint; None: payloads are sent by hand only."""
    return Schedule.objects.filter(endpoint=endpoint, ended_at=None).first()


def due_schedules() -> list[UUID]:
    """The schedules of the bound tenant that are due now."""
    due = Schedule.objects.filter(ended_at=None, next_at__lte=timezone.now())
    return list(due.order_by("next_at").values_list("pk", flat=True))


def can_send_now(endpoint: Endpoint) -> bool:
    """Returns True if something is queued and nothing but a freeze is in the way."""
    return bool(
        endpoint.is_enabled
        and amount_queued(endpoint, most=1)
        and not standing(endpoint).is_paused
        and not locking.is_sending(endpoint.pk)
    )
