"""A listing as a page, and a listing as a CSV file. They share the filters of the page address, and nothing else."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from asora.kernel.csv.writing import csv_bytes
from asora.kernel.events import record_event
from asora.kernel.gates import invalid_form
from asora.kernel.ladder import Outcome
from asora.kernel.listing import Listing
from asora.kernel.pages import AsoraRequest, respond
from asora.kernel.refusals import RouteNotFound
from asora.kernel.shapes import ReadOnlyValues
from asora.kernel.words import register_sentence

register_sentence("list.download", done=_("downloaded a list"), tried=_("tried to download a list"))


def wants_csv(request: HttpRequest) -> bool:
    """Whether the address asks for the list as a file."""
    return request.GET.get("format") == "csv"


def list_page(
    request: AsoraRequest,
    listing: Listing,
    *,
    template: str,
    fragment: str,
    context: ReadOnlyValues | None = None,
) -> HttpResponse:
    """A listing as a page, or as its fragment.

    Refusals: VALIDATION_FAILED for a filter or a page key that makes no sense; ROUTE_NOT_FOUND for an address that
    asks for a CSV file: the view of a listing that can be downloaded calls `list_csv` first.
    """
    if wants_csv(request):
        raise RouteNotFound()
    form = _valid_filters(request, listing)
    found = listing.page(
        request.act,
        form.cleaned_data,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    return respond(
        request,
        template,
        {**(context or {}), "listing": listing, "page": found, "filter_form": form},
        fragment=fragment,
    )


def list_csv(request: AsoraRequest, listing: Listing) -> HttpResponse:
    """All rows of a listing as a CSV file, with an event that names the list and the filters.

    Refusals: VALIDATION_FAILED for a filter that makes no sense; ROUTE_NOT_FOUND if the listing has no download.
    """
    if listing.download is None:
        raise RouteNotFound()
    filters = _valid_filters(request, listing).cleaned_data
    act = request.act.recording()
    # A filter may contain the name of a person, which must not be written to an event.
    recorded = {name: value for name, value in filters.items() if value and name not in listing.unrecorded}
    act.found(list=listing.name, filters={name: str(value) for name, value in recorded.items()})
    record_event(
        act,
        Outcome(
            action="list.download",
            outcome="allowed",
            ladder=[{"gate": "permitted", "verdict": "passed", "rule": listing.permission}],
            record=act.record,
        ),
    )
    columns = listing.download.columns(request.act) if listing.download.columns else listing.columns
    rows = ([column.value(row) for column in columns] for row in listing.rows(request.act, filters))
    # Read all rows now: a streaming response would run after the connection has left the tenant.
    content = b"".join(csv_bytes([column.name for column in columns], rows))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{request.act.tenant.slug}_{listing.name}.csv"'
    return response


def _valid_filters(request: AsoraRequest, listing: Listing) -> forms.Form:
    form = listing.form(request)
    if not form.is_valid():
        raise invalid_form(form)
    return form
