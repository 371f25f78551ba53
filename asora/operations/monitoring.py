"""The activity in a tenant as numbers, for operators, who may not open anything inside a tenant."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.utils import timezone

from asora.jobs.models import UNFINISHED, Job, State
from asora.kernel.shapes import Values
from audit.events.models import Event
from ledger.models import Export
from plans.limits import month_start

WINDOW = timedelta(days=30)
MAX_RULES = 10


def activity() -> Values:
    """Events by outcome, refusals by rule, jobs by state and exports of the bound tenant. No names, labels or amounts.

    Events, refusals and finished jobs are those of the last thirty days. Unfinished jobs are counted whenever they were
    requested. Exports are those of the calendar month in UTC, as the plan counts them.
    """
    now = timezone.now()
    since = now - WINDOW
    refusals = _refusals(since)
    return {
        "events": _events(since),
        "refusals": refusals[:MAX_RULES],
        "refused_rules": len(refusals),
        "jobs": _jobs(since),
        "exports": _exports(now),
    }


def _events(since: datetime) -> list[Values]:
    """Every outcome with its number, including outcomes with none."""
    rows = Event.objects.filter(occurred_at__gte=since).order_by().values_list("outcome")
    numbers = dict(rows.annotate(number=Count("pk")))
    return [{"outcome": outcome, "number": numbers.get(outcome, 0)} for outcome in Event.Outcome.values]


def _refusals(since: datetime) -> list[Values]:
    """How often each rule refused, and when last. Events older than the rules' names are counted by their reason."""
    rows = Event.objects.filter(occurred_at__gte=since, outcome=Event.Outcome.REFUSED).order_by()
    counted = rows.values("code", "reason", "rule_id").annotate(number=Count("pk"), last=Max("occurred_at"))
    return list(counted.order_by("-number", "code", "reason", "rule_id"))


def _jobs(since: datetime) -> list[Values]:
    jobs = Job.objects.filter(state__in=UNFINISHED) | Job.objects.filter(finished_at__gte=since)
    numbers = dict(jobs.order_by().values_list("state").annotate(number=Count("pk")))
    return [{"state": state, "label": state.label, "number": numbers.get(state.value, 0)} for state in State]


def _exports(now: datetime) -> Values:
    found: Values = Export.objects.filter(created_at__gte=month_start(now)).aggregate(
        number=Count("pk"), last=Max("created_at")
    )
    return found
