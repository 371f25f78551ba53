"""Writes versions of calendars and of the policy; the first ones when a database is prepared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from support.clocks import rules, shipped
from support.clocks.business_time import Week
from support.clocks.models import Calendar, DueClock, SlaPolicy, SlaTarget
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


def replace_policy(
    policy: SlaPolicy,
    *,
    amounts: Mapping[int, int] | None = None,
    calendar: Calendar | None = None,
    reason: str,
    by: str,
    request_id: str,
    now: datetime,
) -> SlaPolicy:
    """Add the next version with other amounts (by the id of a target) or another version of a calendar.

    The worker computes the clocks that count again: an open clock follows the newest policy.
    """
    following = SlaPolicy(
        version=policy.version + 1, reason=reason, published_at=now, published_by=by, request_id=request_id
    )
    following.save()
    changed = amounts or {}
    SlaTarget.objects.bulk_create(
        SlaTarget(
            policy=following,
            clock=target.clock,
            severity=target.severity,
            category=target.category,
            queue=target.queue,
            amount=changed.get(target.pk, target.amount),
            unit=target.unit,
            calendar=calendar
            if calendar and target.calendar and target.calendar.key == calendar.key
            else target.calendar,
            pauses=target.pauses,
        )
        for target in policy.targets.select_related("calendar").order_by("pk")
    )
    DueClock.objects.filter(clock__in=rules.ENFORCED).update(due_at=now, is_recorded=False)
    return following
