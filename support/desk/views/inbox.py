"""The inbox, where an agent's day begins."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from support.desk import inbox
from support.oncall import queries as calls


@page(permission=Permission.SUPPORT_WORK_DESK, host="public")
def tickets(request: AsoraRequest) -> HttpResponse:
    """The tickets that the person may see, most urgent first, with their queues and filters.

    Refusals: VALIDATION_FAILED for a filter or page key that makes no sense.
    """
    form = inbox.WORK.form(request)
    if not form.is_valid():
        raise invalid_form(form)
    filters = form.cleaned_data
    listing = inbox.listing_for(filters)
    found = listing.page(
        request.act, filters, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    return respond(
        request,
        "support/desk/inbox.html",
        {
            "page": found,
            "rows": inbox.rows_of(found.rows),
            "listing": listing,
            "filter_form": form,
            "overview": inbox.overview(request.act.actor, filters.get("queue") or ""),
            "unanswered": calls.unanswered(request.act.actor, timezone.now()),
            "is_archive": inbox.is_archive(filters),
        },
        fragment="support/desk/_inbox.html",
    )
