"""The `data` of an export."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, Hubs, documented


@dataclass(frozen=True, kw_only=True)
class ExportMade(Data):
    """An export of a report. An endpoint gets it only if it receives all hubs of the export."""

    hub_ids: Hubs
    export: UUID = documented(_("Id of the export."))
    report: str = documented(_("Report, as in the address of its page."))
    file_name: str = documented(_("Name of the file."))
    format: str = documented(_("Format of the file: csv or xlsx."))
    position: int = documented(_("Position of the ledger that the report is of."))
    hubs_of_report: tuple[str, ...] = documented(_("Codes of the hubs in the report."))
    rows: int = documented(_("Number of rows."))
    rows_sha256: str = documented(_("SHA-256 of the rows, in hexadecimal."))
    file_sha256: str = documented(_("SHA-256 of the file, in hexadecimal. Each later download has the same."))

    def hubs(self) -> Hubs:
        """The hubs in the report."""
        return self.hub_ids
