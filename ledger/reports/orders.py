"""What an export action is asked for, derived before the door opens its transaction (ledger.md, "Exports").

The door judges these like forms: first the permission, then `is_valid`, which derives outside any lock, then the hubs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any, cast

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.door import invalid_form
from asora.kernel.refusals import Reason, ValidationFailed
from inventory.models import Hub
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.derivation import Derived, derive, file_name, parameters_sha256
from ledger.reports.forms import ReportFilter
from ledger.reports.scope import Scope

EXTENSIONS = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Order:
    """A scope at a position, and what its derivation came to."""

    report: Report
    scope: Scope
    extension: str
    file_name: str
    derived: Derived

    @property
    def identity(self) -> dict[str, Any]:
        """What makes two exports the same export."""
        return {
            "parameters_sha256": parameters_sha256(self.report, self.scope),
            "position": self.scope.position,
            "format": self.extension,
            "renderer_version": self.report.version,
        }


class ExportOrder:
    """The wish for an export, as the door judges it. Valid: it can be derived, and there is something in it."""

    def __init__(self, act: Act, report: Report, form: ReportFilter, *, extension: str = "csv") -> None:
        self._act = act
        self._report = report
        self._form = form
        self._extension = extension
        self._order: Order | None = None
        self._refusal: ValidationFailed | None = None

    def is_valid(self) -> bool:
        """Derive it, unless its shape is wrong or it names a hub that the door will refuse anyway."""
        if not self._form.is_valid():
            self._refusal = invalid_form(self._form)
            return False
        if self._extension not in EXTENSIONS:
            self._refusal = ValidationFailed.at_field(
                "format", _("A file is CSV or XLSX."), reason=Reason.INVALID_INPUT
            )
            return False
        if self._form.foreign_hub is not None or not may_read(self._act, self._report):
            return True
        scope = self._form.scope
        derived = derive(self._report, scope, extension=self._extension)
        if not derived.rows:
            self._refusal = ValidationFailed(
                _("There is nothing to export in this scope."),
                reason=Reason.NO_DATA,
                details={
                    "position": scope.position,
                    "remedy": _("Widen the scope, or choose a later position."),
                },
            )
            return False
        name = file_name(self._report, scope, tenant=self._act.tenant.slug, extension=self._extension)
        self._order = Order(self._report, scope, self._extension, name, derived)
        return True

    def refusal(self) -> ValidationFailed:
        """Why it is not valid."""
        return cast(ValidationFailed, self._refusal)

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        name = self._order.file_name if self._order else self._report.slug
        return {"report": self._report, "order": self._order, "hubs": self._form.hubs, "name": name}


class Download:
    """The wish for the file of an export. Derived into `file`; whether it is the same, the action decides."""

    def __init__(self, act: Act, export: Export, *, file: IO[bytes]) -> None:
        self._act = act
        self._export = export
        self._file = file
        self._hubs = list(Hub.objects.filter(code__in=export.parameters["hubs"]))
        self._derived: Derived | None = None

    def is_valid(self) -> bool:
        """Derive it again, unless it holds a hub that the door will refuse anyway."""
        report = REPORTS[self._export.report]
        permitted = all(self._act.actor.may("inventory.operate_hub", hub) for hub in self._hubs)
        if permitted and may_read(self._act, report):
            scope = Scope.of(self._export.parameters, position=self._export.position)
            self._derived = derive(report, scope, extension=self._export.format, into=self._file)
        return True

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return {"export": self._export, "derived": self._derived, "hubs": self._hubs}


def may_read(act: Act, report: Report) -> bool:
    """Whether somebody may see what stands in a report; the action asks it again and refuses."""
    return not report.permission or act.actor.may(report.permission)
