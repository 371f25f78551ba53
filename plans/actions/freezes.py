"""The freeze of a tenant: one person freezes it, one writes down the root cause, and another one opens it again.

Public rows only. A freeze or unfreeze takes exclusively the lock that every write of the tenant takes in shared mode,
so no write gets through once the change has committed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from plans import freezes, rules
from plans.grants import require_managed
from plans.models import FreezeToggle, Tenant, TenantFreeze

NOT_ENDED = {
    "root_cause": "",
    "root_cause_by": "",
    "root_cause_at": None,
    "unfrozen_by": "",
    "unfrozen_at": None,
}


@action(
    "plans.freeze.start",
    permission=Permission.PLANS_FREEZE_TENANT,
    subject="tenant",
    step_up=True,
    done=gettext_lazy("froze tenant {label}"),
    tried=gettext_lazy("tried to freeze tenant {label}"),
)
def start_freeze(act: Act, *, tenant: Tenant, reason: str) -> FreezeToggle:
    """Freeze a tenant: from now on nothing in it can be written; it can still be read.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED; VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT ALREADY_FROZEN.
    """
    require_managed(act, tenant)
    act.reads(keys.FREEZE)
    text = _checked(rules.reason, reason, field="reason")
    cut_off = freezes.shut(tenant)
    row = TenantFreeze.objects.select_for_update().filter(tenant=tenant, is_active=True).first()
    if row is not None:
        raise StateConflict(
            _("This tenant is already frozen: %(reason)s") % {"reason": row.reason},
            reason=Reason.ALREADY_FROZEN,
            details={"frozen_at": row.frozen_at.isoformat()},
        )
    # One row per tenant: earlier freezes are recorded in their toggles.
    values = {"is_active": True, "reason": text, "frozen_by": act.actor.ref, "frozen_at": timezone.now()}
    TenantFreeze.objects.update_or_create(tenant=tenant, defaults=NOT_ENDED | values)
    act.found(cut_off=cut_off)
    act.changed(tenant, before={"frozen": False}, after={"frozen": True, "reason": text})
    return _toggle(act, tenant, FreezeToggle.Kind.FREEZE, text, cut_off=cut_off)


@action(
    "plans.freeze.explain",
    permission=Permission.PLANS_EXPLAIN_FREEZE,
    subject="tenant",
    step_up=True,
    done=gettext_lazy("recorded the root cause of the freeze of tenant {label}"),
    tried=gettext_lazy("tried to record the root cause of the freeze of tenant {label}"),
)
def explain_freeze(act: Act, *, tenant: Tenant, root_cause: str, shown: int = 0) -> FreezeToggle | None:
    """Write down the root cause of a freeze, or a better one; `shown`: the number of the root cause on the form, or 0.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED; VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT NOT_FROZEN,
    STALE_FORM.
    """
    require_managed(act, tenant)
    act.reads(keys.FREEZE)
    text = _checked(rules.root_cause, root_cause, field="root_cause")
    row = _frozen(tenant)
    written = freezes.root_cause(row)
    if row.root_cause == text:
        act.noop(_("This root cause has already been written down."))
        return written
    _require_shown(written, shown)
    before = row.root_cause or None
    row.root_cause, row.root_cause_by, row.root_cause_at = text, act.actor.ref, timezone.now()
    row.save(update_fields=["root_cause", "root_cause_by", "root_cause_at"])
    toggle = _toggle(act, tenant, FreezeToggle.Kind.ROOT_CAUSE, text)
    act.found(root_cause_number=toggle.pk)
    act.changed(tenant, before={"root_cause": before}, after={"root_cause": text})
    return toggle


@action(
    "plans.freeze.end",
    permission=Permission.PLANS_UNFREEZE_TENANT,
    subject="tenant",
    step_up=True,
    done=gettext_lazy("unfroze tenant {label}"),
    tried=gettext_lazy("tried to unfreeze tenant {label}"),
)
def end_freeze(act: Act, *, tenant: Tenant, shown: int) -> FreezeToggle:
    """Approve the root cause, and open the tenant again; `shown`: the number of the root cause that was read.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, FOUR_EYES (for the author of the root cause); STATE_CONFLICT
    NOT_FROZEN, ROOT_CAUSE_MISSING, STALE_FORM.
    """
    require_managed(act, tenant)
    act.reads(keys.FREEZE)
    if freezes.active(tenant) is None:
        raise not_frozen()  # checked first, so that no write of an open tenant is cut off
    cut_off = freezes.shut(tenant)
    row = _frozen(tenant)
    written = freezes.root_cause(row)
    if written is None:
        raise StateConflict(
            _("Nobody has written down the root cause yet."),
            reason=Reason.ROOT_CAUSE_MISSING,
            details={"remedy": _("Write it down first. Then another person opens the tenant.")},
        )
    if act.actor.ref in {written.toggled_by, row.root_cause_by}:
        raise PermissionDenied(
            _("You wrote the root cause, so another person must open the tenant."),
            reason=Reason.FOUR_EYES,
            details={
                "permission": Permission.PLANS_UNFREEZE_TENANT,
                "remedy": _("Ask another platform lead to read it and open the tenant."),
            },
        )
    _require_shown(written, shown)
    row.is_active, row.unfrozen_by, row.unfrozen_at = False, act.actor.ref, timezone.now()
    row.save(update_fields=["is_active", "unfrozen_by", "unfrozen_at"])
    act.found(root_cause_number=written.pk)
    act.changed(tenant, before={"frozen": True}, after={"frozen": False, "root_cause": row.root_cause})
    return _toggle(act, tenant, FreezeToggle.Kind.UNFREEZE, row.root_cause, cut_off=cut_off)


def _checked(rule: Callable[[str], str], text: str, *, field: str) -> str:
    try:
        return rule(text)
    except rules.RuleBroken as broken:
        raise ValidationFailed.at_field(field, broken, reason=Reason.INVALID_INPUT) from broken


def _frozen(tenant: Tenant) -> TenantFreeze:
    row = TenantFreeze.objects.select_for_update().filter(tenant=tenant, is_active=True).first()
    if row is None:
        raise not_frozen()
    return row


def not_frozen() -> StateConflict:
    """The refusal to explain or end a freeze of a tenant that is not frozen."""
    return StateConflict(_("This tenant is not frozen."), reason=Reason.NOT_FROZEN)


def _require_shown(written: FreezeToggle | None, shown: int) -> None:
    number = written.pk if written else 0
    if shown != number:
        raise StateConflict(
            _("Somebody has written down another root cause in the meantime. Read it first."),
            details={"root_cause_number": number},
        )


def _toggle(act: Act, tenant: Tenant, kind: FreezeToggle.Kind, text: str, **facts: Any) -> FreezeToggle:
    act.touched(keys.FREEZE)
    toggle = FreezeToggle(
        tenant=tenant, kind=kind, text=text, toggled_by=act.actor.ref, request_id=act.request_id, **facts
    )
    toggle.save()
    return toggle
