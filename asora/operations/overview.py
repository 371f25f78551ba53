"""The operators' first page: the state of the installation, and what needs attention."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpResponse

from asora.jobs import queue
from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from asora.operations.health import Health, health_of
from asora.operations.sealing import Sealing, sealing_of
from asora.startup import guarantees
from audit.explorer.queries import platform_events
from plans.grants import managed_tenants, manages_all
from plans.models import Onboarding, Tenant, TenantFreeze
from plans.queries import with_state
from plans.reachable import TenantQuerySet
from support.access import database_role

VIEW = Permission.PLANS_VIEW_TENANT
LATEST_EVENTS = 8
MAX_SHOWN = 6


@page(permission=VIEW, host="public")
def overview(request: AsoraRequest) -> HttpResponse:
    """Tenants by plan, frozen tenants, onboardings, ledgers without a proof, seals, the guarantees, and the workers."""
    act = request.act
    tenants = managed_tenants(act.actor)
    ill = [health for health in _health(tenants) if health.needs_somebody]
    unsealed = [sealing for sealing in _sealing(tenants) if sealing.needs_somebody]
    return respond(
        request,
        "operations/overview.html",
        {
            "count": tenants.count(),
            "plans": _by_plan(tenants),
            "frozen": _frozen(tenants),
            "onboardings": _onboardings(tenants, act),
            "ill": ill[:MAX_SHOWN],
            "ill_count": len(ill),
            "broken_count": sum(health.state == "broken" for health in ill),
            "unsealed": unsealed[:MAX_SHOWN],
            "unsealed_count": len(unsealed),
            "tampered_count": sum(sealing.state == "broken" for sealing in unsealed),
            "platform": sealing_of([Tenant.objects.get(schema_name=binding.PUBLIC)])[0],
            "problems": guarantees.problems(),
            "queue": queue.state(),
            "support_role": database_role.state(),
            "events": list(platform_events(act).order_by("-occurred_at", "-id")[:LATEST_EVENTS])
            if act.actor.may(Permission.AUDIT_VIEW)
            else None,
            "windows": _windows(request),
        },
    )


def _health(tenants: TenantQuerySet) -> list[Health]:
    return health_of(list(with_state(tenants).filter(is_reachable=True)))


def _sealing(tenants: TenantQuerySet) -> list[Sealing]:
    return sealing_of(list(with_state(tenants).filter(is_reachable=True)))


def _by_plan(tenants: TenantQuerySet) -> list[Values]:
    numbers = dict(tenants.order_by().values_list("plan").annotate(number=Count("pk")))
    return [
        {"plan": plan, "label": label, "number": numbers.get(plan, 0)} for plan, label in Tenant.Plan.choices
    ]


def _frozen(tenants: TenantQuerySet) -> list[TenantFreeze]:
    rows = TenantFreeze.objects.filter(is_active=True, tenant__in=tenants)
    return list(rows.select_related("tenant").order_by("-frozen_at"))


def _onboardings(tenants: TenantQuerySet, act: Act) -> list[Onboarding]:
    """The onboardings under way; for an operator of some tenants, those of their tenants and their own drafts."""
    rows = Onboarding.objects.filter(completed_at=None, abandoned_at=None)
    if not manages_all(act.actor):
        rows = rows.filter(Q(tenant__in=tenants) | Q(opened_by=act.actor.ref))
    return list(rows.order_by("-opened_at")[:MAX_SHOWN])


def _windows(request: AsoraRequest) -> list[Values]:
    """Django admin's read-only lists."""
    return [
        {"name": model["name"], "url": model["admin_url"]}
        for app in admin.site.get_app_list(request)
        for model in app["models"]
    ]
