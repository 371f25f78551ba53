"""Pages of the audit trail: the list of events, and one event with its decision."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.gates import invalid_form
from asora.kernel.lists import list_csv, wants_csv
from asora.kernel.pages import AsoraRequest, load, page, respond, shown_on
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal, ValidationFailed
from asora.kernel.shapes import Values
from audit.events import readers
from audit.explorer import story
from audit.explorer.comparison import compare
from audit.explorer.event_query import EventQuery
from audit.explorer.formats.catalogue import FORMATS
from audit.explorer.histogram import histogram
from audit.explorer.histogram_chart import chart_of
from audit.explorer.listings import EVENTS, VIEW
from audit.explorer.query_text import BAR
from audit.explorer.reading import record_events, record_query
from audit.explorer.related import address_of, related
from audit.explorer.searches.queries import may_save, readable

PAGE = "audit/event_list.html"
#: The parameter that names the event that was chosen for a comparison.
COMPARE = "compare"
#: The most saved searches that are shown beside the query; the others are on their own page.
MAX_SEARCHES = 12


@page(permission=VIEW)
def event_list(request: AsoraRequest) -> HttpResponseBase:
    """The events of a filter, newest first. A query that was typed (`q`) becomes the address of its filter.

    Refusals: VALIDATION_FAILED for a filter that makes no sense, shown on the page with what was typed.
    """
    if wants_csv(request):
        return list_csv(request, EVENTS)
    form = EVENTS.form(request)
    typed = request.GET.get(BAR)
    if typed is not None:
        try:
            return redirect(_kept(request, address_of(EventQuery.parse(typed))))
        except ValidationFailed as refusal:
            raise _on_page(refusal, {"filter_form": form, "bar": typed, "bar_refusal": refusal}) from refusal
    if not form.is_valid():
        raise _on_page(invalid_form(form), {"filter_form": form})
    query = EventQuery.from_params(form.cleaned_data)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    found = EVENTS.page(request.act, form.cleaned_data, after=after, before=before)
    drawn = histogram(query, request.act.actor, zone=request.act.zone)
    record_query(request.act, query)
    context = {
        "chart": chart_of(drawn, zone=request.act.zone) if drawn else None,
        "listing": EVENTS,
        "page": found,
        "days": _by_day(request.act, found.rows),
        "filter_form": form,
        "query": query,
        "bar": query.text(),
        "formats": FORMATS.values(),
        "hidden_filters": _hidden(query),
        "searches": readable(request.act.actor).order_by("name", "id")[:MAX_SEARCHES],
        "may_save": may_save(request.act.actor),
        "chosen": _chosen(request),
    }
    return respond(request, PAGE, context, fragment="audit/_explorer.html")


def _chosen(request: AsoraRequest) -> Any:
    """The event that the reader has chosen to compare with another (`?compare=`); None if there is none."""
    try:
        wanted = UUID(request.GET.get(COMPARE, ""))
    except ValueError:
        return None
    rows = readers.readable(request.act.actor)
    return readers.whole(rows, request.act.actor).defer(*readers.HEAVY).filter(pk=wanted).first()


def _kept(request: AsoraRequest, address: str) -> str:
    """The address with the event that was chosen for a comparison."""
    wanted = request.GET.get(COMPARE)
    if not wanted:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({COMPARE: wanted})}"


def _on_page(refusal: Refusal, context: Values) -> Refusal:
    return shown_on(refusal, PAGE, context)


def _hidden(query: EventQuery) -> list[Values]:
    """The filters that have no control on the page: {label, value, url without the filter}."""
    labels = {"rule": _("Exact rule"), "route": _("Route")}
    return [
        {
            "label": label,
            "value": value,
            "url": address_of(EventQuery.from_params(query.as_params() | {name: ""})),
        }
        for name, label in labels.items()
        if (value := getattr(query, name))
    ]


def _by_day(act: Act, rows: Any) -> list[Values]:
    """The rows in their order, grouped by day in the tenant's time zone: {day, events}; each event has its `local`."""
    for event in rows:
        event.local = act.local(event.occurred_at)
    grouped = groupby(rows, key=lambda event: event.local.date())
    return [{"day": day, "events": list(events)} for day, events in grouped]


@page(permission=VIEW)
def event_detail(request: AsoraRequest, event: UUID) -> HttpResponse:
    """One event: the decision, the changes and the request. Also the fragment inside an unfolded row of the list."""
    found: Any = load(request, readers.readable(request.act.actor), permission=VIEW, id=event)
    context: Values = {"event": found, "is_whole": found.is_whole, "related": related(found)}
    context["chosen"] = _chosen(request)
    if found.is_whole:
        record_events(request.act, found)
        context["may_open"] = {
            "postings": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
            "exports": request.act.actor.may(Permission.LEDGER_EXPORT),
        }
        context["formats"] = FORMATS.values()
        context |= story.story(request.act.actor, found)
    return respond(request, "audit/event_detail.html", context, fragment="audit/_event.html")


@page(permission=VIEW)
def event_compare(request: AsoraRequest, event: UUID, other: UUID) -> HttpResponse:
    """Two events side by side. Both have to be readable as a whole.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    rows = readers.whole(readers.readable(request.act.actor), request.act.actor)
    first: Any = load(request, rows, permission=VIEW, id=event)
    second: Any = load(request, rows, permission=VIEW, id=other)
    record_events(request.act, first, second)
    context = {"first": first, "second": second, "sections": compare(first, second)}
    return respond(request, "audit/event_compare.html", context)
