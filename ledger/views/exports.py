"""Exports in the browser: order one, see all that ever were, fetch one again."""

from __future__ import annotations

import tempfile
from urllib.parse import urlencode
from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.refusals import Reason, RouteNotFound
from inventory.queries import permitted_hubs
from ledger.actions.exports import create_export, download_export
from ledger.listings import EXPORTS
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from ledger.reports.orders import Download, ExportOrder
from plans.limits import usage_table


@page(permission="ledger.export")
def export_list(request: AsoraRequest) -> HttpResponseBase:
    """Every export that ever left the house, and what is left of this month's ceiling."""
    if "format" in request.GET:
        raise RouteNotFound()
    found = EXPORTS.page(
        request.act, {}, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    codes = set(permitted_hubs(request.act.actor).values_list("code", flat=True))
    usage = next(row for row in usage_table(request.act.tenant) if row["resource"] == "exports")
    context = {
        "page": found,
        "rows": [
            (export, codes.issuperset(export.parameters["hubs"]), _again(export)) for export in found.rows
        ],
        "usage": usage,
    }
    return respond(request, "ledger/exports.html", context, fragment="ledger/_exports.html")


def _again(export: Export) -> str:
    """The page of the same report in the same scope, as it is now."""
    names = {"hub": "hubs", "category": "categories", "item": "items"}
    scope = {field: ",".join(export.parameters[name]) for field, name in names.items()}
    query = urlencode({field: codes for field, codes in scope.items() if codes})
    return f"{reverse('ledger:report', args=[export.report])}?{query}"


@page(permission="ledger.export", methods=["POST"])
def export_create(request: AsoraRequest) -> HttpResponse:
    """Export the scope that was posted; the answer leads to the file."""
    report = REPORTS.get(request.POST.get("report", ""))
    if report is None:
        raise RouteNotFound(_("There is no such report."), reason=Reason.NO_SUCH_RECORD)
    form = ReportFilter(request.POST, act=request.act, report=report)
    export = create_export.submit(request.act, ExportOrder(request.act, report, form))
    return redirect("ledger:export-download", export=export.pk)


@page(permission="ledger.export")
def export_download(request: AsoraRequest, export: UUID) -> HttpResponseBase:
    """The file of an export, derived again and compared before its first byte is sent."""
    found = load(request, Export, permission="ledger.export", pk=export)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        download_export.submit(request.act, Download(request.act, found, file=file))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = FileResponse(
        file, as_attachment=True, filename=found.file_name, content_type="text/csv; charset=utf-8"
    )
    response["X-Asora-Export"] = str(found.pk)
    response["X-Asora-Position"] = str(found.position)
    response["X-Asora-File-SHA256"] = found.file_sha256
    response["X-Asora-Rows-SHA256"] = found.rows_sha256
    response["Cache-Control"] = "private, no-store"
    return response
