"""Recording the result of a check of the seals, and who gets receipts by e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from audit.seals.checking import StreamCheck
from audit.seals.models import ReceiptSubscription, SealCheck


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
