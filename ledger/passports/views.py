"""An export with its proof, in the browser."""

from __future__ import annotations

import tempfile
from uuid import UUID

from django.http import FileResponse, HttpResponseBase

from asora.kernel.pages import AsoraRequest, load, page
from asora.kernel.permissions import Permission
from ledger.exports.requests import DownloadRequest
from ledger.models import Export
from ledger.passports.actions import prove_export


@page(permission=Permission.LEDGER_EXPORT, tries="ledger.export.prove")
def export_proof(request: AsoraRequest, export: UUID) -> HttpResponseBase:
    """The file of an export in a zip with the sealed entries behind it, and the program that adds them up."""
    found = load(request, Export, permission=Permission.LEDGER_EXPORT, pk=export)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        prove_export.submit(request.act, DownloadRequest(found, file=file))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"{found.file_name.rpartition('.')[0]}_proof.zip"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response
