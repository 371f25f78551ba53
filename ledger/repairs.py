"""What would let a posting through: more stock in a bin, a reason in the list, or an answer of its sender."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from asora.kernel.looking import RowAdded, RowChanged
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.repairs import Found, Need, NoRepair, Repair, repairs
from asora.kernel.shapes import Values
from inventory.models import Bin, Item
from ledger.models import OPENING, AdjustmentReason
from ledger.posting.drafts import Draft
from ledger.posting.writing import MoreStock

BRINGS = (Permission.LEDGER_RECEIVE, Permission.LEDGER_TRANSFER, Permission.LEDGER_ADJUST)


@repairs(Reason.INSUFFICIENT_STOCK)
def _more_stock(found: Found) -> Iterable[Need]:
    """What is missing in each bin. It says how much there is, so its text is for people who may see stock."""
    for item_id, bin_id, missing in found.refusal.evidence.get("short", ()):
        item, place = Item.objects.get(pk=item_id), Bin.objects.select_related("hub").get(pk=bin_id)
        names = {
            "quantity": f"{Decimal(missing).normalize():f}",
            "unit": item.unit,
            "sku": item.sku,
            "bin": place.address,
        }
        yield [
            Repair(
                key=f"stock:{item_id}:{bin_id}",
                text=_("Bring %(quantity)s %(unit)s more of %(sku)s into bin %(bin)s.") % names,
                discreet=_("Bring more of %(sku)s into bin %(bin)s.") % names,
                by=BRINGS,
                supposes=(MoreStock(item_id, bin_id, Decimal(missing)),),
                hubs=(place.hub_id,),
            )
        ]


@repairs(Reason.UNKNOWN_REASON)
def _a_reason(found: Found) -> Iterable[Need]:
    """The reason in the list, restored or added."""
    draft, request = found.values.get("draft"), found.values.get("request")
    code = draft.reason if isinstance(draft, Draft) else str(getattr(request, "reason", ""))
    if not code or code == OPENING:
        raise NoRepair(_("The request names no reason. Its sender chooses one from the list."))
    row = AdjustmentReason.objects.filter(code=code).first()
    supposed: object = RowAdded(AdjustmentReason, {"id": -1, "code": code, "name": code, "archived_at": None})
    text = _("Add %(code)s to the adjustment reasons.") % {"code": code}
    if row is not None:
        supposed = RowChanged(AdjustmentReason, row.pk, {"archived_at": None})
        text = _("Restore the adjustment reason %(code)s.") % {"code": code}
    yield [Repair(f"reason:{code}", text, (Permission.INVENTORY_MANAGE,), (supposed,))]


@repairs(Reason.DATE_LONG_AGO, Reason.BELOW_ZERO_BY_DATE, Reason.REFERENCE_POSTED, Reason.COUNTED_SINCE)
def _an_answer(found: Found) -> Iterable[Need]:
    """The sender confirms that the document is right. One confirmation answers all questions that are open."""
    questions = frozenset(question["key"] for question in found.refusal.details.get("questions", ()))
    sent = _confirmed(found, questions)
    if sent is None:
        raise NoRepair(_("The sender has to check the document and confirm that it is right."))
    keys = ",".join(sorted(questions)) or str(found.reason)
    yield [Repair(f"confirm:{keys}", _("The sender confirms that the document is right."), sent=sent)]


def _confirmed(found: Found, questions: frozenset[str]) -> Values | None:
    """The values of the request with the answers."""
    values = found.values
    if isinstance(draft := values.get("draft"), Draft) and questions:
        return {"draft": replace(draft, confirmed=(draft.confirmed or frozenset()) | questions)}
    if "request" in values and questions:
        return {"confirmed": frozenset(values.get("confirmed", ())) | questions}
    if "file" in values and found.reason is Reason.DATE_LONG_AGO:
        return {"old_days": True}
    if "file" in values and "another" in found.refusal.details:
        return {"another": found.refusal.details["another"]}
    return None
