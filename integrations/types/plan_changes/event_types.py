"""The event type of plan changes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.definition import EventType
from integrations.types.plan_changes.fields import PlanChanged

CHANGED = EventType(
    name="inventory.tenant.plan_changed.v1",
    group=_("Company"),
    title=_("Plan changed"),
    meaning=_("The operator of Asora changed the plan of the company, and with it the limits."),
    permission=Permission.PLANS_VIEW_USAGE,
    subject="tenant",
    example=PlanChanged(from_plan="free", to_plan="pro"),
)
