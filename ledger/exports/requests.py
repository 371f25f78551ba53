"""Requests for an export or for its file, and the derivation of what they ask for.

The door checks the shape of a request like that of a form. Then, after all gates that need no lock and before the
transaction, it calls `derive_export` or `derive_download`.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _

from asora.kernel import progress
from asora.kernel.act import Act
from asora.kernel.evidence import keys_in, typed_fields
from asora.kernel.forms import DoorForm
from asora.kernel.gates import invalid_form, lacking
from asora.kernel.refusals import Reason, Refusal, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from inventory.models import Hub
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.derivation import Derived, TooLong, derive, file_name, parameters_sha256
from ledger.reports.forms import ReportFilter
from ledger.reports.scope import Scope

EXTENSIONS = ("csv", "xlsx")
#: The kind of job that derives a long export.
EXPORT_JOB = "ledger.export"


@dataclass(frozen=True, slots=True)
class Requested:
    """A report in a scope at a position, in a file format. `derived`: already derived while its rows were counted."""

    report: Report
    scope: Scope
    extension: str
    file_name: str
    derived: Derived | None = None

    @property
    def identity(self) -> Values:
        """The fields by which two exports are the same export."""
        return {
            "parameters_sha256": parameters_sha256(self.report, self.scope),
            "position": self.scope.position,
            "format": self.extension,
            "renderer_version": self.report.version,
        }


class ExportRequest(DoorForm):
    """An export that somebody requests on a page."""

    def __init__(self, act: Act, report: Report, form: ReportFilter, *, extension: str = "csv") -> None:
        self._act = act
        self._report = report
        self._form = form
        self._extension = extension
        self._derived: Derived | None = None

    @property
    def file_name(self) -> str:
        """The name of the file."""
        return _name(self._act, self._report, self._form.scope, self._extension)

    def as_job(self, *, most: int) -> Values | None:
        """The arguments of a job (`QueuedExport`) if there are more than `most` rows; up to `most` are derived now.

        None, too, for a request that the door will refuse.
        """
        is_permitted = self._form.foreign_hub is None and may_read(self._act, self._report)
        if not (self.is_valid() and is_permitted):
            return None
        scope = self._form.scope
        try:
            with contextlib.suppress(ValidationFailed):  # the door derives again, refuses and records it
                self._derived = derive(self._report, scope, extension=self._extension, most=most)
        except TooLong:
            asked = {"report": self._report.slug, "extension": self._extension}
            return asked | {"position": scope.position, "parameters": scope.parameters()}
        return None

    def is_valid(self) -> bool:
        """Whether the scope can be read and the file format is known."""
        return self._form.is_valid() and self._extension in EXTENSIONS

    def refusal(self) -> Refusal:
        """Errors of the scope at their fields, or the unknown file format."""
        if not self._form.is_valid():
            return invalid_form(self._form)
        return ValidationFailed.at_field("format", _("Choose CSV or XLSX."), reason=Reason.INVALID_INPUT)

    def values(self) -> Values:
        """The arguments of `create_export`."""
        known = {"report": self._report, "hubs": self._form.hubs, "name": self._report.slug}
        if not self.is_valid():
            return known
        requested = Requested(self._report, self._form.scope, self._extension, self.file_name, self._derived)
        return known | {"requested": requested, "name": requested.file_name}

    def facts(self) -> Values:
        """The request, for the event of any refusal: report, file format, scope and position."""
        scope = self._form.scope if self._form.is_valid() else None
        return _facts(self._report, self._extension, scope)

    def evidence(self, refusal: Refusal) -> Values:
        """The values in the refused fields of the scope."""
        typed = typed_fields(refusal, self._form, {"format": self._extension})
        return {"concerned": list(keys_in(self._form.hubs)), "typed": {"fields": typed}}


class QueuedExport(DoorForm):
    """An export that the worker makes from `ExportRequest.as_job`, with the rights that its requester has by now."""

    def __init__(self, act: Act, arguments: ReadOnlyValues) -> None:
        self._act = act
        self._report = REPORTS[arguments["report"]]
        self._extension = arguments["extension"]
        self._scope = Scope.of(arguments["parameters"], position=arguments["position"])
        self._hubs = list(Hub.objects.filter(code__in=self._scope.hubs))

    def is_valid(self) -> bool:
        """The shape was checked when the job was queued."""
        return True

    def values(self) -> Values:
        """The arguments of `create_export`."""
        name = _name(self._act, self._report, self._scope, self._extension)
        requested = Requested(self._report, self._scope, self._extension, name)
        return {"report": self._report, "requested": requested, "hubs": self._hubs, "name": name}

    def facts(self) -> Values:
        """The request, for the event of any refusal."""
        return _facts(self._report, self._extension, self._scope)


class DownloadRequest(DoorForm):
    """A request for the file of an export, which is derived into `file`."""

    def __init__(self, export: Export, *, file: IO[bytes]) -> None:
        self._export = export
        self._file = file

    def is_valid(self) -> bool:
        """There is nothing to fill in."""
        return True

    def values(self) -> Values:
        """The arguments of `download_export`."""
        hubs = list(Hub.objects.filter(code__in=self._export.parameters["hubs"]))
        return {"export": self._export, "file": self._file, "hubs": hubs}

    def facts(self) -> Values:
        """The request, for the event of any refusal."""
        export = self._export
        asked = {"report": export.report, "format": export.format, "position": export.position}
        return asked | {"scope": dict(export.parameters)}


def derive_export(act: Act, *, report: Report, requested: Requested, **_others: Any) -> Derived:
    """Derive what is requested. Refusals: PERMISSION_DENIED for the report; VALIDATION_FAILED NO_DATA, TOO_LARGE."""
    refuse_unreadable(act, report)
    derived = requested.derived or _derive(report, requested)
    if derived.rows:
        return derived
    raise ValidationFailed(
        _("There is nothing to export for these filters."),
        reason=Reason.NO_DATA,
        details={
            "position": requested.scope.position,
            "remedy": _("Choose wider filters, or a later position."),
        },
    )


def derive_download(act: Act, *, export: Export, file: IO[bytes], **_others: Any) -> Derived:
    """Derive the file of an export again. Refusals: PERMISSION_DENIED for the report."""
    report = REPORTS[export.report]
    refuse_unreadable(act, report)
    scope = Scope.of(export.parameters, position=export.position)
    return derive(report, scope, extension=export.format, into=file)


def _derive(report: Report, requested: Requested) -> Derived:
    scope, total = requested.scope, 0
    if progress.has_listener():
        progress.at("deriving")
        total = sum(part.rows for part in report.totals(scope))
    return derive(report, scope, extension=requested.extension, total=total)


def _name(act: Act, report: Report, scope: Scope, extension: str) -> str:
    return file_name(report, scope, tenant=act.tenant.slug, extension=extension)


def _facts(report: Report, extension: str, scope: Scope | None) -> Values:
    asked = {"report": report.slug, "format": extension[:12]}
    return asked if scope is None else asked | {"position": scope.position, "scope": scope.parameters()}


def refuse_unreadable(act: Act, report: Report) -> None:
    """Refuse somebody whose role may export, but not see the figures of this report."""
    if report.permission is not None and not may_read(act, report):
        raise lacking(act, report.permission)


def may_read(act: Act, report: Report) -> bool:
    """Whether somebody may see the figures of a report."""
    return report.permission is None or act.actor.may(report.permission)
