"""The ledger in the browser: documents, their lines, and the stock and history of one item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.gates import hub_not_granted, invalid_form
from asora.kernel.listing import Listing
from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.kernel.shapes import Values
from audit.events.following import cause_of
from inventory.models import Hub, Item
from inventory.queries import at_address, permitted_hubs
from ledger.forms.reversal import ReversalForm
from ledger.listings.postings import BATCH, ENTRIES, ITEM_HISTORY, POSTINGS, visible_entries
from ledger.models import Entry, Kind, Posting
from ledger.posting.rules import ZERO, Stock, added_up
from ledger.queries import history, stock
from ledger.queries.asof import as_of
from ledger.reports.reorder_list import places_of
from ledger.reports.scope import Scope


@page(permission=Permission.LEDGER_VIEW_STOCK)
def posting_list(request: AsoraRequest) -> HttpResponse:
    """Every document of the ledger, newest first."""
    context = _listed(request, POSTINGS, request.GET)
    context["rows"] = _summarised(request.act, context["page"].rows)
    return respond(request, "ledger/postings.html", context, fragment="ledger/_postings.html")


@page(permission=Permission.LEDGER_VIEW_STOCK)
def entry_list(request: AsoraRequest) -> HttpResponse:
    """The lines of all documents, newest first: the entries behind a figure on another page."""
    context = _listed(request, ENTRIES, request.GET)
    return respond(request, "ledger/entries.html", context, fragment="ledger/_entries.html")


@page(permission=Permission.LEDGER_VIEW_STOCK, is_form=True)
def posting_detail(request: AsoraRequest, position: int) -> HttpResponse:
    """One document, with its lines at permitted hubs. Refusals: HUB_NOT_GRANTED if there are none."""
    return posting_page(request, position)


def posting_page(request: AsoraRequest, position: int, *, refusal: Refusal | None = None) -> HttpResponse:
    """The page of a document, with the refusal of a reversal that was tried."""
    rows = Posting.objects.select_related("vendor", "reverses", "reversed_by")
    if position > positions.current():
        raise RouteNotFound(_("The ledger does not have this position yet."), reason=Reason.NO_SUCH_RECORD)
    posting = load(request, rows, permission=Permission.LEDGER_VIEW_STOCK, position=position)
    lines = list(_lines(request.act, posting))
    every = Entry.objects.filter(posting=posting)
    hidden = every.count() - len(lines)
    if hidden and not lines:
        raise hub_not_granted(Hub.objects.filter(pk__in=every.values("hub")).order_by("code").first())
    before, after = history.neighbours(position)
    context = _rights(request.act) | {
        "posting": posting,
        "ordered_by": cause_of(posting.request_id),
        "lines": lines,
        "hidden": hidden,
        "quantities": sorted(added_up((line.item.unit, line.quantity) for line in lines).items()),
        "value": sum(line.value for line in lines),
        "previous": before,
        "next": after,
        "refusal": refusal,
        "may_reverse": request.act.actor.may(Permission.LEDGER_REVERSE)
        and posting.kind != Kind.REVERSAL
        and not hasattr(posting, "reversed_by"),
        "may_dispatch": request.act.actor.may(Permission.INTEGRATIONS_DISPATCH),
        "reversal_form": ReversalForm(subject=posting),
    }
    return respond(request, "ledger/posting.html", context, status=refusal.status if refusal else 200)


def batch_context(request: AsoraRequest, batch: UUID) -> Values:
    """A page of the documents of one import, with the totals of their lines."""
    context = _listed(request, BATCH, request.GET.dict() | {"batch": str(batch)})
    return context | {"rows": _summarised(request.act, context["page"].rows)}


@page(permission=Permission.LEDGER_VIEW_STOCK)
def item_stock(request: AsoraRequest, sku: str) -> HttpResponse:
    """Where an item is stored and what it is worth: a panel of its page, or a page of its own."""
    item = load(request, at_address(Item.objects.all(), sku=sku), permission=Permission.LEDGER_VIEW_STOCK)
    meant = as_of(request.act, request.GET.get("at", ""))
    permitted = dict(permitted_hubs(request.act.actor).values_list("pk", "code"))
    hubs = list(permitted)
    at = meant.position if meant.is_past else None
    places = places_of(item.sku, Scope(position=meant.position, hubs=tuple(permitted.values())))
    at_hubs = stock.hubs_of(item.pk, hubs=hubs, at=at)
    bins = stock.bins_of(item.pk, hubs=hubs, at=at)
    total = Stock(
        quantity=sum((hub.quantity for hub in at_hubs), ZERO), value=sum((hub.value for hub in at_hubs), ZERO)
    )
    context = _rights(request.act) | {
        "item": item,
        "as_of": meant,
        "hubs": [(hub, [bin_ for bin_ in bins if bin_.hub == hub.hub]) for hub in at_hubs],
        "bin_count": len(bins),
        "quantity": total.quantity,
        "value": total.value,
        "average": total.average_cost if total.quantity else None,
        "places": places,
        "short": [place for place in places if place.is_short],
        "may_report": request.act.actor.may(Permission.LEDGER_REPORT),
    }
    return respond(request, "ledger/item_stock.html", context, fragment="ledger/_item_stock.html")


@page(permission=Permission.LEDGER_VIEW_STOCK)
def item_history(request: AsoraRequest, sku: str) -> HttpResponse:
    """Every entry of an item, newest first, with the balances after it."""
    item = load(request, at_address(Item.objects.all(), sku=sku), permission=Permission.LEDGER_VIEW_STOCK)
    context = _listed(request, ITEM_HISTORY, request.GET.dict() | {"item": item.sku}) | {"item": item}
    return respond(request, "ledger/item_history.html", context, fragment="ledger/_item_history.html")


def _listed(request: AsoraRequest, listing: Listing, typed: Any) -> Values:
    """A page of a listing, and the position that it shows."""
    if "format" in request.GET:
        # The history of the ledger is only downloaded as a counted export, never as a quick CSV.
        raise RouteNotFound()
    form: Any = listing.filters(typed)
    form.narrow(request.act)
    if not form.is_valid():
        raise invalid_form(form)
    found = listing.page(
        request.act,
        form.cleaned_data,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    return _rights(request.act) | {
        "page": found,
        "filter_form": form,
        "as_of": form.cleaned_data["at"],
        "is_filtered": any(value for name, value in form.cleaned_data.items() if name != "at"),
    }


def _summarised(act: Act, rows: Sequence[Posting]) -> list[tuple[Posting, Any]]:
    hubs = permitted_hubs(act.actor).values_list("pk", flat=True)
    summaries = history.summaries((row.position for row in rows), hubs=hubs)
    return [(row, summaries.get(row.position)) for row in rows]


def _lines(act: Act, posting: Posting) -> Any:
    rows = visible_entries(act).filter(posting=posting)
    return rows.select_related("item", "bin", "hub").order_by("line")


def _rights(act: Act) -> dict[str, bool]:
    """What this person may see besides quantities, and the links that they get."""
    return {
        "sees_value": act.actor.may(Permission.LEDGER_VIEW_VALUE),
        "sees_audit": act.actor.may(Permission.AUDIT_VIEW),
        "sees_items": act.actor.may(Permission.INVENTORY_VIEW),
        "may_receive": act.actor.may(Permission.LEDGER_RECEIVE),
    }
