"""The import page of all kinds of files: choose a file, match its columns if needed, check it, import it.

The page shows each error at the field or line that caused it. Nobody has to send the file again: it is stored under an
id that only its sender can use (`asora.files.staging`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from asora.files import staging
from asora.files.columns import guess
from asora.files.forms import PREFIX, FileForm, MappingForm, maps_columns
from asora.files.jobs import enqueue_file, finished
from asora.files.kinds import FileKind
from asora.files.models import Upload
from asora.files.refused_lines import RefusedLines, places_of, refused_lines
from asora.kernel.csv.columns import head_of
from asora.kernel.pages import AsoraRequest, respond, wants_json
from asora.kernel.refusals import Refusal, RouteNotFound, ValidationFailed, refusal_of
from asora.kernel.shapes import ReadOnlyValues, Values

MAX_TEXT = 256 * 1024  # bytes; a longer pasted text is not shown again in the form


def file_page(request: AsoraRequest, kind: FileKind) -> HttpResponseBase:
    """The import page. With `check` in the posted data nothing is changed. Refusals: those of the kind's action."""
    if request.method != "POST":
        return _after_job(request, kind) if "job" in request.GET else _show(request, kind, {})
    form = FileForm(request.POST, request.FILES, act=request.act, kind=kind.kind)
    if not form.is_valid() or form.upload_found is None:
        return _without_file(request, kind, form)
    upload = form.upload_found
    options = {name: form.cleaned_data[name] for name in kind.options}
    asks_for_columns = "map" in request.POST
    if asks_for_columns and upload.is_stored and (asked := mapping_form(kind, upload)):
        return _show(request, kind, {"upload": upload, "mapping": asked, **options})
    if maps_columns(request.POST) and (mapped := mapping_form(kind, upload, request.POST)):
        if not mapped.is_valid():
            return _wrongly_mapped(request, kind, upload, mapped, options)
        upload.mapping = mapped.mapping
    # A new file is always checked first, even if the user asks for its columns.
    is_check = "check" in request.POST or asks_for_columns
    if upload.lines > settings.ASORA_JOB_LINES and kind.knows_columns(upload):
        job = enqueue_file(request.act, upload, is_check=is_check, options=options)
        return redirect("jobs:detail", job=job.pk)
    try:
        outcome = (kind.check if is_check else kind.load)(request.act, upload, **options)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _refused(request, kind, upload, refusal, {"is_check": is_check, **options})
    if not is_check:
        return kind.finish(request, outcome)
    return _found(request, kind, staging.store(request.act, upload), outcome, options)


def _found(
    request: AsoraRequest, kind: FileKind, upload: Upload, outcome: Any, options: ReadOnlyValues
) -> HttpResponse:
    """Show what a check found, and the button that imports exactly this file."""
    lines = _lines(kind, upload, kind.refused_lines(outcome))
    return _show(request, kind, {"upload": upload, "outcome": outcome, "refused": lines, **options})


