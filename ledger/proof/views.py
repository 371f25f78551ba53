"""The proof of the ledger in the browser: the last results, and starting a new one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.jobs.actions import request_job
from asora.kernel import clock, positions
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from ledger.models import VerificationRun
from ledger.proof.actions import PROOF_JOB

LATEST_RUNS = 20


@page(permission=Permission.LEDGER_REPORT)
def health(request: AsoraRequest) -> HttpResponse:
    """What the last proofs of the ledger compared and found."""
    runs = list(VerificationRun.objects.order_by("-finished_at", "-pk")[:LATEST_RUNS])
    latest = runs[0] if runs else None
    compared = sum(check["rows"] for check in latest.checks) if latest else 0
    context = {
        "runs": runs,
        "latest": latest,
        "compared": compared,
        "has_demo_clock": clock.has_demo_clock(),
    }
    return respond(request, "ledger/health.html", context)


@page(permission=Permission.LEDGER_REPORT, methods=["POST"], tries="ledger.verification.record")
def prove(request: AsoraRequest) -> HttpResponse:
    """Request a proof of the ledger; redirects to its job."""
    position = positions.current()
    label = _("Proof up to position %(position)s") % {"position": f"{position:,}"}
    job = request_job(request.act, kind=PROOF_JOB, label=label, arguments={"position": position})
    return redirect("jobs:detail", job=job.pk)
