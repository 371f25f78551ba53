"""The list of reasons for which stock may be adjusted: each tenant keeps its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.door import action
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from ledger.models import OPENING, AdjustmentReason

MANAGE = "inventory.manage"
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,59}")
LONGEST_NAME = 120


def code_taken() -> ValidationFailed:
    """Another reason has this code already, archived ones among them."""
    return ValidationFailed.at_field("code", _("This code is taken."), reason=Reason.CODE_TAKEN)


NETS: dict[str, Callable[[], ValidationFailed]] = {"ledger_adjustmentreason_code_key": code_taken}


@action("ledger.reason.add", permission=MANAGE, about="code", nets=NETS)
def add_reason(act: Act, *, code: str, name: str) -> AdjustmentReason:
    """Add a reason; its code never changes. Refusals: VALIDATION_FAILED CODE_TAKEN, NAME_RESERVED, INVALID_INPUT."""
    wanted = code.strip().upper()
    if not CODE.fullmatch(wanted):
        raise ValidationFailed.at_field(
            "code", _("A code has letters, digits, - and _; at most 60."), reason=Reason.INVALID_INPUT
        )
    _refuse_reserved(wanted)
    if AdjustmentReason.objects.filter(code=wanted).exists():
        raise code_taken()
    reason = AdjustmentReason.objects.create(code=wanted, name=_named(name))
    act.changed(reason, after={"code": reason.code, "name": reason.name})
    return reason


@action("ledger.reason.rename", permission=MANAGE, about="reason")
def rename_reason(act: Act, *, reason: AdjustmentReason, name: str) -> AdjustmentReason:
    """Say it in other words; postings keep its code. Refusals: VALIDATION_FAILED INVALID_INPUT."""
    row, wanted = _locked(reason), _named(name)
    if row.name == wanted:
        act.noop("no difference")
        return row
    before, row.name = row.name, wanted
    row.save(update_fields=["name"])
    act.changed(row, before={"name": before}, after={"name": wanted})
    return row


@action("ledger.reason.archive", permission=MANAGE, about="reason")
def archive_reason(act: Act, *, reason: AdjustmentReason) -> AdjustmentReason:
    """Offer it no more; what was adjusted for it stays. Refusals: STATE_CONFLICT ALREADY_ARCHIVED."""
    row = _locked(reason)
    if row.archived_at is not None:
        raise StateConflict(_("It is archived already."), reason=Reason.ALREADY_ARCHIVED)
    row.archived_at = timezone.now()
    row.save(update_fields=["archived_at"])
    act.changed(row, before={"is_archived": False}, after={"is_archived": True})
    return row


@action("ledger.reason.restore", permission=MANAGE, about="reason")
def restore_reason(act: Act, *, reason: AdjustmentReason) -> AdjustmentReason:
    """Offer it again. Refusals: STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED NAME_RESERVED."""
    row = _locked(reason)
    _refuse_reserved(row.code)
    if row.archived_at is None:
        raise StateConflict(_("It is not archived."), reason=Reason.NOT_ARCHIVED)
    row.archived_at = None
    row.save(update_fields=["archived_at"])
    act.changed(row, before={"is_archived": True}, after={"is_archived": False})
    return row


def _refuse_reserved(code: str) -> None:
    if code == OPENING:
        raise ValidationFailed.at_field(
            "code", _("This code is kept for opening stock. Choose another one."), reason=Reason.NAME_RESERVED
        )


def _locked(reason: AdjustmentReason) -> AdjustmentReason:
    return AdjustmentReason.objects.select_for_update().get(pk=reason.pk)


def _named(name: str) -> str:
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME:
        raise ValidationFailed.at_field(
            "name", _("A name has 1 to 120 characters."), reason=Reason.INVALID_INPUT
        )
    return wanted
