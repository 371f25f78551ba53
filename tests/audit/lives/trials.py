"""An owner tries out changes of rights, and an operator tries out a plan."""

from __future__ import annotations

from django_tenants.utils import tenant_context

from asora.trials.actions import try_hubs, try_plan, try_role, try_role_model
from tests.audit.verdicts.company import Company
from tests.factories import tenants

TRIALS = {"accounts.role.try", "accounts.hubs.try", "plans.role_model.try", "plans.plan.try"}


def trials(company: Company) -> None:
    """Another role and other hubs of the receiver, another role model, and another plan."""
    receiver = company.person("receiver")
    try_role(company.owner, person=receiver, role="viewer")
    try_hubs(company.owner, person=receiver, places=[company.master_data.north])
    try_role_model(company.owner, role_model="simple", renamed={"receiver": "staff"})
    with tenant_context(tenants.public()):
        try_plan(company.public("operator"), tenant=company.tenant, to_plan="free")
