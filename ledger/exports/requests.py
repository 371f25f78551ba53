"""What an export action is asked for, derived before the door opens its transaction (ledger.md, "Exports").

The door judges these like forms: first the permission, then `is_valid`, which derives outside any lock, then the hubs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

from django.utils.translation import gettext as _

from asora.kernel import progress
from asora.kernel.act import Act
from asora.kernel.evidence import keys_in, typed_fields
from asora.kernel.gates import invalid_form
from asora.kernel.refusals import Reason, Refusal, ValidationFailed
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


class _Wish:
    """What is wished to leave the house, as the door judges it. Valid: it can be derived, and it is not empty."""

    def __init__(self, act: Act, report: Report, *, extension: str) -> None:
        self._act = act
        self._report = report
        self._extension = extension
        self._order: Order | None = None
        self._refusal: ValidationFailed | None = None

    def refusal(self) -> ValidationFailed:
        """Why it is not valid."""
        return cast(ValidationFailed, self._refusal)

    def _make(self, scope: Scope, derived: Derived) -> bool:
        """The order, unless there is nothing in it."""
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
        self._order = Order(self._report, scope, self._extension, self._name(scope), derived)
        return True

    def facts(self) -> dict[str, Any]:
        """What was asked for, whatever became of it: report, file format, scope and position."""
        asked = {"report": self._report.slug, "format": self._extension[:12]}
        scope = self._asked()
        return asked if scope is None else asked | {"position": scope.position, "scope": scope.parameters()}

    def _asked(self) -> Scope | None:
        """The scope, as far as it could be read."""
        raise NotImplementedError

    def _name(self, scope: Scope) -> str:
        return file_name(self._report, scope, tenant=self._act.tenant.slug, extension=self._extension)

    def _values(self, hubs: Sequence[Hub]) -> dict[str, Any]:
        """What the action is called with."""
        name = self._order.file_name if self._order else self._report.slug
        return {"report": self._report, "order": self._order, "hubs": hubs, "name": name}


class ExportOrder(_Wish):
    """What somebody asks for on a page. Not derived if it names a hub that the door will refuse anyway."""

    def __init__(self, act: Act, report: Report, form: ReportFilter, *, extension: str = "csv") -> None:
        super().__init__(act, report, extension=extension)
        self._form = form
        self._derived: Derived | None = None

    @property
    def file_name(self) -> str:
        """What the file will be called."""
        return self._name(self._form.scope)

    def as_job(self, *, most: int) -> dict[str, Any] | None:
        """What the worker must be told (`LongOrder`) if there are more than `most` rows; up to that they are derived.

        None, too, for what the door will refuse.
        """
        if not (self._is_well_formed() and self._is_permitted()):
            return None
        scope = self._form.scope
        try:
            with contextlib.suppress(ValidationFailed):  # which the door is to hear, and to audit
                self._derived = derive(self._report, scope, extension=self._extension, most=most)
        except TooLong:
            asked = {"report": self._report.slug, "extension": self._extension}
            return asked | {"position": scope.position, "parameters": scope.parameters()}
        return None

    def is_valid(self) -> bool:
        """Derive it, unless its shape is wrong or it names a hub that the door will refuse anyway."""
        if not self._is_well_formed():
            return False
        if not self._is_permitted():
            return True
        scope = self._form.scope
        return self._make(scope, self._derived or derive(self._report, scope, extension=self._extension))

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return self._values(self._form.hubs)

    def evidence(self, refusal: Refusal) -> dict[str, Any]:
        """What was typed in the refused fields of the scope."""
        typed = typed_fields(refusal, self._form, {"format": self._extension})
        return {"concerned": list(keys_in(self._form.hubs)), "typed": {"fields": typed}}

    def _asked(self) -> Scope | None:
        return self._form.scope if self._form.is_valid() else None

    def _is_well_formed(self) -> bool:
        if not self._form.is_valid():
            self._refusal = invalid_form(self._form)
        elif self._extension not in EXTENSIONS:
            self._refusal = ValidationFailed.at_field(
                "format", _("A file is CSV or XLSX."), reason=Reason.INVALID_INPUT
            )
        return self._refusal is None

    def _is_permitted(self) -> bool:
        return self._form.foreign_hub is None and may_read(self._act, self._report)


class LongOrder(_Wish):
    """What `ExportOrder.as_job` told the worker, derived with the rights that whoever ordered it has by now."""

    def __init__(self, act: Act, arguments: Mapping[str, Any]) -> None:
        super().__init__(act, REPORTS[arguments["report"]], extension=arguments["extension"])
        self._scope = Scope.of(arguments["parameters"], position=arguments["position"])
        self._hubs = list(Hub.objects.filter(code__in=self._scope.hubs))

    def is_valid(self) -> bool:
        """Derive it, unless it holds a hub, or figures, that the action will refuse anyway."""
        if not (may_read(self._act, self._report) and all_permitted(self._act, self._hubs)):
            return True
        progress.at("deriving")
        rows = sum(total.rows for total in self._report.totals(self._scope))
        try:
            derived = derive(self._report, self._scope, extension=self._extension, total=rows)
        except ValidationFailed as refusal:
            self._refusal = refusal
            return False
        return self._make(self._scope, derived)

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return self._values(self._hubs)

    def _asked(self) -> Scope:
        return self._scope


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
        if all_permitted(self._act, self._hubs) and may_read(self._act, report):
            scope = Scope.of(self._export.parameters, position=self._export.position)
            self._derived = derive(report, scope, extension=self._export.format, into=self._file)
        return True

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return {"export": self._export, "derived": self._derived, "hubs": self._hubs}

    def facts(self) -> dict[str, Any]:
        """What was asked for, whatever became of it."""
        export = self._export
        asked = {"report": export.report, "format": export.format, "position": export.position}
        return asked | {"scope": dict(export.parameters)}


def may_read(act: Act, report: Report) -> bool:
    """Whether somebody may see what stands in a report; the action asks it again and refuses."""
    return not report.permission or act.actor.may(report.permission)


def all_permitted(act: Act, hubs: Sequence[Hub]) -> bool:
    """Whether somebody works at all of the hubs; the door asks it again and refuses."""
    return all(act.actor.may("inventory.operate_hub", hub) for hub in hubs)
