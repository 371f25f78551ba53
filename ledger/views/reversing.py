"""Reversing in the browser: one posting from its page, an import from the page of its batch."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.jobs.actions import request_job
from asora.kernel.gates import hub_not_granted
from asora.kernel.pages import AsoraRequest, load, page, respond, wants_json
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from ledger.actions.reversing import REVERSAL_JOB, hubs_of_postings, reverse, reverse_batch
from ledger.forms.reversal import ReversalForm
from ledger.models import Entry, Kind, Posting
from ledger.views.postings import batch_context, posting_page


@page(permission=Permission.LEDGER_REVERSE, methods=["POST"], tries="ledger.reversal.post")
def posting_reverse(request: AsoraRequest, position: int) -> HttpResponse:
    """Reverse one posting. Refusals: those of `reverse`, on the page of the posting."""
    posting = load(request, Posting, permission=Permission.LEDGER_REVERSE, position=position)
    try:
        reversal = reverse.submit(request.act, ReversalForm(request.POST, subject=posting))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return posting_page(request, position, refusal=refusal)
    messages.success(
        request,
        _("Reversed. Position %(reversal)s reverses position %(position)s.")
        % {"reversal": f"{reversal:,}", "position": f"{position:,}"},
    )
    return redirect("ledger:posting-detail", position=reversal)


@page(permission=Permission.LEDGER_VIEW_STOCK, is_form=True)
def batch_detail(request: AsoraRequest, batch: UUID) -> HttpResponse:
    """The postings of an import, and which are reversed. Refusals: HUB_NOT_GRANTED if no line is visible."""
    return _batch_page(request, batch)


@page(permission=Permission.LEDGER_REVERSE, methods=["POST"], tries="ledger.batch.reverse")
def batch_reverse(request: AsoraRequest, batch: UUID) -> HttpResponse:
    """Reverse all of an import; a big one becomes a job. Refusals: those of `reverse_batch`, on the batch's page."""
    form = ReversalForm(request.POST, subject=batch)
    if Entry.objects.filter(posting__batch=batch).count() > settings.ASORA_JOB_LINES and form.is_valid():
        asked = {name: str(value) for name, value in form.values().items()}
        label = _("Reversal of import %(batch)s") % {"batch": str(batch)[:8]}
        job = request_job(request.act, kind=REVERSAL_JOB, label=label, arguments=asked)
        return redirect("jobs:detail", job=job.pk)
    try:
        positions = reverse_batch.submit(request.act, form)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _batch_page(request, batch, refusal=refusal)
    message = ngettext(
        "%(count)s posting was reversed.", "%(count)s postings were reversed, newest first.", len(positions)
    ) % {"count": f"{len(positions):,}"}
    messages.success(request, message)
    return redirect("ledger:batch-detail", batch=batch)


def _batch_page(request: AsoraRequest, batch: UUID, *, refusal: Refusal | None = None) -> HttpResponse:
    whole = Posting.objects.filter(batch=batch)
    originals = whole.exclude(kind=Kind.REVERSAL)
    first = originals.order_by("position").first()
    if first is None:
        raise RouteNotFound(_("This import does not exist."), reason=Reason.NO_SUCH_RECORD)
    hubs = hubs_of_postings(originals)
    if not any(request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub) for hub in hubs):
        raise hub_not_granted(hubs[0])
    left = originals.filter(reversed_by=None).count()
    context = batch_context(request, batch) | {
        "batch": batch,
        "first": first,
        "total": originals.count(),
        "left": left,
        "refusal": refusal,
        "may_reverse": request.act.actor.may(Permission.LEDGER_REVERSE),
        "reversal_form": ReversalForm(subject=batch),
    }
    return respond(request, "ledger/batch.html", context, status=refusal.status if refusal else 200)
