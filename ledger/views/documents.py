"""The form page that all kinds of documents share. Files are in `ledger.files.kinds`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest, respond, wants_json
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from inventory.models import Vendor
from inventory.queries import permitted_hubs
from ledger.forms.documents import DocumentForm
from ledger.forms.lines import MAX_LINES
from ledger.models import AdjustmentReason, Kind
from ledger.posting.kinds import FROM_VENDORS, MOVEMENTS
from ledger.posting.master_data import submitted

SHOWN_VENDORS = 500


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """The form page of one kind of document. `heading` and `button`: its texts besides those of its kind.

    `rights(act)`: further context of the page, such as which buttons it has.
    """

    kind: Kind
    post: Action[..., int]
    heading: StrOrPromise
    button: StrOrPromise
    shape: str = ""
    rights: Callable[[Any], ReadOnlyValues] = lambda act: {}

    @property
    def title(self) -> StrOrPromise:
        """The title of the page."""
        return MOVEMENTS[self.kind].title

    @property
    def import_route(self) -> str:
        """The name of the page that takes a file of these documents."""
        return f"{MOVEMENTS[self.kind].route}-import"


def document_page(request: AsoraRequest, document: DocumentPage) -> HttpResponseBase:
    """Show or post a document. Refusals: those of its action, each at its line; everything typed stays."""
    if request.method != "POST":
        initial = {"effective_on": request.act.today} | {
            name: request.GET.get(name, "") for name in ("hub", "to_hub", "vendor", "reason", "reference")
        }
        return form_page(request, document, document_form(request, document, initial=initial))
    if "add_line" in request.POST:
        return form_page(
            request, document, document_form(request, document, _with_one_more_line(request.POST))
        )
    form = document_form(request, document, request.POST)
    try:
        position = document.post.submit(request.act, form)
    except Refusal as refusal:
        return refused_page(request, document, form, refusal)
    messages.success(
        request, _("Posted. Position %(position)s is now in the ledger.") % {"position": position}
    )
    return redirect("ledger:posting-detail", position=position)


def document_form(
    request: AsoraRequest, document: DocumentPage, values: Any = None, **options: Any
) -> DocumentForm:
    """The form of a kind, with the choices that this actor has."""
    return DocumentForm(
        document.kind,
        values,
        hubs=permitted_hubs(request.act.actor).filter(archived_at=None).order_by("code"),
        reasons=AdjustmentReason.objects.filter(archived_at=None).order_by("name"),
        sees_value=request.act.actor.may(Permission.LEDGER_VIEW_VALUE),
        works_at=lambda hub: request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub),
        **options,
    )


def form_page(
    request: AsoraRequest,
    document: DocumentPage,
    form: DocumentForm,
    *,
    refusal: Refusal | None = None,
    posted: int | None = None,
) -> HttpResponse:
    """The page of a form in its present state."""
    vendors = Vendor.objects.filter(archived_at=None, eligible=True).order_by("code")[:SHOWN_VENDORS]
    context = {
        "document": document,
        "form": form,
        "refusal": refusal,
        "posted_position": posted,
        "vendors": vendors if document.kind in FROM_VENDORS else (),
        "currency": request.act.tenant.currency,
        "is_priced": "unit_cost" in form.lines.empty_form.fields,
        **document.rights(request.act),
    }
    return respond(request, "ledger/document.html", context, status=refusal.status if refusal else 200)


def refused_page(
    request: AsoraRequest, document: DocumentPage, form: DocumentForm, refusal: Refusal
) -> HttpResponse:
    """The form with the refusals at its fields and lines; everything typed stays."""
    if wants_json(request):
        raise refusal
    form.show(refusal)
    posted = None
    if refusal.reason is Reason.ALREADY_POSTED:
        submission = form.head.cleaned_data["submission"]
        posted = refusal.details.get("position") or submitted([submission]).get(submission)
    return form_page(request, document, form, refusal=refusal, posted=posted)


def _with_one_more_line(posted: QueryDict) -> QueryDict:
    values = posted.copy()
    total = values.get("lines-TOTAL_FORMS", "0")
    values["lines-TOTAL_FORMS"] = str(
        min(int(total) + 1 if total.isdecimal() and len(total) < 6 else 1, MAX_LINES)
    )
    return values
