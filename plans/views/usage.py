"""The plan page of a tenant's owner."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from plans import limits, queries
from plans.models import Tenant


@page(permission=Permission.PLANS_VIEW_USAGE)
def usage(request: AsoraRequest) -> HttpResponse:
    """The usage of the plan, a comparison of all plans, and the plan's history."""
    act = request.act
    table = limits.usage_table(act.tenant)
    month = limits.month_start(timezone.now())
    return respond(
        request,
        "plans/usage.html",
        {
            "tenant": act.tenant,
            "usage": table,
            "plans": Tenant.Plan.choices,
            "comparison": queries.comparison(table),
            "history": queries.plan_history(act.tenant),
            "month_ends": limits.month_start(month + timedelta(days=32)),
        },
    )
