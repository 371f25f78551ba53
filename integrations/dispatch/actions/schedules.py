"""A schedule: the explicit instruction of a person to send everything queued every few minutes, until it is ended."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from integrations.dispatch.models import Schedule
from integrations.endpoints.models import Endpoint

SEND = Permission.INTEGRATIONS_DISPATCH
#: The intervals that the form offers, in minutes.
INTERVALS = (5, 15, 60, 240, 1440)


def already_scheduled() -> StateConflict:
    """The refusal of a second schedule for an endpoint."""
    return StateConflict(
        _("This endpoint has a schedule already. End it first."), reason=Reason.ALREADY_ACTIVE
    )


@action(
    "integrations.schedule.set",
    permission=SEND,
    subject="endpoint",
    constraint_refusals={"integrations_one_schedule": already_scheduled},
    done=gettext_lazy("set a schedule for endpoint {label}"),
    tried=gettext_lazy("tried to set a schedule for endpoint {label}"),
)
def set_schedule(act: Act, *, endpoint: Endpoint, every_minutes: int) -> Schedule:
    """Send everything queued for an endpoint every few minutes, each time with the actor's rights of that moment.

    Refusals: STATE_CONFLICT ALREADY_ACTIVE, NOT_ACTIVE (removed); VALIDATION_FAILED INVALID_INPUT.
    """
    if every_minutes not in INTERVALS:
        raise ValidationFailed.at_field(
            "every_minutes", _("Choose one of the intervals."), reason=Reason.INVALID_INPUT
        )
    act.reads(endpoint)
    if not Endpoint.objects.filter(pk=endpoint.pk).exists():
        raise StateConflict(_("%(endpoint)s was removed.") % {"endpoint": endpoint}, reason=Reason.NOT_ACTIVE)
    if Schedule.objects.filter(endpoint=endpoint, ended_at=None).exists():
        raise already_scheduled()
    now = timezone.now()
    schedule = Schedule(
        endpoint=endpoint,
        every_minutes=every_minutes,
        set_by=act.actor.ref,
        set_at=now,
        request_id=act.request_id,
        next_at=now + timedelta(minutes=every_minutes),
    )
    schedule.save(force_insert=True)
    act.changed(schedule, after={"endpoint": endpoint, "every_minutes": every_minutes})
    return schedule


@action(
    "integrations.schedule.end",
    permission=SEND,
    subject="schedule",
    while_frozen=True,
    done=gettext_lazy("ended the schedule of endpoint {label}"),
    tried=gettext_lazy("tried to end the schedule of endpoint {label}"),
)
def end_schedule(act: Act, *, schedule: Schedule) -> Schedule:
    """Stop sending by this schedule. A dispatch under way goes on. Refusals: STATE_CONFLICT NOT_ACTIVE."""
    return _end(act, schedule)


@action(
    "integrations.schedule.lapse",
    permission=SEND,
    subject="schedule",
    done=gettext_lazy(
        "ended the schedule of endpoint {label}: its person may no longer send, or the endpoint was removed"
    ),
    tried=gettext_lazy("tried to end the schedule of endpoint {label}"),
)
def lapse_schedule(act: Act, *, schedule: Schedule, why: str) -> Schedule:
    """End a schedule that can no longer run. `why`: rights (its person may no longer send) or removed (its endpoint).

    Refusals: STATE_CONFLICT NOT_ACTIVE.
    """
    act.found(why=why)
    return _end(act, schedule)


def _end(act: Act, schedule: Schedule) -> Schedule:
    act.reads(schedule)
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if row.ended_at is not None:
        raise StateConflict(_("This schedule has ended."), reason=Reason.NOT_ACTIVE)
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    act.changed(row, before={"ended_at": None}, after={"ended_at": row.ended_at})
    return row
