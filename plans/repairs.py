"""What would lift a ceiling or a freeze: a larger plan, or an end of the freeze. Both are supposed, never made."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.repairs import Found, Need, NoRepair, Repair, repairs
from plans import catalogue
from plans.freezes import NotFrozen
from plans.limits import OtherPlan
from plans.models import Tenant


@repairs(
    Reason.PLAN_ITEMS,
    Reason.PLAN_CATEGORIES,
    Reason.PLAN_HUBS,
    Reason.PLAN_BINS,
    Reason.PLAN_VENDORS,
    Reason.PLAN_EXPORTS,
    Reason.PLAN_INTEGRATIONS,
)
def _larger_plan(found: Found) -> Iterable[Need]:
    """The plans with room for what is there and what is added, the smallest first."""
    details = found.refusal.details
    resource = str(details["rule"]).removeprefix("plans.")
    wanted = int(details["usage"]) + max(int(details["asked"]), 1)
    enough = [
        (limit, plan)
        for plan in catalogue.CEILINGS
        if (limit := catalogue.ceiling(plan=plan, resource=resource)) is None or limit >= wanted
    ]
    if not enough:
        raise NoRepair(_("No plan allows so many."))
    yield [
        Repair(
            key=f"plan:{plan}",
            text=_("Change to the plan “%(plan)s”.") % {"plan": Tenant.Plan(plan).label},
            by=(Permission.PLANS_CHANGE_PLAN,),
            supposes=(OtherPlan(plan),),
        )
        for _limit, plan in sorted(enough, key=lambda one: (one[0] is None, one[0] or 0))
    ]


@repairs(Reason.FREEZE_ACTIVE)
def _unfreeze(_found: Found) -> Iterable[Need]:
    yield [
        Repair(
            key="unfreeze",
            text=_("Unfreeze the tenant, after another person has recorded the root cause."),
            by=(Permission.PLANS_UNFREEZE_TENANT,),
            supposes=(NotFrozen(),),
        )
    ]
