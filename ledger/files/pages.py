"""Files of documents in the browser: what their pages show of a check, and where an import leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.files.kinds import FileKind, offer
from asora.kernel.pages import AsoraRequest
from ledger.files.file_posting import FileImport
from ledger.files.kinds import ACTIONS, EXAMPLES, as_json, check_file, columns_of, from_json, import_file
from ledger.models import Kind
from ledger.posting.csv_reader import ALIASES, CELLS_OF


def _kind(kind: Kind, title: Any, back_title: Any, back_route: str) -> FileKind:
    import_route = f"{back_route}-import"

    def finish(request: AsoraRequest, done: FileImport) -> HttpResponse:
        return _imported(request, done, import_route)

    def context(request: AsoraRequest, outcome: FileImport | None) -> Mapping[str, Any]:
        # A transfer is worth nothing as a whole; other values are for those who may see them, or have typed the costs.
        sees_value = kind is Kind.RECEIPT or request.act.actor.may("ledger.view_value")
        return {
            "shows_value": sees_value and kind is not Kind.TRANSFER,
            "currency": request.act.tenant.currency,
            "reasons": outcome.reasons if outcome else {},
        }

    made = FileKind(
        kind=kind.value,
        action=ACTIONS[kind.value],
        check=check_file,
        load=import_file,
        finish=finish,
        template="ledger/document_file.html",
        title=title,
        route=import_route,
        back_title=back_title,
        back_route=back_route,
        columns=columns_of(kind.value),
        example=EXAMPLES[kind.value],
        aliases=ALIASES,
        cells_of=CELLS_OF,
        options=("skip_refused", "old_days", "another"),
        context=context,
        lines_of=lambda outcome: outcome.left_out.lines,
        as_json=as_json,
        from_json=from_json,
    )
    offer(made)
    return made


RECEIPT_FILES = _kind(
    Kind.RECEIPT,
    gettext_lazy("Receive from a file"),
    gettext_lazy("Receive"),
    "ledger:receive",
)
ISSUE_FILES = _kind(
    Kind.ISSUE,
    gettext_lazy("Issue from a file"),
    gettext_lazy("Issue"),
    "ledger:issue",
)
TRANSFER_FILES = _kind(
    Kind.TRANSFER,
    gettext_lazy("Transfer from a file"),
    gettext_lazy("Transfer"),
    "ledger:transfer",
)
ADJUSTMENT_FILES = _kind(
    Kind.ADJUSTMENT,
    gettext_lazy("Adjust from a file"),
    gettext_lazy("Adjust"),
    "ledger:adjust",
)
MOVEMENT_FILES = (RECEIPT_FILES, ISSUE_FILES, TRANSFER_FILES, ADJUSTMENT_FILES)


def _imported(request: AsoraRequest, done: FileImport, import_route: str) -> HttpResponse:
    if not done.postings and not done.already_posted:
        said = (
            _("Nothing was posted: every document of this file has a refused line.")
            if done.left_out_postings
            else _("Nothing was posted: every line of this file was rejected as a whole.")
        )
        messages.info(request, said)
        return redirect(import_route)
    if not done.postings:
        said = (
            _("All of this file that can be posted is in the ledger already; nothing was posted again.")
            if done.left_out_postings
            else _("Everything in this file is in the ledger already; nothing was posted again.")
        )
        messages.info(request, said)
        if not done.is_sent_before:
            return redirect(import_route)
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
