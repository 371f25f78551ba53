"""What of the ledger takes longer than a request may: big exports, and the proof."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.jobs.kinds import kind
from asora.kernel import progress
from asora.kernel.act import Act
from ledger import verification
from ledger.actions.exports import create_export
from ledger.actions.verification import record_verification
from ledger.reports.orders import LongOrder

EXPORT, PROOF = "ledger.export", "ledger.proof"


@kind(EXPORT, title=_("Export"), permission="ledger.export", template="ledger/_export_done.html")
def export(act: Act, arguments: dict[str, Any]) -> dict[str, Any]:
    """Derive a file and keep the export. The same order again finds the same export, which is not counted twice.

    Refusals: those of `create_export`; the rights of whoever ordered it are asked again before anything is read.
    """
    kept = create_export.submit(act, LongOrder(act, arguments))
    return {"export": str(kept.pk), "rows": kept.rows, "file_name": kept.file_name}


@kind(PROOF, title=_("Proof of the ledger"), permission="ledger.report", template="ledger/_proof_done.html")
def proof(act: Act, _arguments: dict[str, Any]) -> dict[str, Any]:
    """Replay the ledger, compare what is derived from it, and keep what was found."""
    started_at = timezone.now()
    proving = progress.counted("proving", verification.verify(), total=verification.CHECKS_IN_ALL, every=1)
    checks = list(proving)
    run = record_verification(act, started_at=started_at, checks=checks)
    return {"is_proved": run.is_proved, "position": run.position, "rows": sum(check.rows for check in checks)}
