"""Reports in the browser, and the proof of the ledger behind them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from asora.kernel.door import hub_not_granted, invalid_form
from asora.kernel.listing import PAGE_SIZE, Page, pack_key, unpack_key
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.refusals import Reason, RouteNotFound
from ledger.models import VerificationRun
from ledger.reports import REPORTS
from ledger.reports.definition import Report, Scope, Total
from ledger.reports.forms import ReportFilter

LATEST_RUNS = 20


@page(permission="ledger.report")
def report(request: AsoraRequest, report: str) -> HttpResponse:
    """A report at a position. Refusals: ROUTE_NOT_FOUND, VALIDATION_FAILED, PERMISSION_DENIED HUB_NOT_GRANTED."""
    definition = REPORTS.get(report)
    if definition is None:
        raise RouteNotFound(_("There is no such report."), reason=Reason.NO_SUCH_RECORD)
    form = ReportFilter(request.GET, act=request.act)
    if not form.is_valid():
        raise invalid_form(form)
    if form.foreign_hub is not None:
        raise hub_not_granted(form.foreign_hub)
    totals = definition.totals(form.scope)
    context = {"report": definition, "totals": totals, "as_of": form.as_of, "filter_form": form}
    if request.GET.get("part") == "reckoning":
        return _reckoning(request, definition, form.scope, totals, context)
    found = _page(request, definition, form.scope, totals)
    rows = [(row, definition.entries_of(row, form.scope.position)) for row in found.rows]
    return respond(
        request,
        "ledger/report.html",
        {**context, "page": found, "rows": rows, "can_export": request.act.actor.may("ledger.export")},
        fragment="ledger/_report.html",
    )


@page(permission="ledger.report")
def health(request: AsoraRequest) -> HttpResponse:
    """What the last proofs of the ledger compared and found."""
    runs = list(VerificationRun.objects.order_by("-finished_at", "-pk")[:LATEST_RUNS])
    latest = runs[0] if runs else None
    compared = sum(check["rows"] for check in latest.checks) if latest else 0
    return respond(request, "ledger/health.html", {"runs": runs, "latest": latest, "compared": compared})


def _page(request: AsoraRequest, definition: Report, scope: Scope, totals: list[Total]) -> Page:
    """One page by key. The key is good for this report in this tenant."""
    purpose = f"report:{definition.slug}:{','.join(definition.key)}"
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    rows = definition.slice(
        scope,
        limit=PAGE_SIZE + 1,
        after=unpack_key(request.act, after, purpose=purpose) if after else (),
        before=unpack_key(request.act, before, purpose=purpose) if before and not after else (),
    )
    backwards = bool(before and not after)
    more = len(rows) > PAGE_SIZE
    shown = rows[-PAGE_SIZE:] if backwards else rows[:PAGE_SIZE]

    def key(row: dict[str, Any]) -> str:
        return pack_key(request.act, [row[name] for name in definition.key], purpose=purpose)

    return Page(
        rows=shown,
        after=key(shown[-1]) if shown and (more or backwards) else "",
        before=key(shown[0]) if shown and (more if backwards else after) else "",
        count=sum(total.rows for total in totals),
        capped=False,
    )


def _reckoning(
    request: AsoraRequest, definition: Report, scope: Scope, totals: list[Total], context: dict[str, Any]
) -> HttpResponse:
    """The totals reached the other way round, beside those of the report."""
    reckoned = definition.reckon(scope)
    reported = {total.unit: total.quantity for total in totals}
    lines = [
        {"unit": unit, "reported": reported.get(unit, 0), "reckoned": reckoned.get(unit, 0)}
        for unit in sorted({*reported, *reckoned})
    ]
    agrees = all(line["reported"] == line["reckoned"] for line in lines)
    return respond(
        request,
        "ledger/reckoning.html",
        {**context, "lines": lines, "agrees": agrees},
        fragment="ledger/_reckoning.html",
    )
