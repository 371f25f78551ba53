"""Seals in the browser: how far everything is sealed, receipts, and checks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from audit.seals import nightly, queries, receipts
from audit.seals.actions import compare_receipt, download_receipt, request_check, subscribe
from audit.seals.comparing import Verdict
from audit.seals.forms import ReceiptForm, SubscriptionForm
from audit.seals.listings import SEALS
from audit.seals.models import Seal

VIEW = Permission.AUDIT_VIEW


@page(permission=VIEW)
def seal_list(request: AsoraRequest) -> HttpResponse:
    """How far the trail and the ledger are sealed, the last check, and all seals, newest first."""
    context = {
        "streams": queries.stream_states(),
        "check": queries.latest_check(),
        "is_sealing": queries.is_sealing(),
        "wants_receipts": queries.wants_receipts(request.act.actor.ref),
    }
    return list_page(
        request, SEALS, template="audit/seals/list.html", fragment="components/listing.html", context=context
    )


@page(permission=VIEW, methods=["POST"], tries="audit.seals.request_check")
def seal_check(request: AsoraRequest) -> HttpResponse:
    """Ask the worker to check all seals now."""
    request_check(request.act)
    nightly.CHECKS.enqueue(request.act.tenant)
    messages.success(request, _("The check will start in a moment. Its result appears here."))
    return redirect("audit:seals")


@page(permission=VIEW, tries="audit.receipts.download")
def receipt(request: AsoraRequest, stream: str, number: int) -> HttpResponse:
    """The receipt of one seal as a text file: the signed note."""
    found = load(request, Seal, permission=VIEW, stream_id=stream, number=number)
    seal = download_receipt(request.act, seal=found)
    response = HttpResponse(seal.note, content_type="text/plain; charset=utf-8")
    name = receipts.file_name(request.act.tenant.slug, seal)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page(permission=VIEW, methods=["POST"], tries="audit.receipts.subscribe")
def receipt_mail(request: AsoraRequest) -> HttpResponse:
    """Send me receipts by e-mail, or no longer."""
    form = SubscriptionForm(request.POST)
    subscribe.submit(request.act, form)
    if form.values()["wanted"]:
        messages.success(request, _("Each morning you will get the receipts of new seals by e-mail."))
    else:
        messages.success(request, _("You will no longer get receipts by e-mail."))
    return redirect("audit:seals")


@page(permission=VIEW, methods=["GET", "POST"], tries="audit.receipts.compare")
def receipt_compare(request: AsoraRequest) -> HttpResponse:
    """Compare a receipt that somebody kept with the seals that are here."""
    template = "audit/seals/compare.html"
    if request.method != "POST":
        return respond(request, template, {"form": ReceiptForm()})
    form = ReceiptForm(request.POST)
    try:
        found = compare_receipt.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, {})
    if found.verdict == Verdict.NEWER:
        receipts.accept(form.values()["note"], stream=found.stream)
    return respond(request, template, {"form": form, "found": found})
