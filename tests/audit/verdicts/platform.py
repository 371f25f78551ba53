"""Freezes, plans, ceilings and onboarding: an attempt, and an action that changes how it is decided."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import tenant_context

from inventory.actions.vendors import (
    create_vendor,
)
from inventory.files.actions import import_vendors
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.actions.plan_changes import change_plan
from plans.models import FreezeToggle, Tenant
from tests.audit.verdicts.company import Attempt, Company
from tests.factories import onboardings, tenants
from tests.kernel.example_action import fill


def freezing(company: Company) -> tuple[Attempt, Attempt]:
    lead = company.public("ops_lead")
    with tenant_context(tenants.public()):
        start_freeze(lead, tenant=company.tenant, reason="drill")
        explain_freeze(lead, tenant=company.tenant, root_cause="a drill")
        number = FreezeToggle.objects.filter(tenant=company.tenant, kind="root_cause").latest("pk").pk

    def thaw() -> None:
        with tenant_context(tenants.public()):
            end_freeze(company.public("platform_lead"), tenant=company.tenant, shown=number)

    return company.receive, thaw


def a_larger_plan(company: Company) -> tuple[Attempt, Attempt]:
    Tenant.objects.filter(pk=company.tenant.pk).update(plan="free")
    fill()

    def buy() -> None:
        with tenant_context(tenants.public()):
            values = {"tenant": company.tenant, "from_plan": "free", "to_plan": "pro", "reason": "They grow"}
            change_plan(company.public("platform_lead"), **values)

    return lambda: create_vendor(company.manager, code="V1", name="One"), buy


def a_ceiling(company: Company) -> tuple[Attempt, Attempt]:
    Tenant.objects.filter(pk=company.tenant.pk).update(plan="free")
    fill(7)
    content = b"code,name,eligible\nV1,One,true\n"
    return lambda: create_vendor(company.manager, code="V2", name="Two"), lambda: import_vendors(
        company.manager, content=content
    )


def an_onboarding(company: Company) -> tuple[Attempt, Attempt]:
    operator = company.public("operator")
    with tenant_context(tenants.public()):
        onboarding = onboardings.go(operator, onboardings.start(operator), until="role_model")

    def inside(step: str) -> Attempt:
        def do() -> Any:
            with tenant_context(tenants.public()):
                return onboardings.take(operator, onboarding, step)

        return do

    return inside("tenant"), inside("role_model")
