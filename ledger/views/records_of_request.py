"""What a request made in the ledger, for its page in the audit trail: lines of postings, and exports."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from audit.explorer.request_records import register_records
from inventory.queries import permitted_hubs
from ledger.exports.listings import EXPORTS
from ledger.exports.requests import may_read
from ledger.listings.postings import visible_entries
from ledger.models import Export
from ledger.reports import REPORTS

MAX_LINES = 100
MAX_EXPORTS = 20


def lines_of(act: Act, request_ids: Sequence[str]) -> Values:
    """The lines that requests posted at hubs where the reader works: {lines, more, sees_value, sees_items}."""
    if not act.actor.may(Permission.LEDGER_VIEW_STOCK):
        return {}
    rows = visible_entries(act).filter(posting__request_id__in=request_ids)
    lines = list(
        rows.select_related("posting", "item", "bin", "hub").order_by("posting", "line")[: MAX_LINES + 1]
    )
    if not lines:
        return {}
    return {
        "lines": lines[:MAX_LINES],
        "more": len(lines) > MAX_LINES,
        "sees_value": act.actor.may(Permission.LEDGER_VIEW_VALUE),
        "sees_items": act.actor.may(Permission.INVENTORY_VIEW),
    }


def exports_of(act: Act, request_ids: Sequence[str]) -> Values:
    """The exports that requests made and that the reader may download: {exports}."""
    found = readable_exports(act, request_ids)
    return {"exports": found} if found else {}


def readable_exports(act: Act, request_ids: Sequence[str]) -> list[Export]:
    """The exports of requests, newest first, if the reader may see their report and works at all of their hubs."""
    if not request_ids or not act.actor.may(Permission.LEDGER_EXPORT):
        return []
    hubs = set(permitted_hubs(act.actor).values_list("code", flat=True))
    rows = EXPORTS.query(act, {}).filter(request_id__in=request_ids).order_by("-created_at", "-id")
    return [
        export
        for export in rows[:MAX_EXPORTS]
        if may_read(act, REPORTS[export.report]) and hubs.issuperset(export.parameters["hubs"])
    ]


register_records(
    "postings", title=_("Posted lines"), template="ledger/_postings_of_request.html", find=lines_of
)
register_records("exports", title=_("Exports"), template="ledger/_exports_of_request.html", find=exports_of)
