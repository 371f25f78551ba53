"""What the pages of all kinds of documents share: the form, line by line, and the file, checked or imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest, respond, wants_json
from asora.kernel.refusals import PermissionDenied, Reason, Refusal
from inventory.models import Vendor
from inventory.queries import permitted_hubs
from ledger.actions.documents import FileImport
from ledger.forms import MAX_LINES, DocumentForm, MovementUpload, UploadForm
from ledger.imports.files import SHAPES
from ledger.models import AdjustmentReason, Kind
from ledger.world import submitted

SHOWN_VENDORS = 500
SHOWN_LINES = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one kind of document is made. `heading` and the like are what its pages say.

    `rights(act)`: further context of the form's page, such as which buttons it has.
    """

    kind: Kind
    post: Action[..., int]
    load: Action[..., FileImport]
    route: str
    import_route: str
    title: Any
    heading: Any
    file_heading: Any
    button: Any
    shape: str = ""
    rights: Callable[[Any], Mapping[str, Any]] = lambda act: {}


def document_page(request: AsoraRequest, desk: Desk) -> HttpResponseBase:
    """A document, line by line. Refusals: those of its action, each at its line; nothing typed is lost."""
    if request.method != "POST":
        initial = {"effective_on": request.act.today} | {
            name: request.GET.get(name, "") for name in ("hub", "to_hub", "vendor", "reason", "reference")
        }
        return form_page(request, desk, document_form(request, desk, initial=initial))
    if "add_line" in request.POST:
        return form_page(request, desk, document_form(request, desk, _with_one_more_line(request.POST)))
    form = document_form(request, desk, request.POST)
    try:
        position = desk.post.submit(request.act, form)
    except Refusal as refusal:
        return refused_page(request, desk, form, refusal)
    messages.success(
        request, _("Posted. Position %(position)s is in the ledger for good.") % {"position": position}
    )
    return redirect("ledger:posting-detail", position=position)


def document_form(request: AsoraRequest, desk: Desk, values: Any = None, **options: Any) -> DocumentForm:
    """The form of a kind, offering what this actor may choose."""
    return DocumentForm(
        desk.kind,
        values,
        hubs=permitted_hubs(request.act.actor).filter(archived_at=None).order_by("code"),
        reasons=AdjustmentReason.objects.filter(archived_at=None).order_by("name"),
        sees_value=request.act.actor.may("ledger.view_value"),
        **options,
    )


def form_page(
    request: AsoraRequest,
    desk: Desk,
    form: DocumentForm,
    *,
    refusal: Refusal | None = None,
    posted: int | None = None,
) -> HttpResponse:
    """The page of a form, as it stands."""
    vendors = Vendor.objects.filter(archived_at=None, eligible=True).order_by("code")[:SHOWN_VENDORS]
    context = {
        "desk": desk,
        "form": form,
        "refusal": refusal,
        "posted_position": posted,
        "vendors": vendors if desk.kind is Kind.RECEIPT else (),
        "currency": request.act.tenant.currency,
        "is_priced": "unit_cost" in form.lines.empty_form.fields,
        **desk.rights(request.act),
    }
    return respond(request, "ledger/document.html", context, status=refusal.status if refusal else 200)


def refused_page(request: AsoraRequest, desk: Desk, form: DocumentForm, refusal: Refusal) -> HttpResponse:
    """The form with what was refused at its fields and lines; everything typed is still there."""
    if wants_json(request):
        raise refusal
    form.show(refusal)
    posted = None
    if refusal.reason is Reason.ALREADY_POSTED:
        submission = form.head.cleaned_data["submission"]
        posted = refusal.details.get("position") or submitted([submission]).get(submission)
    return form_page(request, desk, form, refusal=refusal, posted=posted)


def _with_one_more_line(posted: QueryDict) -> QueryDict:
    values = posted.copy()
    total = values.get("lines-TOTAL_FORMS", "0")
    values["lines-TOTAL_FORMS"] = str(
        min(int(total) + 1 if total.isdecimal() and len(total) < 6 else 1, MAX_LINES)
    )
    return values


