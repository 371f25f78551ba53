"""Says how much time a clock has left, and what a target promises."""

from __future__ import annotations

from datetime import timedelta

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from support.clocks import rules
from support.clocks.models import SlaTarget
from support.clocks.queries import ClockState

MINUTES_A_DAY, MINUTES_AN_HOUR = 24 * 60, 60


def time_left(state: ClockState) -> str:
    """For example "3 h 20 min left", "45 min late", or "" for a clock that has ended."""
    if not state.is_open:
        return ""
    if state.state == "missed":
        return _("%(time)s late") % {"time": amount(-state.left)}
    values = {"time": amount(state.left, in_hours=state.is_business)}
    if state.state == "paused":
        return _("%(time)s left when it goes on") % values
    return _("%(time)s of business hours left") % values if state.is_business else _("%(time)s left") % values


def amount(time: timedelta, *, in_hours: bool = False) -> str:
    """A time in its two largest units. `in_hours`: without days, because a day of business hours is no day."""
    minutes = int(time.total_seconds()) // 60
    if minutes < MINUTES_AN_HOUR:
        return _("%(minutes)s min") % {"minutes": minutes}
    if in_hours or minutes < MINUTES_A_DAY:
        hours, minutes = divmod(minutes, MINUTES_AN_HOUR)
        if not minutes:
            return _("%(hours)s h") % {"hours": hours}
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    days, hours = divmod(minutes // MINUTES_AN_HOUR, 24)
    if not hours:
        return _("%(days)s d") % {"days": days}
    return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}


def whose(target: SlaTarget) -> str:
    """For which tickets a target is promised: "Sev3, level 2", "Category E", "All tickets"."""
    named = [
        _("Sev%(severity)s") % {"severity": target.severity} if target.severity else "",
        _("category %(category)s") % {"category": target.category} if target.category else "",
        _("level %(level)s") % {"level": target.queue.removeprefix("l")} if target.queue else "",
    ]
    return capfirst(", ".join(filter(None, named)) or _("all tickets"))


def target_label(target: SlaTarget) -> str:
    """As `whose`, with the unit of its amount: "Sev3, business minutes"."""
    return f"{whose(target)}, {target.get_unit_display()}"


def target_time(target: SlaTarget) -> str:
    """What a target promises: "4 h of business hours", "3 business days", "the same business day"."""
    if target.unit == rules.SAME_BUSINESS_DAY:
        return _("the same business day")
    if target.unit == rules.BUSINESS_DAYS:
        number = target.amount
        return ngettext("%(number)s business day", "%(number)s business days", number) % {"number": number}
    is_business = target.unit == rules.BUSINESS_MINUTES
    time = amount(timedelta(minutes=target.amount), in_hours=is_business)
    return _("%(time)s of business hours") % {"time": time} if is_business else time
