"""The public half of the steps that concern a tenant. `workflow` then runs their half inside the tenant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from guardian.shortcuts import assign_perm

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from asora.onboarding.actions import gates
from asora.onboarding.actions.drafts import PERMISSION
from asora.onboarding.actions.seeding import check_in_tenant
from asora.onboarding.queries import owner_has_come
from asora.onboarding.rules import SEEDED
from inventory.files.actions.file_lines import Imported
from plans.actions.tenants import create_tenant
from plans.grants import MANAGE_TENANT
from plans.models import Onboarding, Tenant


@action(
    "plans.onboarding.create_tenant",
    permission=PERMISSION,
    subject="onboarding",
    constraint_refusals=create_tenant.constraint_refusals,
    step_up=True,
    done=gettext_lazy("entered the tenant of onboarding {label}"),
    tried=gettext_lazy("tried to enter the tenant of onboarding {label}"),
)
def write_tenant_down(
    act: Act,
    *,
    onboarding: Onboarding,
    plan: str,
    role_model: str,
    costing: str,
    currency: str,
    time_zone: str,
) -> Tenant:
    """The first half of step 3: the tenant's row. Nobody can reach the tenant before its schema is checked and opened.

    `plan`, `role_model`: as the operator saw them. The operator manages the tenant from now on. Refusals:
    AUTH_REQUIRED STEP_UP_REQUIRED; VALIDATION_FAILED STEP_TOO_EARLY, CODE_TAKEN, INVALID_INPUT; STATE_CONFLICT
    STALE_FORM (somebody assigned another plan or role model meanwhile), ONBOARDING_CLOSED.
    """
    row = gates.locked_row(act, onboarding)
    gates.require_parents(row, "tenant")
    if row.tenant is not None:
        act.noop("the tenant's row already exists")
        return row.tenant
    if (plan, role_model) != (row.plan, row.role_model):
        raise StateConflict(
            _("Somebody has assigned another plan or role model since you opened this page."),
            reason=Reason.STALE_FORM,
            details={"remedy": _("Check what is assigned now, and send the form again.")},
        )
    given = {"costing": costing, "currency": currency, "time_zone": time_zone}
    tenant = create_tenant.body(act, slug=row.slug, name=row.name, plan=plan, role_model=role_model, **given)
    row.tenant = tenant
    row.costing, row.currency, row.time_zone = costing, currency, time_zone
    row.save(update_fields=["tenant", *given])
    if act.actor.account is not None and not act.actor.may(MANAGE_TENANT, tenant):
        assign_perm(MANAGE_TENANT, act.actor.account, tenant)
    act.changed(row, before={"tenant": None}, after={"tenant": tenant.slug, **given})
    return tenant


@action(
    "plans.onboarding.seed",
    permission=PERMISSION,
    subject="onboarding",
    derive=check_in_tenant,
    done=gettext_lazy("imported a file for onboarding {label}"),
    tried=gettext_lazy("tried to import a file for onboarding {label}"),
)
def begin_seeding(
    act: Act, *, onboarding: Onboarding, step: str, content: bytes, derived: Imported = BY_DERIVE
) -> tuple[Onboarding, Imported]:
    """The public half of steps 4 to 8: which file was sent for which step, once the tenant's import has checked it.

    An earlier verification becomes invalid. Refusals: PERMISSION_DENIED; VALIDATION_FAILED STEP_TOO_EARLY,
    INVALID_INPUT, NO_DATA; STATE_CONFLICT ONBOARDING_CLOSED; those of the tenant's import.
    """
    row = gates.locked_row(act, onboarding)
    if step not in SEEDED:
        raise ValidationFailed.at_field("step", _("There is no such step."), reason=Reason.INVALID_INPUT)
    gates.require_parents(row, step)
    row.checks, row.verified_by, row.verified_at = [], "", None
    row.save(update_fields=["checks", "verified_by", "verified_at"])
    act.touched(row)
    act.found(step=step, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    return row, derived


@action(
    "plans.onboarding.verify",
    permission=PERMISSION,
    subject="onboarding",
    done=gettext_lazy("verified onboarding {label}"),
    tried=gettext_lazy("tried to verify onboarding {label}"),
)
def record_checks(act: Act, *, onboarding: Onboarding, checks: Sequence[ReadOnlyValues]) -> Onboarding:
    """Store the results of the four checks, green or red. The owner can be invited only after all are green.

    Refusals: PERMISSION_DENIED; VALIDATION_FAILED STEP_TOO_EARLY; STATE_CONFLICT ONBOARDING_CLOSED.
    """
    row = gates.locked_row(act, onboarding)
    gates.require_parents(row, "verification")
    row.checks = [dict(check) for check in checks]
    row.verified_by, row.verified_at = act.actor.ref, timezone.now()
    row.save(update_fields=["checks", "verified_by", "verified_at"])
    colours = {str(check["name"]): "green" if check["is_green"] else "red" for check in checks}
    act.touched(row)
    act.found(verified=len(checks), **colours)
    return row


@action(
    "plans.onboarding.invite_owner",
    permission=PERMISSION,
    subject="onboarding",
    step_up=True,
    done=gettext_lazy("invited the first owner of onboarding {label}"),
    tried=gettext_lazy("tried to invite the first owner of onboarding {label}"),
)
def announce_owner(act: Act, *, onboarding: Onboarding) -> Onboarding:
    """The public half of the owner's invitation. Only the tenant stores who the owner is.

    Once an owner has accepted, only the owner invites more people, even while the checklist is open. Refusals:
    AUTH_REQUIRED STEP_UP_REQUIRED; VALIDATION_FAILED STEP_TOO_EARLY; STATE_CONFLICT ONBOARDING_CLOSED, STEP_DONE.
    """
    row = gates.locked_row(act, onboarding)
    gates.require_parents(row, "owner")
    if owner_has_come(row):
        raise gates.already_done(
            _("The owner has already accepted. From now on the owner invites other people.")
        )
    act.touched(row)
    act.found(role="owner")
    return row


@action(
    "plans.onboarding.complete",
    permission=PERMISSION,
    subject="onboarding",
    done=gettext_lazy("completed onboarding {label}"),
    tried=gettext_lazy("tried to complete onboarding {label}"),
)
def complete(act: Act, *, onboarding: Onboarding) -> Onboarding:
    """Close the checklist. Refusals: VALIDATION_FAILED STEP_TOO_EARLY; STATE_CONFLICT ONBOARDING_CLOSED."""
    row = gates.locked_row(act, onboarding)
    gates.require_parents(row, "completion")
    row.completed_by, row.completed_at = act.actor.ref, timezone.now()
    row.save(update_fields=["completed_by", "completed_at"])
    act.changed(row, before={"state": "under way"}, after={"state": "completed"})
    return row
