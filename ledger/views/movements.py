"""Issuing, transferring and adjusting in the browser: a form and a file for each."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.files.pages import file_page
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from ledger.actions.movements import (
    adjust,
    issue,
    needs_four_eyes,
    transfer,
)
from ledger.adjustments.actions.requests import request_adjustment
from ledger.files.kinds import MOVEMENT_FILES
from ledger.models import Kind
from ledger.views.documents import DocumentPage, document_form, document_page, refused_page


def _ways(act: Act) -> Values:
    """Whether an adjustment may be posted at once, or must be requested."""
    needs_two = needs_four_eyes(act)
    return {
        "may_request": True,
        "needs_two": needs_two,
        "may_post": act.actor.may(Permission.LEDGER_ADJUST) and not needs_two,
    }


ISSUING = DocumentPage(
    kind=Kind.ISSUE,
    post=issue,
    heading=gettext_lazy("Issue stock"),
    button=gettext_lazy("Post issue"),
    shape="is-three",
)
TRANSFERRING = DocumentPage(
    kind=Kind.TRANSFER,
    post=transfer,
    heading=gettext_lazy("Transfer stock"),
    button=gettext_lazy("Post transfer"),
    shape="is-transfer",
)
ADJUSTING = DocumentPage(
    kind=Kind.ADJUSTMENT,
    post=adjust,
    heading=gettext_lazy("Adjust stock"),
    button=gettext_lazy("Post adjustment"),
    shape="is-three",
    rights=_ways,
)


@page(permission=Permission.LEDGER_ISSUE, methods=["GET", "POST"], tries="ledger.issue.post")
def issue_stock(request: AsoraRequest) -> HttpResponseBase:
    """Issue stock, line by line."""
    return document_page(request, ISSUING)


@page(permission=Permission.LEDGER_ISSUE, methods=["GET", "POST"], tries="ledger.issue.import")
def issue_file(request: AsoraRequest) -> HttpResponseBase:
    """Issue stock by a file."""
    return file_page(request, MOVEMENT_FILES[Kind.ISSUE])


@page(permission=Permission.LEDGER_TRANSFER, methods=["GET", "POST"], tries="ledger.transfer.post")
def transfer_stock(request: AsoraRequest) -> HttpResponseBase:
    """Transfer stock from bin to bin, line by line."""
    return document_page(request, TRANSFERRING)


@page(permission=Permission.LEDGER_TRANSFER, methods=["GET", "POST"], tries="ledger.transfer.import")
def transfer_file(request: AsoraRequest) -> HttpResponseBase:
    """Transfer stock by a file."""
    return file_page(request, MOVEMENT_FILES[Kind.TRANSFER])


@page(permission=Permission.LEDGER_REQUEST_ADJUSTMENT, methods=["GET", "POST"], tries="ledger.request.create")
def adjust_stock(request: AsoraRequest) -> HttpResponseBase:
    """Adjust stock, line by line: posted at once, or as a request (`request`)."""
    if request.method != "POST" or "request" not in request.POST or "add_line" in request.POST:
        return document_page(request, ADJUSTING)
    form = document_form(request, ADJUSTING, request.POST)
    try:
        asked = request_adjustment.submit(request.act, form)
    except Refusal as refusal:
        return refused_page(request, ADJUSTING, form, refusal)
    messages.success(request, _("Requested. Stock does not change until someone posts the request."))
    return redirect("ledger:request-detail", asked=asked.pk)


@page(permission=Permission.LEDGER_ADJUST, methods=["GET", "POST"], tries="ledger.adjustment.import")
def adjust_file(request: AsoraRequest) -> HttpResponseBase:
    """Adjust stock by a file."""
    return file_page(request, MOVEMENT_FILES[Kind.ADJUSTMENT])
