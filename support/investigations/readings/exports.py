"""Playbook "export failed": the exports of linked requests, whether a retry is the same export, and derived again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from asora.kernel import binding
from asora.kernel.shapes import ReadOnlyValues, Values
from audit.events.models import Event
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.derivation import TooLong, derive, file_name, parameters_sha256
from ledger.reports.scope import Scope as ReportScope
from support.investigations.conditions import EXPORT
from support.investigations.rules import Linked

#: Rows of an export that are derived again while a page waits.
MAX_DERIVED = 20_000
MAX_EXPORTS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """An export that somebody requested, made or refused. `digest`: of its parameters, without the position."""

    request_id: str
    outcome: str
    report: str
    digest: str
    file_name: str = ""
    rows: int | None = None
    rows_sha256: str = ""
    position: int | None = None
    #: Whether the same rows came out when it was derived again; None: not derived, because it is too long.
    is_reproduced: bool | None = None
    #: Whether scope and position lead to its file name.
    is_named_by_scope: bool = False


@dataclass(frozen=True, slots=True)
class Exports:
    """The linked export requests, and other requests of this tenant with the same parameters."""

    asked: Sequence[Asked] = ()
    others: Sequence[Asked] = ()

    def facts(self) -> Values:
        """What conditions read, ready for JSON."""
        digests = {one.digest for one in self.others if one.digest}
        linked = [one.digest for one in self.asked if one.digest]
        same = [
            one.request_id
            for one in self.asked
            if one.digest and (one.digest in digests or linked.count(one.digest) > 1)
        ]
        made = next((one for one in reversed(self.asked) if one.file_name), None)
        return {
            "same_requests": same,
            "reproduced_requests": [one.request_id for one in self.asked if one.is_reproduced],
            "differing_requests": [one.request_id for one in self.asked if one.is_reproduced is False],
            **(
                {
                    "file_name": made.file_name,
                    "rows": made.rows,
                    "rows_sha256": made.rows_sha256,
                    "parameters_sha256": made.digest,
                    "report": made.report,
                    "is_named_by_scope": made.is_named_by_scope,
                }
                if made
                else {}
            ),
        }


def read_exports(links: Sequence[Linked]) -> Exports:
    """The exports of linked requests. Inside the tenant only."""
    linked = [_asked(link.request_id, link.outcome, link.facts) for link in links if link.action == EXPORT]
    asked = [one for one in linked if one is not None]
    if not asked:
        return Exports()
    own = {one.request_id for one in asked}
    wanted = {one.digest for one in asked if one.digest}
    made = Export.objects.filter(parameters_sha256__in=wanted).exclude(request_id__in=own)
    others = [_of_export(export, "allowed") for export in made.order_by("-created_at")[:MAX_EXPORTS]]
    repeated = Event.objects.filter(Q(outcome="refused") | Q(outcome="noop"), action=EXPORT)
    for event in repeated.exclude(request_id__in=own).order_by("-occurred_at", "-id")[:MAX_EXPORTS]:
        found = _asked(
            event.request_id, event.outcome, {"facts": event.facts, "export_ref": event.export_ref}
        )
        if found is not None and found.digest in wanted:
            others.append(found)
    return Exports(asked, others)


def _asked(request_id: str, outcome: str, facts: ReadOnlyValues) -> Asked | None:
    """An export request by the facts of its event; None if they do not say what was asked for."""
    if ref := facts.get("export_ref"):
        export = Export.objects.filter(pk=ref).first()
        return None if export is None else _of_export(export, outcome, request_id=request_id, again=True)
    said = facts.get("facts") or {}
    report = REPORTS.get(str(said.get("report", "")))
    if report is None or "scope" not in said:
        return Asked(request_id, outcome, report=str(said.get("report", "")), digest="")
    scope = ReportScope.of(said["scope"], position=int(said.get("position") or 0))
    return Asked(request_id, outcome, report.slug, parameters_sha256(report, scope), position=scope.position)


def _of_export(export: Export, outcome: str, *, request_id: str = "", again: bool = False) -> Asked:
    return Asked(
        request_id=request_id or export.request_id,
        outcome=outcome,
        report=export.report,
        digest=export.parameters_sha256,
        file_name=export.file_name,
        rows=export.rows,
        rows_sha256=export.rows_sha256,
        position=export.position,
        is_reproduced=_is_reproduced(export) if again else None,
        is_named_by_scope=export.file_name == _name_of(export),
    )


def _name_of(export: Export) -> str:
    """The file name that its scope and position lead to; empty if its report is gone."""
    report = REPORTS.get(export.report)
    if report is None:
        return ""
    scope = ReportScope.of(export.parameters, position=export.position)
    return file_name(report, scope, tenant=str(binding.tenant().slug), extension=export.format)


def _is_reproduced(export: Export) -> bool | None:
    """Whether the export gives the same rows when it is derived again; None if it is too long or its report is gone."""
    report = REPORTS.get(export.report)
    if report is None or export.rows > MAX_DERIVED:
        return None
    try:
        derived = derive(
            report, ReportScope.of(export.parameters, position=export.position), most=MAX_DERIVED
        )
    except TooLong:
        return False
    return (derived.rows, derived.rows_sha256) == (export.rows, export.rows_sha256)
