"""Exports in the browser: request one, list all, and download one again."""

from __future__ import annotations

import json
import tempfile
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.jobs.actions import request_job
from asora.kernel.csv.writing import cell
from asora.kernel.gates import hub_not_granted
from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from asora.kernel.shapes import Values
from inventory.models import Hub
from inventory.queries import permitted_hubs
from ledger.exports.actions import create_export, download_export
from ledger.exports.listings import EXPORTS
from ledger.exports.requests import EXPORT_JOB, DownloadRequest, ExportRequest, refuse_unreadable
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.forms import EFFECTIVE, ReportFilter
from plans.limits import usage_table

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@page(permission=Permission.LEDGER_EXPORT)
def export_list(request: AsoraRequest) -> HttpResponseBase:
    """Every export so far, and what is left of this month's ceiling."""
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
    """The page of the same report with exactly the same scope and position; its "as of" bar leads to now."""
    names = {"hub": "hubs", "category": "categories", "item": "items", "vendor": "vendors"}
    asked = export.parameters
    scope = {field: ",".join(asked.get(name, ())) for field, name in names.items()}
    scope |= {name: asked.get(name, "") for name in ("since", "until")}
    scope["later"] = str(asked.get("after", ""))
    scope["exact"] = "on" if scope["category"] else ""
    scope["by"] = EFFECTIVE if scope["since"] or scope["until"] else ""
    scope["at"] = str(export.position)
    query = urlencode({field: value for field, value in scope.items() if value})
    return f"{reverse('ledger:report', args=[export.report])}?{query}"


def _asked(request: AsoraRequest) -> tuple[Values, set[int]]:
    """The requested scope and position of an export, and its hubs."""
    report = REPORTS.get(request.POST.get("report", ""))
    if report is None:
        return {}, set()
    form = ReportFilter(request.POST, act=request.act, report=report)
    asked = ExportRequest(request.act, report, form, extension=request.POST.get("format", "csv"))
    return asked.facts(), {hub.pk for hub in form.hubs}


@page(permission=Permission.LEDGER_EXPORT, methods=["POST"], tries="ledger.export.create", asked=_asked)
def export_create(request: AsoraRequest) -> HttpResponse:
    """Export the submitted scope; redirects to the file, or to the job that makes a long one."""
    report = REPORTS.get(request.POST.get("report", ""))
    if report is None:
        raise RouteNotFound(_("This report does not exist."), reason=Reason.NO_SUCH_RECORD)
    form = ReportFilter(request.POST, act=request.act, report=report)
    asked = ExportRequest(request.act, report, form, extension=request.POST.get("format", "csv"))
    if long := asked.as_job(most=settings.ASORA_JOB_ROWS):
        job = request_job(request.act, kind=EXPORT_JOB, label=asked.file_name, arguments=long)
        return redirect("jobs:detail", job=job.pk)
    export = create_export.submit(request.act, asked)
    return redirect("ledger:export-download", export=export.pk)


@page(permission=Permission.LEDGER_EXPORT, tries="ledger.export.download")
def export_download(request: AsoraRequest, export: UUID) -> HttpResponseBase:
    """The file of an export, derived again and compared before its first byte is sent."""
    found = load(request, Export, permission=Permission.LEDGER_EXPORT, pk=export)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        download_export.submit(request.act, DownloadRequest(found, file=file))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = FileResponse(
        file, as_attachment=True, filename=found.file_name, content_type=CONTENT_TYPES[found.format]
    )
    response["X-Asora-Export"] = str(found.pk)
    response["X-Asora-Position"] = str(found.position)
    response["X-Asora-File-SHA256"] = found.file_sha256
    response["X-Asora-Rows-SHA256"] = found.rows_sha256
    response["Cache-Control"] = "private, no-store"
    return response


@page(permission=Permission.LEDGER_EXPORT)
def export_manifest(request: AsoraRequest, export: UUID) -> HttpResponse:
    """The description of a file, for checking it later: scope, position, columns, rows and hashes. No figures."""
    found = load(request, Export, permission=Permission.LEDGER_EXPORT, pk=export)
    refuse_unreadable(request.act, REPORTS[found.report])
    for hub in Hub.objects.filter(code__in=found.parameters["hubs"]).order_by("code"):
        if not request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
            raise hub_not_granted(hub)
    manifest = {
        "tenant": request.act.tenant.slug,
        "report": found.report,
        "parameters": found.parameters,
        "position": found.position,
        "columns": REPORTS[found.report].header,
        "rows": found.rows,
        "rows_sha256": found.rows_sha256,
        "file_name": found.file_name,
        "file_sha256": found.file_sha256,
        "format": found.format,
        "renderer_version": found.renderer_version,
        "exported_at": cell(found.created_at),
        "request_id": found.request_id,
    }
    response = HttpResponse(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", content_type="application/json"
    )
    response["Content-Disposition"] = f'attachment; filename="{found.file_name}.manifest.json"'
    response["Cache-Control"] = "private, no-store"
    return response
