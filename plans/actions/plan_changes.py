"""Changing a tenant's plan. This is the only way: no form, admin page or command writes a plan without it."""

from __future__ import annotations

from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.database_errors import Unavailable
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from plans import limits, rules
from plans.grants import require_managed
from plans.models import PlanChange, Tenant

LOCK_NOT_AVAILABLE = "55P03"


@action(
    "plans.plan.change",
    permission=Permission.PLANS_CHANGE_PLAN,
    subject="tenant",
    step_up=True,
    done=gettext_lazy("changed the plan of tenant {label}"),
    tried=gettext_lazy("tried to change the plan of tenant {label}"),
)
def change_plan(act: Act, *, tenant: Tenant, from_plan: str, to_plan: str, reason: str) -> PlanChange:
    """Change a tenant's plan from now on. Its records stay, even if the new plan allows fewer.

    `from_plan`: the plan that the form showed. Waits for creations under way, which were checked against the old plan.
    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, VALIDATION_FAILED INVALID_INPUT, SAME_PLAN,
    STATE_CONFLICT STALE_FORM.
    """
    require_managed(act, tenant)
    act.reads(keys.PLAN)
    if to_plan not in Tenant.Plan.values:
        raise ValidationFailed.at_field("to_plan", _("There is no such plan."), reason=Reason.INVALID_INPUT)
    if to_plan == from_plan:
        raise ValidationFailed.at_field(
            "to_plan", _("The tenant already has this plan."), reason=Reason.SAME_PLAN
        )
    try:
        why = rules.reason(reason)
    except rules.RuleBroken as broken:
        raise ValidationFailed.at_field("reason", broken, reason=Reason.INVALID_INPUT) from broken
    _wait_for_creations(tenant)
    row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if row.plan != from_plan:
        raise StateConflict(
            _("The tenant's plan was changed in the meantime."),
            reason=Reason.STALE_FORM,
            details={"plan": row.plan, "remedy": _("Check the current plan, and decide again.")},
        )
    row.plan = to_plan
    row.save(update_fields=["plan"])
    change = PlanChange.objects.create(
        tenant=row,
        from_plan=from_plan,
        to_plan=to_plan,
        reason=why,
        changed_by=act.actor.ref,
        request_id=act.request_id,
    )
    act.touched(keys.PLAN)
    act.changed(row, before={"plan": from_plan}, after={"plan": to_plan})
    act.found(reason=why)
    return change


def _wait_for_creations(tenant: Tenant) -> None:
    """Take exclusively the lock that claims of a ceiling take in shared mode. Gives up soon: others queue behind it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [limits.plan_key(tenant)])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise Unavailable(
                _("The tenant is creating many records right now. Try again in a few minutes.")
            ) from error
        raise
