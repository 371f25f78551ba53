"""Receiving in the browser: the form, the file, and what a scan means."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, page, respond, wants_json
from asora.kernel.refusals import Reason, Refusal, RouteNotFound, ValidationFailed
from inventory.models import Vendor
from inventory.queries import find_item, permitted_hubs
from ledger.actions.receiving import import_receipts, receive
from ledger.forms import MAX_LINES, MovementUpload, ReceiptForm, UploadForm
from ledger.models import Kind
from ledger.world import submitted

SHOWN_VENDORS = 500
SHOWN_LINES = 200


@page(permission="ledger.receive", methods=["GET", "POST"])
def receive_delivery(request: AsoraRequest) -> HttpResponseBase:
    """A delivery, line by line. Refusals: those of `receive`, each at its line; nothing typed is lost."""
    hubs = list(permitted_hubs(request.act.actor).filter(archived_at=None).order_by("code"))
    if request.method != "POST":
        initial = {
            "effective_on": request.act.today,
            "hub": request.GET.get("hub", ""),
            "vendor": request.GET.get("vendor", ""),
        }
        return _form_page(request, ReceiptForm(initial=initial, hubs=hubs))
    if "add_line" in request.POST:
        return _form_page(request, ReceiptForm(_with_one_more_line(request.POST), hubs=hubs))
    form = ReceiptForm(request.POST, hubs=hubs)
    try:
        position = receive.submit(request.act, form)
    except Refusal as refusal:
        return _refused(request, form, refusal)
    messages.success(
        request, _("Posted. Position %(position)s is in the ledger for good.") % {"position": position}
    )
    return redirect("ledger:posting-detail", position=position)


@page(permission="ledger.receive", methods=["GET", "POST"])
def import_deliveries(request: AsoraRequest) -> HttpResponseBase:
    """A file of deliveries: checked (nothing is changed) or imported, all of it or nothing."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return _import_page(request, UploadForm())
    if not form.is_valid():
        return _import_page(request, form, status=400)
    try:
        content = _content_of(form)
    except ValidationFailed as refusal:
        form.add_error("file", refusal.message)
        return _import_page(request, form, refusal=refusal, status=refusal.status)
    upload = MovementUpload(
        Kind.RECEIPT, content, name=_name_of(form), skip_refused=form.cleaned_data["skip_refused"]
    )
    if "dry_run" in request.POST:
        return _rehearsed(request, form, upload)
    try:
        done = import_receipts.submit(request.act, upload)
    except Refusal as refusal:
        return _import_page(request, form, refusal=refusal, status=refusal.status)
    if not done.postings:
        messages.info(request, _("Everything in this file was posted before; nothing was posted again."))
        return redirect("ledger:receive-import")
    messages.success(
        request,
        _("%(postings)s deliveries with %(lines)s lines were posted, positions %(first)s to %(last)s.")
        % {
            "postings": f"{done.postings:,}",
            "lines": f"{done.lines:,}",
            "first": f"{done.positions[0]:,}",
            "last": f"{done.positions[-1]:,}",
        },
    )
    return redirect("ledger:posting-list")


@page(permission="ledger.receive")
def scanned_item(request: AsoraRequest) -> HttpResponse:
    """What a scanned or typed code means: `{sku, name, unit, decimals, bin}`. Refusals: ROUTE_NOT_FOUND."""
    item = find_item(request.GET.get("code", "").strip()[:64])
    if item is None:
        raise RouteNotFound(_("There is no such item."), reason=Reason.NO_SUCH_RECORD)
    return JsonResponse(
        {
            "sku": item.sku,
            "name": item.name,
            "unit": item.unit,
            "decimals": item.decimals,
            "bin": item.putaway_bin.address if item.putaway_bin else "",
        }
    )


def _form_page(
    request: AsoraRequest, form: ReceiptForm, *, refusal: Refusal | None = None, posted: int | None = None
) -> HttpResponse:
    vendors = Vendor.objects.filter(archived_at=None, eligible=True).order_by("code")[:SHOWN_VENDORS]
    context = {
        "form": form,
        "refusal": refusal,
        "posted_position": posted,
        "vendors": vendors,
        "currency": request.act.tenant.currency,
    }
    return respond(request, "ledger/receive.html", context, status=refusal.status if refusal else 200)


def _refused(request: AsoraRequest, form: ReceiptForm, refusal: Refusal) -> HttpResponse:
    if wants_json(request):
        raise refusal
    form.show(refusal)
    posted = None
    if refusal.reason is Reason.ALREADY_POSTED:
        submission = form.head.cleaned_data["submission"]
        posted = refusal.details.get("position") or submitted([submission]).get(submission)
    return _form_page(request, form, refusal=refusal, posted=posted)


def _with_one_more_line(posted: QueryDict) -> QueryDict:
    values = posted.copy()
    total = values.get("lines-TOTAL_FORMS", "0")
    values["lines-TOTAL_FORMS"] = str(
        min(int(total) + 1 if total.isdecimal() and len(total) < 6 else 1, MAX_LINES)
    )
    return values


def _rehearsed(request: AsoraRequest, form: UploadForm, upload: MovementUpload) -> HttpResponse:
    if not upload.is_valid():
        refusal = upload.refusal()
        return _import_page(request, form, refusal=refusal, dry_run=True, status=refusal.status)
    try:
        done = import_receipts.rehearse(request.act, **upload.values())
    except Refusal as refusal:
        return _import_page(request, form, refusal=refusal, dry_run=True, status=refusal.status)
    return _import_page(request, form, outcome=done, dry_run=True)


def _import_page(
    request: AsoraRequest,
    form: UploadForm,
    *,
    refusal: Refusal | None = None,
    outcome: Any = None,
    dry_run: bool = False,
    status: int = 200,
) -> HttpResponse:
    if refusal is not None and wants_json(request):
        raise refusal
    lines: dict[str, list[dict[str, str]]] = refusal.details.get("lines", {}) if refusal else {}
    if outcome is not None:
        lines = {str(line): entries for line, entries in sorted(outcome.left_out.lines.items())}
    shown = [(line, entry) for line, entries in list(lines.items())[:SHOWN_LINES] for entry in entries]
    context = {
        "form": form,
        "refusal": refusal,
        "outcome": outcome,
        "dry_run": dry_run,
        "lines": shown,
        "hidden_lines": max(len(lines) - SHOWN_LINES, 0),
        "reasons": (refusal.details.get("reasons") if refusal else None)
        or (outcome.left_out.counts() if outcome else {}),
        "currency": request.act.tenant.currency,
    }
    return respond(request, "ledger/receive_import.html", context, status=status)


def _content_of(form: UploadForm) -> bytes:
    """The bytes of the file, or of the pasted text. Refusals: VALIDATION_FAILED NO_DATA, TOO_LARGE."""
    upload = form.cleaned_data["file"]
    if upload is not None and upload.size > settings.ASORA_IMPORT_MAX_BYTES:
        most = settings.ASORA_IMPORT_MAX_BYTES // (1024 * 1024)
        message = _("A file may have %(most)s MB.") % {"most": most}
        raise ValidationFailed.at_field("file", message, reason=Reason.TOO_LARGE)
    content = upload.read() if upload is not None else form.cleaned_data["text"].encode()
    if not content.strip():
        raise ValidationFailed.at_field("file", _("Choose a file, or paste its text."), reason=Reason.NO_DATA)
    return cast(bytes, content)


def _name_of(form: UploadForm) -> str:
    upload = form.cleaned_data["file"]
    return upload.name[:120] if upload is not None else _("pasted text")
