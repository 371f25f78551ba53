"""The page of promised times, and the forms that change them."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from asora.kernel.text import StrOrPromise
from support.clocks import opening_hours, queries, rules
from support.clocks.actions import publish_calendar, publish_policy
from support.clocks.forms import CalendarForm, PolicyForm
from support.clocks.models import Calendar, SlaPolicy
from support.clocks.wording import target_time, whose
from support.clocks.words import LABELS

WORK, MANAGE = Permission.SUPPORT_WORK_DESK, Permission.SUPPORT_MANAGE_KNOWLEDGE
POLICY, CALENDAR = "support/clocks/policy.html", "support/clocks/calendar.html"


class Promised(NamedTuple):
    """All targets of one clock, as (for whom, time, pauses)."""

    label: StrOrPromise
    rows: list[tuple[str, str, bool]]


@page(permission=WORK, host="public")
def promised_times(request: AsoraRequest) -> HttpResponse:
    """The policy that is in force, the calendars, and the versions before."""
    return respond(
        request,
        "support/clocks/promised_times.html",
        {
            "policy": _policy(),
            "promised": _promised(_policy()),
            "calendars": [_shown(calendar) for calendar in queries.newest_calendars()],
            "versions": queries.versions(),
            "may_change": request.act.actor.may(MANAGE),
        },
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.clocks.publish_policy", host="public")
def policy_change(request: AsoraRequest) -> HttpResponse:
    """Change the promised times."""
    policy = _policy()
    if request.method != "POST":
        return respond(request, POLICY, _policy_context(PolicyForm(policy=policy)))
    form = PolicyForm(request.POST, policy=policy)
    try:
        published = publish_policy.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return refused_form(request, POLICY, form, refusal, _policy_context(form))
    messages.success(request, _("Version %(version)s is in force.") % {"version": published.version})
    return redirect("support:promised-times")


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.clocks.publish_calendar", host="public")
def calendar_change(request: AsoraRequest, key: str) -> HttpResponse:
    """Change a calendar."""
    newest = [calendar.pk for calendar in queries.newest_calendars()]
    calendar = load(request, Calendar.objects.filter(pk__in=newest), permission=MANAGE, key=key)
    policy = _policy()
    if request.method != "POST":
        context = {"form": CalendarForm(calendar=calendar, policy=policy), "calendar": calendar}
        return respond(request, CALENDAR, context)
    form = CalendarForm(request.POST, calendar=calendar, policy=policy)
    try:
        published = publish_calendar.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return refused_form(request, CALENDAR, form, refusal, {"calendar": calendar})
    messages.success(request, _("Version %(version)s is in force.") % {"version": published.version})
    return redirect("support:promised-times")


def _policy() -> SlaPolicy:
    policy = queries.newest_policy()
    if policy is None:
        raise RouteNotFound(_("There are no promised times yet."), reason=Reason.NO_SUCH_RECORD)
    return policy


def _promised(policy: SlaPolicy) -> list[Promised]:
    targets = list(policy.targets.all())
    return [
        Promised(
            LABELS[clock],
            [
                (whose(target), target_time(target), target.pauses)
                for target in sorted(targets, key=lambda one: (one.severity or 9, one.category, one.queue))
                if target.clock == clock
            ],
        )
        for clock in rules.CLOCKS
    ]


def _policy_context(form: PolicyForm) -> Values:
    return {"form": form, "groups": [(LABELS[clock], fields) for clock, fields in form.groups()]}


def _shown(calendar: Calendar) -> Values:
    return {
        "calendar": calendar,
        "days": [(label, opening_hours.write_day(calendar.hours[day])) for day, label in WEEKDAYS.items()],
        "last_holiday": calendar.holidays[-1] if calendar.holidays else "",
    }
