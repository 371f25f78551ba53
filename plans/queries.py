"""Named reads of tenants: their state, their usage, and what each plan would allow."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_tenants.utils import tenant_context

from asora.kernel.act import Act, Tenancy
from asora.kernel.shapes import ReadOnlyValues, Values
from plans import catalogue, limits
from plans.grants import managed_tenants
from plans.models import PlanChange, Tenant, TenantFreeze
from plans.reachable import TenantQuerySet

MAX_WORDS = 6


def with_state(tenants: TenantQuerySet) -> QuerySet[Tenant]:
    """The same tenants, annotated with whether each is frozen, reachable, or has lost its schema."""
    rows: QuerySet[Tenant] = tenants.with_reach().annotate(
        is_frozen=Exists(TenantFreeze.objects.filter(tenant=OuterRef("pk"), is_active=True)),
    )
    return rows


def state_of(tenant: Tenant) -> str:
    """The state of a tenant of `with_state`.

    One of `missing` (its schema is gone), `frozen`, `open`, or `unopened` (it has no host name yet).
    """
    if tenant.is_missing:
        return "missing"
    if tenant.is_frozen:
        return "frozen"
    return "open" if tenant.is_reachable else "unopened"


def tenants(act: Act, filters: ReadOnlyValues) -> QuerySet[Tenant]:
    """The tenants that the actor may manage and that match a filter (see `plans.forms.TenantFilter`)."""
    rows = with_state(managed_tenants(act.actor))
    for word in filters.get("q", "").split()[:MAX_WORDS]:
        rows = rows.filter(Q(slug__icontains=word) | Q(name__icontains=word))
    for name in ("plan", "role_model"):
        if value := filters.get(name):
            rows = rows.filter(**{name: value})
    match filters.get("state"):
        case "frozen":
            rows = rows.filter(is_frozen=True, is_missing=False)
        case "open":
            rows = rows.filter(is_frozen=False, is_reachable=True)
        case "unopened":
            rows = rows.filter(is_frozen=False, is_reachable=False, is_missing=False)
        case "missing":
            rows = rows.filter(is_missing=True)
    return rows


def usage_of(tenant: Tenant) -> list[Values]:
    """The usage of a tenant, read from the public host; empty while its schema may be incomplete."""
    if not Tenant.objects.reachable().filter(pk=tenant.pk).exists():
        return []
    with tenant_context(tenant):
        return limits.usage_table(tenant)


def comparison(usage: Sequence[ReadOnlyValues]) -> list[Values]:
    """All plans side by side: for each resource the usage (None: not counted) and each plan's ceiling, lowest first."""
    used = {row["resource"]: row["usage"] for row in usage}
    return [
        {
            "label": label,
            "used": used.get(name),
            "cells": [
                {
                    "plan": plan,
                    "limit": limit,
                    "is_over": limit is not None and used.get(name, 0) > limit,
                }
                for plan in Tenant.Plan.values
                for limit in (catalogue.ceiling(plan=plan, resource=name),)
            ],
        }
        for name, label in catalogue.LABELS.items()
    ]


def plan_history(tenant: Tenancy) -> QuerySet[PlanChange]:
    """The plans a tenant has had, newest first."""
    return PlanChange.objects.filter(tenant_id=tenant.pk).order_by("-changed_at", "-pk")
