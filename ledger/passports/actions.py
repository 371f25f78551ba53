"""Handing out an export with its proof."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from ledger.exports.actions import refuse_difference
from ledger.exports.requests import refuse_unreadable
from ledger.models import Export
from ledger.passports.requests import Proved, derive_proof
from ledger.reports import REPORTS


def _hubs(values: ReadOnlyValues) -> Iterable[Any]:
    hubs: Iterable[Any] = values.get("hubs", ())
    return hubs


@action(
    "ledger.export.prove",
    permission=Permission.LEDGER_EXPORT,
    hubs=_hubs,
    subject="export",
    while_frozen=True,
    observes=True,
    derive=derive_proof,
    done=gettext_lazy("downloaded export {label} with its proof"),
    tried=gettext_lazy("tried to download export {label} with its proof"),
)
def prove_export(
    act: Act, *, export: Export, file: IO[bytes], hubs: Iterable[Any] = (), derived: Proved = BY_DERIVE
) -> Export:
    """Release an export with its proof, if the file derived now is the one that was exported. It is not counted.

    Refusals: PERMISSION_DENIED (role, hub); STATE_CONFLICT NOT_SEALED, EXPORT_CHANGED; VALIDATION_FAILED TOO_LARGE.
    """
    refuse_unreadable(act, REPORTS[export.report])
    refuse_difference(export, derived.derived)
    act.reads(export)
    act.refers(export=str(export.pk))
    act.found(file_name=export.file_name, file_sha256=export.file_sha256, proof_rows=derived.rows)
    return export
