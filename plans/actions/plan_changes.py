"""Changing what a tenant bought. The one way there is: no form, window or command writes a plan without it."""

from __future__ import annotations

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.door import Unavailable, action
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from plans import limits, rules
from plans.grants import require_managed
from plans.models import PlanChange, Tenant

LOCK_NOT_AVAILABLE = "55P03"


@action("plans.plan.change", permission="plans.change_plan", about="tenant", step_up=True)
def change_plan(act: Act, *, tenant: Tenant, from_plan: str, to_plan: str, reason: str) -> PlanChange:
    """Give a tenant another plan from this moment on; what it has stays, also where the new plan allows less.

    `from_plan`: the plan that the decision was made upon. Waits for creations that are under way, which were judged
    by the old plan. Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, VALIDATION_FAILED INVALID_INPUT, SAME_PLAN,
    STATE_CONFLICT STALE_FORM.
    """
    require_managed(act, tenant)
    act.reads(keys.PLAN)
    if to_plan not in Tenant.Plan.values:
        raise ValidationFailed.at_field("to_plan", _("There is no such plan."), reason=Reason.INVALID_INPUT)
    if to_plan == from_plan:
        raise ValidationFailed.at_field("to_plan", _("The tenant has this plan."), reason=Reason.SAME_PLAN)
    try:
        why = rules.reason(reason)
    except rules.RuleBroken as broken:
        raise ValidationFailed.at_field("reason", broken, reason=Reason.INVALID_INPUT) from broken
    _wait_for_creations(tenant)
    row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if row.plan != from_plan:
        raise StateConflict(
            _("The tenant got another plan in the meantime."),
            reason=Reason.STALE_FORM,
            details={"plan": row.plan, "remedy": _("Look at the plan that it has now, and decide again.")},
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
    """Take the lock whose shared form every claim of a ceiling holds, or give up: others wait behind this."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [limits.plan_key(tenant)])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise Unavailable(
                _("Something large is being created there. Try again when it is done.")
            ) from error
        raise
