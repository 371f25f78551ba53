"""Drafts: start, confirm, assign the plan and the role model, abandon. Public rows only; no tenant exists yet."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.onboarding.actions import gates
from asora.onboarding.rules import CONFIRM
from plans import rules
from plans.models import RESERVED_SLUGS, Onboarding, OnboardingConfirmation, Tenant

PERMISSION = Permission.PLANS_ONBOARD_TENANT
INVALID = Reason.INVALID_INPUT


def _slug_taken() -> ValidationFailed:
    return ValidationFailed.at_field("slug", _("This name is already taken."), reason=Reason.CODE_TAKEN)


@action(
    "plans.onboarding.start",
    permission=PERMISSION,
    subject="slug",
    constraint_refusals={"plans_onboarding_once": _slug_taken},
    done=gettext_lazy("started onboarding {label}"),
    tried=gettext_lazy("tried to start onboarding {label}"),
)
def start_onboarding(act: Act, *, slug: str, name: str) -> Onboarding:
    """Start to onboard a customer: a draft with the name that its URLs will contain.

    Refusals: VALIDATION_FAILED NAME_RESERVED, CODE_TAKEN (a tenant or another open draft has it), INVALID_INPUT.
    """
    if slug in RESERVED_SLUGS:
        raise ValidationFailed.at_field("slug", _("This name is reserved."), reason=Reason.NAME_RESERVED)
    onboarding = Onboarding(slug=slug, name=_line(name, field="name"), opened_by=act.actor.ref)
    try:
        onboarding.full_clean(exclude=["checks"], validate_constraints=False)
    except ValidationError as error:
        raise _invalid(error) from error
    is_drafted = Onboarding.objects.filter(slug=slug, abandoned_at=None).exists()
    if is_drafted or Tenant.objects.filter(slug=slug).exists():
        raise _slug_taken()
    onboarding.save()
    act.changed(onboarding, after={"slug": slug, "name": onboarding.name})
    return onboarding


@action(
    "plans.onboarding.confirm",
    permission=PERMISSION,
    subject="onboarding",
    done=gettext_lazy("confirmed an item of the checklist of onboarding {label}"),
    tried=gettext_lazy("tried to confirm an item of the checklist of onboarding {label}"),
)
def confirm(act: Act, *, onboarding: Onboarding, kind: str, note: str) -> OnboardingConfirmation:
    """Confirm one of the five facts, with a note about how the operator knows. A second confirmation does nothing.

    Refusals: PERMISSION_DENIED; VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT ONBOARDING_CLOSED.
    """
    row = gates.locked_row(act, onboarding)
    if kind not in OnboardingConfirmation.Kind.values:
        raise ValidationFailed.at_field("kind", _("There is no such confirmation."), reason=INVALID)
    gates.require_parents(row, CONFIRM + kind)
    if known := row.confirmations.filter(kind=kind).first():
        act.noop("it was already confirmed")
        return known
    line = _line(note, field="note")
    if not line:
        raise ValidationFailed.at_field("note", _("Write down how you know."), reason=INVALID)
    confirmation = OnboardingConfirmation.objects.create(
        onboarding=row, kind=kind, note=line, confirmed_by=act.actor.ref
    )
    # Not the note: people write names into notes.
    act.changed(row, before={kind: None}, after={kind: "confirmed"})
    return confirmation


@action(
    "plans.onboarding.assign_plan",
    permission=PERMISSION,
    subject="onboarding",
    done=gettext_lazy("assigned a plan to onboarding {label}"),
    tried=gettext_lazy("tried to assign a plan to onboarding {label}"),
)
def assign_plan(act: Act, *, onboarding: Onboarding, plan: str) -> Onboarding:
    """Step 1: assign the plan. It can be assigned again until the tenant is created.

    Refusals: PERMISSION_DENIED; VALIDATION_FAILED INVALID_INPUT, STEP_TOO_EARLY; STATE_CONFLICT ONBOARDING_CLOSED,
    STEP_DONE (then it is a change of plan).
    """
    row = gates.locked_row(act, onboarding)
    if plan not in Tenant.Plan.values:
        raise ValidationFailed.at_field("plan", _("There is no such plan."), reason=INVALID)
    return _assign(act, row, "plan", plan)


@action(
    "plans.onboarding.assign_role_model",
    permission=PERMISSION,
    subject="onboarding",
    done=gettext_lazy("assigned a role model to onboarding {label}"),
    tried=gettext_lazy("tried to assign a role model to onboarding {label}"),
)
def assign_role_model(act: Act, *, onboarding: Onboarding, role_model: str) -> Onboarding:
    """Step 2: assign the role model. It can be assigned again until the tenant is created.

    Refusals: as those of `assign_plan`.
    """
    row = gates.locked_row(act, onboarding)
    if role_model not in set(Tenant.RoleModel.values) - {Tenant.RoleModel.PLATFORM}:
        raise ValidationFailed.at_field("role_model", _("There is no such role model."), reason=INVALID)
    return _assign(act, row, "role_model", role_model)


@action(
    "plans.onboarding.abandon",
    permission=PERMISSION,
    subject="onboarding",
    done=gettext_lazy("abandoned onboarding {label}"),
    tried=gettext_lazy("tried to abandon onboarding {label}"),
)
def abandon(act: Act, *, onboarding: Onboarding) -> Onboarding:
    """Abandon a draft; its name is free again. Refusals: STATE_CONFLICT STEP_DONE once there is a tenant,
    ONBOARDING_CLOSED."""
    row = gates.locked_row(act, onboarding)
    if row.tenant_id:
        raise gates.already_done(
            _("The tenant has already been created, so the onboarding cannot be abandoned.")
        )
    row.abandoned_by, row.abandoned_at = act.actor.ref, timezone.now()
    row.save(update_fields=["abandoned_by", "abandoned_at"])
    act.changed(row, before={"state": "draft"}, after={"state": "abandoned"})
    return row


def _assign(act: Act, row: Onboarding, name: str, value: str) -> Onboarding:
    gates.require_parents(row, name)
    was = getattr(row, name)
    if was == value:
        act.noop("it is already assigned")
        return row
    if row.tenant_id:
        raise gates.already_done(
            _("The tenant was created with another one. Change it on the tenant's page.")
        )
    setattr(row, name, value)
    row.save(update_fields=[name])
    act.changed(row, before={name: was or None}, after={name: value})
    return row


def _line(text: str, *, field: str) -> str:
    """One line of ordinary text; it may be empty."""
    try:
        return rules.reason(text) if text.strip() else ""
    except rules.RuleBroken as broken:
        raise ValidationFailed.at_field(field, str(broken), reason=INVALID) from broken


def _invalid(error: ValidationError) -> ValidationFailed:
    fields = {
        name: [{"reason": str(INVALID), "message": message} for message in messages]
        for name, messages in error.message_dict.items()
    }
    first = next(iter(fields.values()))[0]["message"]
    return ValidationFailed(first, details={"fields": fields})