def _after_job(request: AsoraRequest, kind: FileKind) -> HttpResponse:
    """Show the result of a job in the same way as that of a short file.

    Refusals: those of `finished`; ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    done = finished(request.act, kind.kind, request.GET["job"])
    if done.outcome is not None and not done.is_check:
        return kind.finish(request, kind.outcome_type.from_json(done.outcome))
    refusal = refusal_of(done.refusal) if done.outcome is None else None
    context = {"is_check": done.is_check, "request_id": done.refusal.get("requestId"), **done.options}
    if isinstance(refusal, RouteNotFound):
        raise refusal  # the file was already deleted when the job started
    if refusal is not None and not staging.may_be_sent_again(refusal):
        return _show(request, kind, {"refusal": refusal, **context})
    upload = staging.find(request.act, kind.kind, done.upload)
    upload.mapping = done.mapping
    if refusal is None:
        return _found(request, kind, upload, kind.outcome_type.from_json(done.outcome or {}), done.options)
    return _refused(request, kind, upload, refusal, context, status=200)


def mapping_form(kind: FileKind, upload: Upload, posted: Any = None) -> MappingForm | None:
    """The mapping form, filled with the chosen or guessed columns; None if the file has no readable header."""
    try:
        head = head_of(upload.as_sent)
    except ValidationFailed:
        return None
    chosen = upload.mapping or guess(head.columns, kind.columns)
    return MappingForm(posted, head=head, columns=kind.columns, chosen=chosen)


def _without_file(request: AsoraRequest, kind: FileKind, form: FileForm) -> HttpResponse:
    """Refuse a form without a file, through the door, so that the refusal is audited."""
    try:
        kind.action.submit(request.act, form)
    except Refusal as refusal:
        if wants_json(request):
            raise
        again = FileForm(initial={"text": request.POST.get("text", "")}, act=request.act, kind=kind.kind)
        return _show(request, kind, {"form": again, "refusal": refusal}, status=refusal.status)
    raise AssertionError("unreachable")


def _wrongly_mapped(
    request: AsoraRequest, kind: FileKind, upload: Upload, mapped: MappingForm, options: ReadOnlyValues
) -> HttpResponse:
    """Refuse a wrong mapping, through the door, and show the errors at its fields."""
    try:
        kind.action.submit(request.act, mapped)
    except ValidationFailed as refusal:
        if wants_json(request):
            raise
        context = {"upload": staging.store(request.act, upload), "mapping": mapped, "refusal": refusal}
        return _show(request, kind, {**context, **options}, status=refusal.status)
    raise AssertionError("unreachable")


def _refused(
    request: AsoraRequest,
    kind: FileKind,
    upload: Upload,
    refusal: Refusal,
    options: ReadOnlyValues,
    *,
    status: int | None = None,
) -> HttpResponse:
    """Show why a file was refused. The file is stored only if a correction could change the answer."""
    context: Values = {"refusal": refusal, **options}
    if staging.may_be_sent_again(refusal):
        # The file of a job is already stored; showing its result (GET) must not change anything.
        context["upload"] = upload if request.method == "GET" else staging.store(request.act, upload)
    if "columns" in refusal.details or "fields" in refusal.details:
        context["mapping"] = mapping_form(kind, upload)
    else:
        lines = refusal.details.get("lines", {})
        context["refused"] = _lines(kind, upload, lines, total=refusal.details.get("refused", 0))
        context["form"] = FileForm(initial={"text": _typed(upload)}, act=request.act, kind=kind.kind)
    return _show(request, kind, context, status=status or refusal.status)


def _lines(
    kind: FileKind, upload: Upload, lines: Mapping[Any, Any], *, total: int = 0
) -> RefusedLines | None:
    if not lines:
        return None
    return refused_lines(
        upload, lines, columns=kind.columns, aliases=kind.aliases, cells_of=kind.cells_of, total=total
    )


def _as_mapped(kind: FileKind, upload: Upload) -> dict[str, str]:
    """The mapping as hidden fields: the stored mapping may change in another tab in the meantime."""
    places = places_of(upload, kind.columns, kind.aliases)
    return {f"{PREFIX}{name}": str(place + 1) for name, place in places.items()}


def _typed(upload: Upload) -> str:
    """The pasted text, so that the user can correct it in the form; empty for a chosen file."""
    is_short = not upload.name and len(upload.as_sent) <= MAX_TEXT
    return upload.as_sent.decode(errors="replace") if is_short else ""


def _show(
    request: AsoraRequest, kind: FileKind, context: ReadOnlyValues, *, status: int = 200
) -> HttpResponse:
    upload: Upload | None = context.get("upload")
    outcome = context.get("outcome")
    used = mapping_form(kind, upload) if outcome is not None and upload and upload.mapping else None
    return respond(
        request,
        kind.template,
        {
            "kind": kind,
            "form": FileForm(act=request.act, kind=kind.kind),
            "not_used": used.not_used if used else (),
            "as_mapped": _as_mapped(kind, upload) if upload else {},
            "most_bytes": settings.ASORA_IMPORT_MAX_BYTES,
            **kind.context(request, outcome),
            **context,
        },
        status=status,
    )
