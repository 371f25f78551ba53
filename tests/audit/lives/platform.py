"""What operators do on the public host: onboarding, plans and freezes."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import tenant_context

from asora.onboarding import rules
from asora.onboarding.actions.drafts import abandon
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.actions.plan_changes import change_plan
from tests.audit.verdicts.company import Company
from tests.factories import onboardings, tenants
from tests.factories.freezes import root_cause_number

ONBOARDING = {
    "plans.onboarding.start",
    "plans.onboarding.confirm",
    "plans.onboarding.assign_plan",
    "plans.onboarding.assign_role_model",
    "plans.onboarding.create_tenant",
    "plans.tenant.open",
    "plans.onboarding.seed",
    "plans.onboarding.verify",
    "plans.onboarding.invite_owner",
    "plans.onboarding.complete",
    "plans.onboarding.abandon",
}
OPERATION = {"plans.plan.change", "plans.freeze.start", "plans.freeze.explain", "plans.freeze.end"}


def onboarding(company: Company) -> None:
    """A customer from the first page to the completed onboarding; another one is abandoned."""
    act = company.public("operator")
    with tenant_context(tenants.public()):
        draft = onboardings.start(act)
        for step in rules.STEPS:
            onboardings.take(act, draft, step)
        abandon(act, onboarding=onboardings.start(act, "second", "Second Ltd"))


def operation(company: Company) -> None:
    """A larger plan, and a freeze with its root cause."""
    values: dict[str, Any] = {"tenant": company.tenant, "from_plan": "pro", "to_plan": "enterprise"}
    with tenant_context(tenants.public()):
        change_plan(company.public("platform_lead"), **values, reason="They grow")
        start_freeze(company.public("ops_lead"), tenant=company.tenant, reason="drill")
        explain_freeze(company.public("ops_lead"), tenant=company.tenant, root_cause="a drill")
        end_freeze(company.public("platform_lead"), tenant=company.tenant, shown=root_cause_number())
