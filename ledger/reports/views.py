"""Reports in the browser."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from django.http import HttpResponse
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.gates import hub_not_granted, invalid_form, lacking
from asora.kernel.listing import Column, Page, page_by_key
from asora.kernel.pages import AsoraRequest, page, respond, shown_on
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, ValidationFailed
from asora.kernel.shapes import Values
from ledger.queries.asof import as_of
from ledger.reports import REPORTS
from ledger.reports.definition import Charted, Report, Total, is_figure
from ledger.reports.forms import ReportFilter
from ledger.reports.inventory_movement import INVENTORY_MOVEMENT, below_zero
from ledger.reports.scope import Scope
from ledger.reports.sql import address_of_entries

MAX_BELOW_ZERO = 10


@page(permission=Permission.LEDGER_REPORT)
def report(request: AsoraRequest, report: str) -> HttpResponse:
    """A report at a position. Refusals: ROUTE_NOT_FOUND, VALIDATION_FAILED, PERMISSION_DENIED (role, hub)."""
    definition = REPORTS.get(report)
    if definition is None:
        raise RouteNotFound(_("This report does not exist."), reason=Reason.NO_SUCH_RECORD)
    if definition.permission and not request.act.actor.may(definition.permission):
        raise lacking(request.act, definition.permission)
    form = ReportFilter(request.GET, act=request.act, report=definition)
    if not form.is_valid():
        raise _with_form(request, definition, form)
    if form.foreign_hub is not None:
        raise hub_not_granted(form.foreign_hub)
    scope = form.scope
    totals, charted = definition.summed(scope)
    context = {"report": definition, "totals": totals, "as_of": form.as_of, "filter_form": form}
    if request.GET.get("part") == "reconciliation":
        return _reconciliation(request, definition, scope, totals, context)
    found = _page(request, definition, scope, totals)
    summed = {name: sum(total.figures[name] for total in totals) for name in definition.amounts}
    return respond(
        request,
        "ledger/report.html",
        {
            **context,
            "page": found,
            "rows": [(row, _addresses(definition, row, scope)) for row in found.rows],
            "summed": summed,
            "charts": [
                (found.chart.title, _bars(request, found)) for found in charted if len(found.figures) > 1
            ],
            "reports": offered(request.act),
            **_below_zero(definition, scope),
            "can_export": request.act.actor.may(Permission.LEDGER_EXPORT),
        },
        fragment="ledger/_report.html",
    )


def _below_zero(definition: Report, scope: Scope) -> Values:
    """The cases where stock by effective date falls below zero in the period, for the report of movements."""
    if definition is not INVENTORY_MOVEMENT:
        return {}
    found, count = below_zero(scope, limit=MAX_BELOW_ZERO)
    return {
        "below_zero": [
            (one, address_of_entries(item=one.sku, hub=one.hub, until=one.day, at=scope.position))
            for one in found
        ],
        "below_zero_count": count,
        "below_zero_more": count - len(found),
    }


def _with_form(request: AsoraRequest, definition: Report, form: ReportFilter) -> ValidationFailed:
    """The refusal of a filter, on the page of the report: everything typed stays, without figures."""
    refusal = invalid_form(form)
    typed_at = form.data.get("at", "") if "at" in form.errors else ""
    if typed_at:
        # The "as of" bar shows it, to be corrected; the filter beside it goes on without it.
        form.data = {name: value for name, value in form.data.items() if name != "at"}
    context = {
        "report": definition,
        "reports": offered(request.act),
        "filter_form": form,
        "as_of": as_of(request.act),
        "typed_at": typed_at,
    }
    return shown_on(refusal, "ledger/report.html", context)


def offered(act: Act) -> list[Report]:
    """The reports that the actor may open."""
    return [found for found in REPORTS.values() if not found.permission or act.actor.may(found.permission)]


def _addresses(definition: Report, row: Values, scope: Scope) -> list[tuple[Column, str]]:
    """Every column of a row with the address of the entries behind it, if it is a figure."""
    return [
        (column, definition.entries_of(row, scope, column.name) if is_figure(column) else "")
        for column in definition.columns
    ]


def _bars(request: AsoraRequest, charted: Charted) -> list[tuple[str, Decimal, str]]:
    """The figure of each code, with the address of the page filtered by it, if there is such a filter."""
    query = request.GET.copy()
    for name in ("after", "before", "part"):
        query.pop(name, None)
    bars = []
    for code, value in charted.figures:
        if charted.chart.filter:
            query[charted.chart.filter] = code
        url = f"{request.path}?{query.urlencode()}" if charted.chart.filter and code else ""
        bars.append((code or str(charted.chart.blank), value, url))
    return bars


@page(permission=Permission.LEDGER_REPORT)
def report_list(request: AsoraRequest) -> HttpResponse:
    """Every report that the reader may open, with its question."""
    return respond(request, "ledger/reports.html", {"reports": offered(request.act)})


def _page(request: AsoraRequest, definition: Report, scope: Scope, totals: list[Total]) -> Page:
    """One page by key. The key is valid only for this report in this tenant."""
    return page_by_key(
        request.act,
        partial(definition.slice, scope),
        key=lambda row: [row[name] for name in definition.key],
        purpose=f"report:{definition.slug}:{','.join(definition.key)}",
        count=sum(total.rows for total in totals),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )


def _reconciliation(
    request: AsoraRequest, definition: Report, scope: Scope, totals: list[Total], context: Values
) -> HttpResponse:
    """The sums of all entries, beside the totals of the report."""
    cross_checked = definition.cross_check(scope)
    reported = {total.unit: total.figures for total in totals}
    labels = {column.name: column.label for column in definition.columns}
    lines = [
        {
            "unit": unit if name in definition.quantities else "",
            "label": labels[name] if len(definition.figures) > 1 else "",
            "reported": reported.get(unit, {}).get(name, 0),
            "cross_checked": cross_checked.get(unit, {}).get(name, 0),
        }
        for unit in sorted({*reported, *cross_checked})
        for name in definition.figures
    ]
    lines = [line | {"is_equal": line["reported"] == line["cross_checked"]} for line in lines]
    agrees = all(line["is_equal"] for line in lines)
    return respond(
        request,
        "ledger/reconciliation.html",
        {**context, "lines": lines, "agrees": agrees},
        fragment="ledger/_reconciliation.html",
    )
