"""Named reads of dispatches and schedules."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet
from django.utils import timezone

from integrations.dispatch import locking
from integrations.dispatch.models import Attempt, Dispatch, Schedule
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing, standing
from integrations.outbound.limits import TOTAL_SECONDS
from integrations.outbox.models import Payload


def amount_queued(endpoint: Endpoint, *, most: int) -> int:
    """How many payloads of an endpoint were never tried, counted up to `most`."""
    waiting = Payload.objects.filter(endpoint=endpoint, state=Payload.State.QUEUED)
    return len(waiting.order_by("number").values_list("pk")[:most])


def latest_pace(endpoint: Endpoint) -> int:
    """How long an attempt of the latest dispatch of an endpoint took, in milliseconds.

    A receiver that was never tried may take the whole time of a request.
    """
    latest = Dispatch.objects.filter(endpoint=endpoint).order_by("-started_at", "-id").first()
    attempts = Attempt.objects.filter(dispatch=latest, duration_ms__isnull=False)
    took = attempts.order_by("-started_at", "-id").values_list("duration_ms", flat=True)
    latest_ms = took.first()
    return int(TOTAL_SECONDS * 1000) if latest_ms is None else latest_ms


def schedule_of(endpoint: Endpoint) -> Schedule | None:
    """The schedule of an endpoint; None: payloads are sent by hand only."""
    return Schedule.objects.filter(endpoint=endpoint, ended_at=None).first()


def due_schedules() -> list[UUID]:
    """The schedules of the bound tenant that are due now.

    So are those whose next time is further away than their interval: the clock was put back.
    """
    now, minute = timezone.now(), timedelta(minutes=1)
    furthest = ExpressionWrapper(now + F("every_minutes") * minute, output_field=DateTimeField())
    due = Schedule.objects.filter(Q(next_at__lte=now) | Q(next_at__gt=furthest), ended_at=None)
    return list(due.order_by("next_at").values_list("pk", flat=True))


def sendable(endpoint: Endpoint, maker: Standing) -> QuerySet[Payload]:
    """The payloads of an endpoint that were never tried and that its maker may see today, in no order.

    Those that retention has released are left out.
    """
    rows = Payload.objects.filter(
        endpoint=endpoint, state=Payload.State.QUEUED, number__gt=endpoint.number.deleted_upto
    )
    if not maker.sees_values:
        rows = rows.filter(with_values=False)
    return rows if maker.hubs is None else rows.filter(hubs__contained_by=list(maker.hubs))


def can_send_now(endpoint: Endpoint) -> bool:
    """Returns True if something can be sent and nothing but a freeze is in the way."""
    if not endpoint.is_enabled:
        return False
    maker = standing(endpoint)
    return not maker.is_paused and sendable(endpoint, maker).exists() and not locking.is_sending(endpoint.pk)
