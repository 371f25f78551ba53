"""Exports: a report leaves the house, and whoever asks again, in whatever year, gets the same bytes (guarantee 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.door import action
from asora.kernel.gates import lacking
from asora.kernel.refusals import Reason, StateConflict
from ledger.exports.requests import Order, may_read
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.derivation import Derived


def _hubs(values: Mapping[str, Any]) -> Iterable[Any]:
    hubs: Iterable[Any] = values.get("hubs", ())
    return hubs


@action(
    "ledger.export.create",
    permission="ledger.export",
    ceiling="exports",
    hubs=_hubs,
    about="name",
    while_frozen=True,
)
def create_export(
    act: Act, *, report: Report, order: Order, hubs: Iterable[Any] = (), name: str = ""
) -> Export:
    """Keep what was exported: who, when, which scope at which position, how many rows, and both hashes.

    `order` was derived before, outside any lock. The same order again gives the same Export, as a no-op that is not
    counted. Refusals: VALIDATION_FAILED NO_DATA, TOO_LARGE, UNKNOWN_HUB, …; PERMISSION_DENIED (role, hub);
    PLAN_LIMIT_EXCEEDED PLAN_EXPORTS; STATE_CONFLICT EXPORT_CHANGED.
    """
    refuse_unreadable(act, report)
    wanted = Export(
        **order.identity,
        report=order.report.slug,
        parameters=order.scope.parameters(),
        file_name=order.file_name,
        rows=order.derived.rows,
        rows_sha256=order.derived.rows_sha256,
        file_sha256=order.derived.file_sha256,
        actor_type=act.actor.type,
        actor_ref=act.actor.ref,
        request_id=act.request_id,
    )
    Export.objects.bulk_create([wanted], ignore_conflicts=True)
    kept = Export.objects.get(**order.identity)
    act.reads(kept)
    refuse_difference(kept, order.derived)
    act.refers(export=str(kept.pk))
    if kept.pk != wanted.pk:
        act.noop(_("The same export exists already; it is not counted again."))
        return kept
    act.changed(
        kept,
        after={
            "report": kept.report,
            "position": kept.position,
            "parameters": kept.parameters,
            "rows": kept.rows,
            "rows_sha256": kept.rows_sha256,
            "file_sha256": kept.file_sha256,
        },
    )
    return kept


@action(
    "ledger.export.download",
    permission="ledger.export",
    hubs=_hubs,
    about="export",
    while_frozen=True,
    observes=True,
)
def download_export(act: Act, *, export: Export, derived: Derived, hubs: Iterable[Any] = ()) -> Export:
    """Let a file go that was derived again just now, if it is the very one that was exported.

    Refusals: PERMISSION_DENIED (role, hub); STATE_CONFLICT EXPORT_CHANGED, and then nothing is sent.
    """
    refuse_unreadable(act, REPORTS[export.report])
    refuse_difference(export, derived)
    act.reads(export)
    act.refers(export=str(export.pk))
    act.found(file_name=export.file_name, rows=derived.rows, file_sha256=derived.file_sha256)
    return export


def refuse_unreadable(act: Act, report: Report) -> None:
    """Refuse somebody whose role may export, but not see what stands in this report."""
    if not may_read(act, report):
        raise lacking(act, report.permission)


def refuse_difference(export: Export, derived: Derived) -> None:
    """Refuse when a derivation does not come to what was exported. Refusals: STATE_CONFLICT EXPORT_CHANGED."""
    exported = Derived(export.rows, export.rows_sha256, export.file_sha256)
    if derived != exported:
        raise StateConflict(
            _("This export can no longer be derived as it was, so it is not sent."),
            reason=Reason.EXPORT_CHANGED,
            details={
                "export": str(export.pk),
                "exported": {"rows": exported.rows, "rows_sha256": exported.rows_sha256},
                "derived": {"rows": derived.rows, "rows_sha256": derived.rows_sha256},
                "remedy": _("Ask for a verification of the ledger, and name the request id."),
            },
        )
