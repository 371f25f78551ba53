"""Exports: the file of a report. The same request, in any later year, gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import looking
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict
from asora.kernel.shapes import ReadOnlyValues
from ledger.exports.requests import Requested, derive_download, derive_export, refuse_unreadable
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.derivation import Derived


def _hubs(values: ReadOnlyValues) -> Iterable[Any]:
    hubs: Iterable[Any] = values.get("hubs", ())
    return hubs


@action(
    "ledger.export.create",
    permission=Permission.LEDGER_EXPORT,
    ceiling="exports",
    hubs=_hubs,
    subject="name",
    while_frozen=True,
    derive=derive_export,
    done=gettext_lazy("exported {label}"),
    tried=gettext_lazy("tried to export {label}"),
)
def create_export(
    act: Act,
    *,
    report: Report,
    requested: Requested,
    hubs: Iterable[Any] = (),
    name: str = "",
    derived: Derived = BY_DERIVE,
) -> Export:
    """Record an export: who, when, which scope at which position, how many rows, and both hashes.

    The same request again gives the same Export, as a no-op that is not counted. Refusals: VALIDATION_FAILED NO_DATA,
    TOO_LARGE, UNKNOWN_HUB, …; PERMISSION_DENIED (role, hub); PLAN_LIMIT_EXCEEDED PLAN_EXPORTS; STATE_CONFLICT
    EXPORT_CHANGED.
    """
    refuse_unreadable(act, report)
    wanted = Export(
        **requested.identity,
        report=requested.report.slug,
        parameters=requested.scope.parameters(),
        file_name=requested.file_name,
        rows=derived.rows,
        rows_sha256=derived.rows_sha256,
        file_sha256=derived.file_sha256,
        actor_type=act.actor.type,
        actor_ref=act.actor.ref,
        request_id=act.request_id,
    )
    if looking.is_on():
        # The row below is only wanted, and is not counted if it is there already.
        act.adds(0 if Export.objects.filter(**requested.identity).exists() else 1)
    Export.objects.bulk_create([wanted], ignore_conflicts=True)
    stored = Export.objects.get(**requested.identity)
    act.reads(stored)
    refuse_difference(stored, derived)
    act.refers(export=str(stored.pk))
    if stored.pk != wanted.pk:
        act.noop(_("This export already exists, so it is not counted again."))
        return stored
    act.changed(
        stored,
        after={
            "report": stored.report,
            "position": stored.position,
            "parameters": stored.parameters,
            "rows": stored.rows,
            "rows_sha256": stored.rows_sha256,
            "file_sha256": stored.file_sha256,
        },
    )
    return stored


@action(
    "ledger.export.download",
    permission=Permission.LEDGER_EXPORT,
    hubs=_hubs,
    subject="export",
    while_frozen=True,
    observes=True,
    derive=derive_download,
    done=gettext_lazy("downloaded export {label}"),
    tried=gettext_lazy("tried to download export {label}"),
)
def download_export(
    act: Act, *, export: Export, file: IO[bytes], hubs: Iterable[Any] = (), derived: Derived = BY_DERIVE
) -> Export:
    """Release a file that was derived again into `file`, if its bytes are those that were exported.

    Refusals: PERMISSION_DENIED (role, hub); STATE_CONFLICT EXPORT_CHANGED, and then nothing is sent.
    """
    refuse_unreadable(act, REPORTS[export.report])
    refuse_difference(export, derived)
    act.reads(export)
    act.refers(export=str(export.pk))
    act.found(file_name=export.file_name, rows=derived.rows, file_sha256=derived.file_sha256)
    return export


def refuse_difference(export: Export, derived: Derived) -> None:
    """Refuse when a new derivation differs from what was exported. Refusals: STATE_CONFLICT EXPORT_CHANGED."""
    exported = Derived(export.rows, export.rows_sha256, export.file_sha256)
    if derived != exported:
        raise StateConflict(
            _("The file derived now differs from the file that was exported, so it was not sent."),
            reason=Reason.EXPORT_CHANGED,
            details={
                "export": str(export.pk),
                "exported": {"rows": exported.rows, "rows_sha256": exported.rows_sha256},
                "derived": {"rows": derived.rows, "rows_sha256": derived.rows_sha256},
                "remedy": _("Ask an administrator to prove the ledger, and give them the request id."),
            },
        )
