"""Proofs in the browser: of one event, of a part of the trail, and the program that checks them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseBase

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from audit.events import readers
from audit.events.models import Event
from audit.seals.proof.actions import prove_event, prove_trail
from audit.seals.proof.files import VERIFIER
from audit.seals.proof.requests import MAX_ROWS, STREAM, EventProofRequest, TrailProofForm
from audit.seals.proof.rows import sealed

VIEW = Permission.AUDIT_VIEW
PAGE = "audit/trail_proof.html"


@page(permission=VIEW, tries="audit.event.prove")
def event_proof(request: AsoraRequest, event: UUID) -> HttpResponseBase:
    """The proof of one event. An event that the reader may not see with all details does not exist here."""
    rows = readers.whole(Event.objects.all(), request.act.actor)
    found: Any = load(request, rows, permission=VIEW, id=event)
    with _file() as file:
        prove_event.submit(request.act, EventProofRequest(found, file=file))
        return download(file, f"{request.act.tenant.slug}_event_{found.number or found.pk}_proof.zip")


@page(permission=VIEW, methods=["GET", "POST"], tries="audit.trail.prove")
def trail_proof(request: AsoraRequest) -> HttpResponseBase:
    """The proof of a part of the trail, and the form for it."""
    if request.method != "POST":
        return respond(request, PAGE, {"form": TrailProofForm()} | _context(request))
    with _file() as file:
        form = TrailProofForm(request.POST, file=file)
        try:
            prove_trail.submit(request.act, form)
        except Refusal as refusal:
            return _refused(request, form, refusal, file)
        return download(file, f"{request.act.tenant.slug}_audit_proof.zip")


@page(permission=VIEW)
def verifier(request: AsoraRequest) -> HttpResponse:
    """The program that checks proofs, as a file of its own."""
    response = HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


@contextmanager
def _file() -> Iterator[IO[bytes]]:
    """A temporary file, which the response closes; closed here if there is none."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        yield file
    except BaseException:
        file.close()
        raise


def download(file: IO[bytes], name: str) -> FileResponse:
    """The response that sends a proof."""
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


def _refused(request: AsoraRequest, form: TrailProofForm, refusal: Refusal, file: IO[bytes]) -> HttpResponse:
    file.close()
    return refused_form(request, PAGE, form, refusal, _context(request))


def _context(request: AsoraRequest) -> dict[str, Any]:
    return {
        "sealed": sealed(STREAM),
        "is_everywhere": readers.hubs_of(request.act.actor) is None,
        "most": MAX_ROWS,
    }
