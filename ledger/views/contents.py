"""The stock in a hub or a bin: a panel of its page, or a page of its own at any position."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from asora.kernel.listing import page_by_key
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from inventory.views.records import load_bin, load_hub
from ledger.queries.asof import as_of
from ledger.queries.contents import Place

VIEW = Permission.LEDGER_VIEW_STOCK


@page(permission=VIEW)
def hub_stock(request: AsoraRequest, code: str) -> HttpResponse:
    """Every item in stock at a hub, and its value. Refusals: PERMISSION_DENIED HUB_NOT_GRANTED, ROUTE_NOT_FOUND."""
    hub = load_hub(request, code, VIEW)
    here = {"hub": hub, "query": {"hub": hub.code}, "url": reverse("inventory:hub-detail", args=[hub.code])}
    return _contents(request, Place(hub.pk, is_bin=False), here)


@page(permission=VIEW)
def bin_stock(request: AsoraRequest, hub: str, code: str) -> HttpResponse:
    """Every item in a bin. Refusals: PERMISSION_DENIED HUB_NOT_GRANTED, ROUTE_NOT_FOUND."""
    place = load_bin(request, hub, code, VIEW)
    url = reverse("inventory:bin-detail", args=[place.hub.code, place.code])
    here = {"bin": place, "query": {"bin": place.address}, "url": url}
    return _contents(request, Place(place.pk, is_bin=True), here)


def _contents(request: AsoraRequest, now: Place, here: Values) -> HttpResponse:
    act = request.act
    meant = as_of(act, request.GET.get("at", ""))
    place = Place(now.id, is_bin=now.is_bin, position=meant.position if meant.is_past else None)
    totals = place.totals()
    found = page_by_key(
        act,
        place.slice,
        key=lambda row: (row.sku,),
        purpose=f"contents:{'bin' if place.is_bin else 'hub'}",
        count=sum(total.items for total in totals),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    query = QueryDict(mutable=True)
    query.update(here["query"] | ({"at": str(meant.position)} if meant.is_past else {}))
    context = here | {
        "as_of": meant,
        "page": found,
        "totals": totals,
        "value": None if place.is_bin else sum((total.value or 0 for total in totals), 0),
        "query": query,
        "sees_value": act.actor.may(Permission.LEDGER_VIEW_VALUE) and not place.is_bin,
        "sees_items": act.actor.may(Permission.INVENTORY_VIEW),
        "may_report": act.actor.may(Permission.LEDGER_REPORT),
    }
    return respond(request, "ledger/contents.html", context, fragment="ledger/_contents.html")