def file_page(request: AsoraRequest, desk: Desk) -> HttpResponseBase:
    """A file of documents: checked (nothing is changed) or imported, all of it or nothing."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return _file_page(request, desk, UploadForm())
    content = _content_of(form) if form.is_valid() else b""
    if not form.is_valid():
        return _refused_upload(request, desk, form)
    skip_refused = form.cleaned_data["skip_refused"]
    upload = MovementUpload(desk.kind, content, name=_name_of(form), skip_refused=skip_refused)
    if "dry_run" in request.POST:
        return _rehearsed(request, desk, form, upload)
    try:
        done = desk.load.submit(request.act, upload)
    except Refusal as refusal:
        return _file_page(request, desk, form, refusal=refusal, status=refusal.status)
    return _imported(request, desk, done)


def _refused_upload(request: AsoraRequest, desk: Desk, form: UploadForm) -> HttpResponse:
    """Refuse what is no file at all, at the door like everything else, so that the trail has it."""
    try:
        desk.load.submit(request.act, form)
    except Refusal as refusal:
        return _file_page(request, desk, form, refusal=refusal, status=refusal.status)
    raise AssertionError("unreachable")


def _imported(request: AsoraRequest, desk: Desk, done: FileImport) -> HttpResponse:
    if not done.postings and done.left_out_postings:
        messages.info(request, _("Nothing was posted: every document of this file has a refused line."))
        return redirect(desk.import_route)
    if not done.postings:
        messages.info(request, _("Everything in this file was posted before; nothing was posted again."))
        return redirect("ledger:batch-detail", batch=done.batch)
    said = ngettext(
        "One document was posted, at position %(first)s.",
        "%(postings)s documents with %(lines)s lines were posted, positions %(first)s to %(last)s.",
        done.postings,
    )
    messages.success(
        request,
        said
        % {
            "postings": f"{done.postings:,}",
            "lines": f"{done.lines:,}",
            "first": f"{done.positions[0]:,}",
            "last": f"{done.positions[-1]:,}",
        },
    )
    return redirect("ledger:batch-detail", batch=done.batch)


def _rehearsed(request: AsoraRequest, desk: Desk, form: UploadForm, upload: MovementUpload) -> HttpResponse:
    try:
        done = desk.load.check(request.act, upload)
    except PermissionDenied:
        raise  # what somebody may not do is no result of a check
    except Refusal as refusal:
        return _file_page(request, desk, form, refusal=refusal, dry_run=True, status=refusal.status)
    return _file_page(request, desk, form, outcome=done, dry_run=True)


def _file_page(
    request: AsoraRequest,
    desk: Desk,
    form: UploadForm,
    *,
    refusal: Refusal | None = None,
    outcome: FileImport | None = None,
    dry_run: bool = False,
    status: int = 200,
) -> HttpResponse:
    if refusal is not None and wants_json(request):
        raise refusal
    lines: dict[str, list[dict[str, str]]] = refusal.details.get("lines", {}) if refusal else {}
    if outcome is not None:
        lines = {str(line): entries for line, entries in sorted(outcome.left_out.lines.items())}
    shown = [(line, entry) for line, entries in list(lines.items())[:SHOWN_LINES] for entry in entries]
    shape = SHAPES[desk.kind]
    # A transfer is worth nothing as a whole; other values are for those who may see them, or have typed the costs.
    shows_value = desk.kind is Kind.RECEIPT or request.act.actor.may("ledger.view_value")
    context = {
        "desk": desk,
        "columns": [*shape.columns, *shape.optional],
        "form": form,
        "refusal": refusal,
        "outcome": outcome,
        "shows_value": shows_value and desk.kind is not Kind.TRANSFER,
        "dry_run": dry_run,
        "lines": shown,
        "hidden_lines": max(len(lines) - SHOWN_LINES, 0),
        "reasons": (refusal.details.get("reasons") if refusal else None)
        or (outcome.left_out.counts() if outcome else {}),
        "currency": request.act.tenant.currency,
    }
    return respond(request, "ledger/document_file.html", context, status=status)


def _content_of(form: UploadForm) -> bytes:
    """The bytes of the file, or of the pasted text; NO_DATA and TOO_LARGE become errors of the form."""
    upload = form.cleaned_data["file"]
    if upload is not None and upload.size > settings.ASORA_IMPORT_MAX_BYTES:
        most = settings.ASORA_IMPORT_MAX_BYTES // (1024 * 1024)
        message = _("A file may have %(most)s MB.") % {"most": most}
        form.add_error("file", ValidationError(message, code=str(Reason.TOO_LARGE)))
        return b""
    content = upload.read() if upload is not None else form.cleaned_data["text"].encode()
    if not content.strip():
        message = _("Choose a file, or paste its text.")
        form.add_error("file", ValidationError(message, code=str(Reason.NO_DATA)))
    return cast(bytes, content)


def _name_of(form: UploadForm) -> str:
    upload = form.cleaned_data["file"]
    return upload.name[:120] if upload is not None else _("pasted text")
