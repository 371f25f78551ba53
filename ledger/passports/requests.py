"""The request for an export with its proof, and the derivation of both."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from audit.seals.proof import files
from audit.seals.proof.rows import Sealed, salt_of, sealed
from ledger.exports.requests import derive_download
from ledger.models import Export
from ledger.passports.rows import STREAM, proof_rows
from ledger.reports import REPORTS
from ledger.reports.derivation import Derived
from ledger.reports.scope import Scope


@dataclass(frozen=True, slots=True)
class Proved:
    """The file of an export as it was derived again, and how many rows of the ledger its proof shows."""

    derived: Derived
    rows: int


def derive_proof(act: Act, *, export: Export, file: IO[bytes], **_others: Any) -> Proved:
    """Derive the file of an export again, and write it with its proof into `file`.

    Refusals: PERMISSION_DENIED for the report; STATE_CONFLICT NOT_SEALED; VALIDATION_FAILED TOO_LARGE.
    """
    with tempfile.TemporaryFile() as table:
        derived = derive_download(act, export=export, file=table)
        found = _sealed_up_to(export.position)
        scope = Scope.of(export.parameters, position=export.position)
        rows = proof_rows(REPORTS[export.report], scope, found, salt=salt_of(STREAM))
        described = {
            "id": str(export.pk),
            "file": export.file_name,
            "report": export.report,
            "position": export.position,
            "parameters": export.parameters,
            "rows": export.rows,
            "rows_sha256": export.rows_sha256,
        }
        proof = files.Proof("export", found, rows, {export.file_name: table}, {"export": described})
        return Proved(derived, files.write(proof, into=file, made_at=timezone.now()))


def _sealed_up_to(position: int) -> Sealed:
    found = sealed(STREAM)
    last = found.last if found else 0
    if found is None or last < position:
        raise StateConflict(
            _("The ledger is sealed up to position %(last)s, and this export is as of position %(position)s.")
            % {"last": last, "position": position},
            reason=Reason.NOT_SEALED,
            details={"sealed": last, "position": position},
        )
    return found
