"""Checks of the seals: asking for one and recording its result. Receipts: downloading, comparing, and by e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.erasure import register_eraser
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from audit.seals import comparing, queries
from audit.seals.checking import StreamCheck
from audit.seals.comparing import Comparison
from audit.seals.models import ReceiptSubscription, Seal, SealCheck


@action(
    "audit.seals.check",
    permission=Permission.AUDIT_VIEW,
    while_frozen=True,
    done=gettext_lazy("checked the seals"),
    tried=gettext_lazy("tried to check the seals"),
)
def record_check(act: Act, *, started_at: datetime, checks: Sequence[StreamCheck]) -> SealCheck:
    """Record a finished check, whatever its result. Nothing that is sealed changes, so it works in a frozen tenant."""
    result = SealCheck(
        started_at=started_at,
        finished_at=timezone.now(),
        is_intact=all(check.is_intact for check in checks),
        streams=[check.as_json() for check in checks],
    )
    result.save()
    act.changed(
        result,
        after={
            "is_intact": result.is_intact,
            "rows": sum(check.rows for check in checks),
            "found": sum(check.found for check in checks),
        },
    )
    return result


@action(
    "audit.receipts.subscribe",
    permission=Permission.AUDIT_VIEW,
    while_frozen=True,
    done=gettext_lazy("asked for receipts of seals by e-mail"),
    tried=gettext_lazy("tried to ask for receipts of seals by e-mail"),
)
def subscribe(act: Act, *, wanted: bool) -> None:
    """Send the actor the receipts of each day by e-mail (`wanted`), or no longer."""
    mine = ReceiptSubscription.objects.filter(person_ref=act.actor.ref)
    row = mine.first()
    if wanted == (row is not None):
        act.noop(_("Receipts are sent already.") if wanted else _("Receipts are not sent."))
        return
    if row is None:
        row = ReceiptSubscription(person_ref=act.actor.ref)
        row.save()
        act.changed(row, before={"wanted": False}, after={"wanted": True})
        return
    act.changed(row, before={"wanted": True}, after={"wanted": False})
    row.delete()


@action(
    "audit.seals.request_check",
    permission=Permission.AUDIT_VIEW,
    while_frozen=True,
    observes=True,
    done=gettext_lazy("asked for a check of the seals"),
    tried=gettext_lazy("tried to ask for a check of the seals"),
)
def request_check(act: Act) -> None:
    """Record that somebody asked for a check. The caller enqueues it after the commit."""
    act.found(seals={state.name: state.last.number if state.last else 0 for state in queries.stream_states()})


@action(
    "audit.receipts.download",
    permission=Permission.AUDIT_VIEW,
    subject="seal",
    while_frozen=True,
    observes=True,
    done=gettext_lazy("downloaded the receipt of {label}"),
    tried=gettext_lazy("tried to download a receipt of a seal"),
)
def download_receipt(act: Act, *, seal: Seal) -> Seal:
    """Record that a receipt was given out."""
    act.reads(seal)
    act.found(seal=seal.number, stream=seal.stream_id, size=seal.size)
    return seal


@action(
    "audit.receipts.compare",
    permission=Permission.AUDIT_VIEW,
    while_frozen=True,
    observes=True,
    done=gettext_lazy("compared a receipt with the seals"),
    tried=gettext_lazy("tried to compare a receipt with the seals"),
)
def compare_receipt(act: Act, *, note: str) -> Comparison:
    """Compare a receipt that somebody kept with the seals of the bound schema.

    Refusals: VALIDATION_FAILED INVALID_INPUT for a text that is no receipt of this tenant.
    """
    found = comparing.compare(note)
    if found is None:
        raise ValidationFailed.at_field(
            "receipt",
            _("This is not a receipt of a seal of this tenant, or it was changed."),
            reason=Reason.INVALID_INPUT,
        )
    act.found(stream=found.stream, seal=found.receipt.seal, verdict=found.verdict.value)
    return found


def end_subscription(person_ref: str) -> int:
    """Send no receipts to an erased person; returns the number of subscriptions."""
    return ReceiptSubscription.objects.filter(person_ref=person_ref).delete()[0]


register_eraser("receipts", end_subscription)
