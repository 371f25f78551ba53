"""Writes versions of calendars and of the policy; the first ones when a database is prepared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from support.clocks import shipped
from support.clocks.business_time import Week
from support.clocks.models import Calendar, SlaPolicy, SlaTarget
from support.clocks.shipped import Promise

BY_ASORA, AT_PREPARATION = "asora", "prepare"


def publish_shipped() -> None:
    """Publish the calendar and the policy that Asora ships, unless there is one already. Public is bound."""
    calendar = Calendar.objects.filter(key=shipped.BUSINESS).order_by("-version").first()
    if calendar is None:
        calendar = add_calendar(
            key=shipped.BUSINESS,
            title="Business hours",
            time_zone=shipped.TIME_ZONE,
            hours=shipped.WEEK,
            holidays=shipped.public_holidays(),
            by=BY_ASORA,
            request_id=AT_PREPARATION,
        )
    if not SlaPolicy.objects.exists():
        add_policy(
            shipped.promises(),
            calendar=calendar,
            reason="The first policy",
            by=BY_ASORA,
            request_id=AT_PREPARATION,
        )


def add_calendar(
    *, key: str, title: str, time_zone: str, hours: Week, holidays: Sequence[str], by: str, request_id: str
) -> Calendar:
    """Add the next version of a calendar. `hours`: see `support.clocks.business_time.Week`."""
    newest = Calendar.objects.filter(key=key).order_by("-version").first()
    calendar = Calendar(
        key=key,
        version=newest.version + 1 if newest else 1,
        title=title,
        time_zone=time_zone,
        hours=hours,
        holidays=sorted(set(holidays)),
        published_by=by,
        request_id=request_id,
    )
    calendar.save()
    return calendar


def add_policy(
    promises: Iterable[Promise], *, calendar: Calendar, reason: str, by: str, request_id: str
) -> SlaPolicy:
    """Add the next version of the policy with all its targets. Its business time is that of `calendar`."""
    newest = SlaPolicy.objects.order_by("-version").first()
    policy = SlaPolicy(
        version=newest.version + 1 if newest else 1, reason=reason, published_by=by, request_id=request_id
    )
    policy.save()
    SlaTarget.objects.bulk_create(
        SlaTarget(
            policy=policy,
            clock=promise.clock,
            severity=promise.severity,
            category=promise.category,
            queue=promise.queue,
            amount=promise.amount,
            unit=promise.unit,
            calendar=None if promise.unit == shipped.REALTIME else calendar,
            pauses=promise.pauses,
        )
        for promise in promises
    )
    return policy
