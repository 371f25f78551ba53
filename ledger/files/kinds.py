"""Files of movements: one kind of file per kind of movement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.files.kinds import FileKind, offer
from asora.files.models import Upload
from asora.kernel.pages import AsoraRequest
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from ledger.files.actions import IMPORTS
from ledger.files.columns import columns_of
from ledger.files.forms import MovementUpload
from ledger.files.outcome import FileImport
from ledger.models import Kind
from ledger.posting.csv_columns import ALIASES, CELLS_OF
from ledger.posting.kinds import MOVEMENTS, MOVING


class MovementFiles(FileKind):
    """The files of one kind of movement."""

    outcome_type = FileImport
    template = "ledger/document_file.html"
    options = ("skip_refused", "old_days", "another")
    aliases = ALIASES
    cells_of = CELLS_OF

    def form(self, upload: Upload, **options: Any) -> MovementUpload:
        """The upload, read once.

        `options`: `skip_refused`: leave out every document that has a refused line; `old_days`: days more than ten
        years back are confirmed; `another`: the newest posting that was asked about and confirmed to be another one.
        """
        return MovementUpload(
            Kind(self.kind),
            upload.as_sent,
            name=upload.name or _("pasted text"),
            mapping=upload.mapping,
            **options,
        )

    def context(self, request: AsoraRequest, outcome: FileImport | None) -> ReadOnlyValues:
        """Whether values are shown: to people who may see them, or have typed the costs; a transfer has no value."""
        sees_value = MOVEMENTS[Kind(self.kind)].needs_cost or request.act.actor.may(
            Permission.LEDGER_VIEW_VALUE
        )
        return {
            "shows_value": sees_value and Kind(self.kind) not in MOVING,
            "currency": request.act.tenant.currency,
            "reasons": outcome.reasons if outcome else {},
        }

    def refused_lines(self, outcome: FileImport) -> Mapping[Any, Any]:
        """The lines of the documents that are left out."""
        return outcome.left_out.lines

    def finish(self, request: AsoraRequest, outcome: FileImport) -> HttpResponse:
        """What was posted, and the page of the batch."""
        if not outcome.postings and not outcome.already_posted:
            message = (
                _("Nothing was posted. Every document in this file has a refused line.")
                if outcome.left_out_postings
                else _("Nothing was posted. Every line of this file was rejected in full.")
            )
            messages.info(request, message)
            return redirect(self.route)
        if not outcome.postings:
            message = (
                _("Nothing was posted. Every document that can be posted is already in the ledger.")
                if outcome.left_out_postings
                else _("Nothing was posted. Every document in this file is already in the ledger.")
            )
            messages.info(request, message)
            if not outcome.is_sent_before:
                return redirect(self.route)
            return redirect("ledger:batch-detail", batch=outcome.batch)
        message = ngettext(
            "One document was posted, at position %(first)s.",
            "%(postings)s documents with %(lines)s lines were posted, positions %(first)s to %(last)s.",
            outcome.postings,
        )
        messages.success(
            request,
            message
            % {
                "postings": f"{outcome.postings:,}",
                "lines": f"{outcome.lines:,}",
                "first": f"{outcome.positions[0]:,}",
                "last": f"{outcome.positions[-1]:,}",
            },
        )
        return redirect("ledger:batch-detail", batch=outcome.batch)


MOVEMENT_FILES: Mapping[Kind, MovementFiles] = {
    kind: MovementFiles(
        kind=kind.value,
        action=action,
        title=MOVEMENTS[kind].file_title,
        route=f"{MOVEMENTS[kind].route}-import",
        back_title=MOVEMENTS[kind].title,
        back_route=MOVEMENTS[kind].route,
        columns=columns_of(kind.value),
        example=MOVEMENTS[kind].example,
    )
    for kind, action in IMPORTS.items()
}
offer(*MOVEMENT_FILES.values())
