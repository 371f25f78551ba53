"""The list of reasons for which stock may be adjusted. Each tenant has its own list."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from ledger.models import OPENING, AdjustmentReason

MANAGE = Permission.INVENTORY_MANAGE
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,59}")
MAX_NAME_LENGTH = 120


def code_taken() -> ValidationFailed:
    """The refusal of a code that another reason has, archived or not."""
    return ValidationFailed.at_field(
        "code", _("Another reason already has this code. Choose a different one."), reason=Reason.CODE_TAKEN
    )


CONSTRAINT_REFUSALS: dict[str, Callable[[], ValidationFailed]] = {
    "ledger_adjustmentreason_code_key": code_taken
}


@action(
    "ledger.reason.add",
    permission=MANAGE,
    subject="code",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("added adjustment reason {label}"),
    tried=gettext_lazy("tried to add adjustment reason {label}"),
)
def add_reason(act: Act, *, code: str, name: str) -> AdjustmentReason:
    """Add a reason; its code never changes. Refusals: VALIDATION_FAILED CODE_TAKEN, NAME_RESERVED, INVALID_INPUT."""
    wanted = code.strip().upper()
    if not CODE.fullmatch(wanted):
        raise ValidationFailed.at_field(
            "code", _("Use letters, digits, - and _, at most 60 characters."), reason=Reason.INVALID_INPUT
        )
    _refuse_reserved(wanted)
    if AdjustmentReason.objects.filter(code=wanted).exists():
        raise code_taken()
    reason = AdjustmentReason.objects.create(code=wanted, name=_named(name))
    act.changed(reason, after={"code": reason.code, "name": reason.name})
    return reason


@action(
    "ledger.reason.rename",
    permission=MANAGE,
    subject="reason",
    done=gettext_lazy("renamed adjustment reason {label}"),
    tried=gettext_lazy("tried to rename adjustment reason {label}"),
)
def rename_reason(act: Act, *, reason: AdjustmentReason, name: str) -> AdjustmentReason:
    """Change the name of a reason; postings keep its code. Refusals: VALIDATION_FAILED INVALID_INPUT."""
    row, wanted = _locked(reason), _named(name)
    if row.name == wanted:
        act.noop("no difference")
        return row
    before, row.name = row.name, wanted
    row.save(update_fields=["name"])
    act.changed(row, before={"name": before}, after={"name": wanted})
    return row


@action(
    "ledger.reason.archive",
    permission=MANAGE,
    subject="reason",
    done=gettext_lazy("archived adjustment reason {label}"),
    tried=gettext_lazy("tried to archive adjustment reason {label}"),
)
def archive_reason(act: Act, *, reason: AdjustmentReason) -> AdjustmentReason:
    """Stop offering a reason; adjustments with it stay. Refusals: STATE_CONFLICT ALREADY_ARCHIVED."""
    row = _locked(reason)
    if row.archived_at is not None:
        raise StateConflict(_("This reason is already archived."), reason=Reason.ALREADY_ARCHIVED)
    row.archived_at = timezone.now()
    row.save(update_fields=["archived_at"])
    act.changed(row, before={"is_archived": False}, after={"is_archived": True})
    return row


@action(
    "ledger.reason.restore",
    permission=MANAGE,
    subject="reason",
    done=gettext_lazy("restored adjustment reason {label}"),
    tried=gettext_lazy("tried to restore adjustment reason {label}"),
)
def restore_reason(act: Act, *, reason: AdjustmentReason) -> AdjustmentReason:
    """Offer an archived reason again. Refusals: STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED NAME_RESERVED."""
    row = _locked(reason)
    _refuse_reserved(row.code)
    if row.archived_at is None:
        raise StateConflict(_("This reason is not archived."), reason=Reason.NOT_ARCHIVED)
    row.archived_at = None
    row.save(update_fields=["archived_at"])
    act.changed(row, before={"is_archived": True}, after={"is_archived": False})
    return row


def _refuse_reserved(code: str) -> None:
    if code == OPENING:
        raise ValidationFailed.at_field(
            "code",
            _("This code is reserved for opening stock. Choose another one."),
            reason=Reason.NAME_RESERVED,
        )


def _locked(reason: AdjustmentReason) -> AdjustmentReason:
    return AdjustmentReason.objects.select_for_update().get(pk=reason.pk)


def _named(name: str) -> str:
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > MAX_NAME_LENGTH:
        raise ValidationFailed.at_field(
            "name", _("A name has 1 to 120 characters."), reason=Reason.INVALID_INPUT
        )
    return wanted
