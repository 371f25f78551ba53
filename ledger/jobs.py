"""Jobs of the ledger that take too long for a request: big exports, reversing a big import, and the proof."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.jobs.kinds import kind
from asora.jobs.models import Job, State
from asora.kernel import progress
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict
from asora.kernel.shapes import Values
from ledger.actions.reversing import REVERSAL_JOB, reverse_batch
from ledger.exports.actions import create_export
from ledger.exports.requests import EXPORT_JOB, QueuedExport
from ledger.proof import verification
from ledger.proof.actions import PROOF_JOB, record_verification


@kind(EXPORT_JOB, title=_("Export"), permission=Permission.LEDGER_EXPORT, template="ledger/_export_done.html")
def export(act: Act, arguments: Values) -> Values:
    """Derive a file and record the export. Requesting it again finds the same export, which is not counted twice.

    Refusals: those of `create_export`; the rights of the requester are checked again before anything is read.
    """
    stored = create_export.submit(act, QueuedExport(act, arguments))
    return {"export": str(stored.pk), "rows": stored.rows, "file_name": stored.file_name}


@kind(
    PROOF_JOB,
    title=_("Proof of the ledger"),
    permission=Permission.LEDGER_REPORT,
    template="ledger/_proof_done.html",
)
def proof(act: Act, _arguments: Values) -> Values:
    """Replay the ledger, compare it with the derived figures, and record the result."""
    started_at = timezone.now()
    proving = progress.counted("proving", verification.verify(), total=verification.CHECKS_IN_ALL, every=1)
    checks = list(proving)
    run = record_verification(act, started_at=started_at, checks=checks)
    return {"is_proved": run.is_proved, "position": run.position, "rows": sum(check.rows for check in checks)}


def _batch_page(job: Job) -> str:
    """The page of the import, once it is reversed; a refusal stays on the page of the job."""
    is_done = job.state == State.DONE
    return reverse("ledger:batch-detail", args=[job.arguments["batch"]]) if is_done else ""


@kind(
    REVERSAL_JOB,
    title=_("Reversal of an import"),
    permission=Permission.LEDGER_REVERSE,
    template="ledger/_reversal_done.html",
    onward=_batch_page,
)
def reversal(act: Act, arguments: Values) -> Values:
    """Reverse all of an import. Run again after a crash, it succeeds if that is done.

    Refusals: those of `reverse_batch`.
    """
    progress.at("writing")
    try:
        reverse_batch(
            act,
            batch=UUID(arguments["batch"]),
            submission=UUID(arguments["submission"]),
            note=arguments["note"],
        )
    except StateConflict as refusal:
        if refusal.reason is not Reason.ALREADY_POSTED:
            raise
    return {"batch": arguments["batch"]}
