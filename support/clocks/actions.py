"""Changes of the promised times and of calendars, and the worker's record of promised times that were missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys, locks
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from support.clocks import opening_hours, publishing, queries, recording
from support.clocks.business_time import Week
from support.clocks.models import Calendar, SlaPolicy

MANAGE = Permission.SUPPORT_MANAGE_KNOWLEDGE
MAX_AMOUNT = 60 * 24 * 365
MAX_SUBJECTS = 500


@action(
    "support.clocks.publish_policy",
    permission=MANAGE,
    done=gettext_lazy("changed the promised times ({label})"),
    tried=gettext_lazy("tried to change the promised times"),
)
def publish_policy(act: Act, *, amounts: Mapping[str, int], reason: str, seen: int) -> SlaPolicy:
    """Publish the next version of the policy. Open clocks follow it; clocks that have ended keep theirs.

    `amounts`: id of a target of the present version, as text, to its new amount in the target's own unit. `seen`: the
    version that the person has seen. Refusals: STATE_CONFLICT STALE_FORM; VALIDATION_FAILED INVALID_INPUT.
    """
    policy = _seen(act, seen)
    present = {str(target.pk): target for target in policy.targets.all()}
    wrong = [
        key for key, amount in amounts.items() if key not in present or amount not in range(1, MAX_AMOUNT + 1)
    ]
    if wrong:
        raise ValidationFailed(_("Some of the times are not valid."), reason=Reason.INVALID_INPUT)
    changed = {key: amount for key, amount in amounts.items() if present[key].amount != amount}
    if not changed:
        act.noop(_("No time is different."))
        return policy
    following = publishing.replace_policy(
        policy,
        amounts={int(key): amount for key, amount in changed.items()},
        reason=reason,
        by=act.actor.ref,
        request_id=act.request_id,
        now=timezone.now(),
    )
    act.found(reason_length=len(reason))
    act.changed(
        following,
        before={"version": policy.version, **{str(present[key]): present[key].amount for key in changed}},
        after={
            "version": following.version,
            **{str(present[key]): amount for key, amount in changed.items()},
        },
    )
    return following


@action(
    "support.clocks.publish_calendar",
    permission=MANAGE,
    subject="calendar",
    done=gettext_lazy("changed the calendar {label}"),
    tried=gettext_lazy("tried to change a calendar"),
)
def publish_calendar(
    act: Act,
    *,
    calendar: Calendar,
    time_zone: str,
    hours: Week,
    holidays: Sequence[str],
    reason: str,
    seen: int,
) -> SlaPolicy:
    """Publish the next version of a calendar, and the next version of the policy, which uses it.

    `seen`: the version of the policy that the person has seen. Refusals: STATE_CONFLICT STALE_FORM; VALIDATION_FAILED
    INVALID_INPUT for a time zone, opening or day that does not exist, or a week without business hours.
    """
    policy = _seen(act, seen)
    try:
        opening_hours.require_valid(time_zone=time_zone, week=hours, holidays=holidays)
    except opening_hours.NotValid as error:
        raise ValidationFailed.at_field(error.field, error, reason=Reason.INVALID_INPUT) from error
    days = sorted(set(holidays))
    if (calendar.time_zone, calendar.hours, calendar.holidays) == (time_zone, hours, days):
        act.noop(_("The calendar is not different."))
        return policy
    following = publishing.add_calendar(
        key=calendar.key,
        title=calendar.title,
        time_zone=time_zone,
        hours=hours,
        holidays=days,
        by=act.actor.ref,
        request_id=act.request_id,
    )
    published = publishing.replace_policy(
        policy,
        calendar=following,
        reason=reason,
        by=act.actor.ref,
        request_id=act.request_id,
        now=timezone.now(),
    )
    act.found(reason_length=len(reason), policy=published.version)
    act.changed(
        following,
        before={"time_zone": calendar.time_zone, "hours": calendar.hours, "holidays": len(calendar.holidays)},
        after={"time_zone": time_zone, "hours": hours, "holidays": len(days)},
    )
    act.touched(published)
    return published


@action(
    "support.clocks.record_missed",
    permission=Permission.SUPPORT_RECEIVE,
    done=gettext_lazy("recorded promised times that were missed"),
    tried=gettext_lazy("tried to record promised times that were missed"),
)
def record_missed(act: Act, *, now: datetime) -> int:
    """Record the promised times that have run out. Called by the worker every minute. Returns how many."""
    missed = {
        subject: clocks
        for subject in queries.unrecorded(now, at_most=MAX_SUBJECTS)
        if (clocks := recording.record_missed(act, subject, now))
    }
    if not missed:
        act.noop(_("No promised time has run out."))
        return 0
    number = sum(map(len, missed.values()))
    act.found(missed=number, clocks=sorted({clock for clocks in missed.values() for clock in clocks}))
    act.touched(*keys.many("ticket", [str(subject) for subject in missed]))
    return number


def _seen(act: Act, version: int) -> SlaPolicy:
    """The present policy, locked against another change, if it is the version that the person has seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("clocks", "policy")])
    policy = queries.newest_policy()
    if policy is None or policy.version != version:
        raise StateConflict(
            _("Somebody has changed the promised times in the meantime."), reason=Reason.STALE_FORM
        )
    act.reads(policy)
    return policy
