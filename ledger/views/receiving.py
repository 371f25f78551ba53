"""Receiving in the browser: the form, the file, and looking up a scan for every form of movements."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.files.pages import file_page
from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from inventory.queries import find_item
from ledger.actions.receiving import receive
from ledger.files.kinds import MOVEMENT_FILES
from ledger.models import Kind
from ledger.views.documents import DocumentPage, document_page

RECEIVING = DocumentPage(
    kind=Kind.RECEIPT,
    post=receive,
    heading=gettext_lazy("Receive a delivery"),
    button=gettext_lazy("Post receipt"),
)


@page(permission=Permission.LEDGER_RECEIVE, methods=["GET", "POST"], tries="ledger.receipt.post")
def receive_delivery(request: AsoraRequest) -> HttpResponseBase:
    """Receive a delivery, line by line."""
    return document_page(request, RECEIVING)


@page(permission=Permission.LEDGER_RECEIVE, methods=["GET", "POST"], tries="ledger.receipt.import")
def import_deliveries(request: AsoraRequest) -> HttpResponseBase:
    """Receive a file of deliveries."""
    return file_page(request, MOVEMENT_FILES[Kind.RECEIPT])


@page(permission=Permission.INVENTORY_VIEW)
def scanned_item(request: AsoraRequest) -> HttpResponse:
    """The item with a scanned or typed code: `{sku, name, unit, decimals, bin}`. Refusals: ROUTE_NOT_FOUND."""
    item = find_item(request.GET.get("code", "").strip()[:64])
    if item is None:
        raise RouteNotFound(_("No item has this SKU or barcode."), reason=Reason.NO_SUCH_RECORD)
    place = item.putaway_bin
    # People do not learn the bins of hubs where they do not work, and nothing is put away in archived bins.
    is_open = place is not None and place.archived_at is None and place.hub.archived_at is None
    is_shown = (
        place is not None and is_open and request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, place.hub)
    )
    return JsonResponse(
        {
            "sku": item.sku,
            "name": item.name,
            "unit": item.unit,
            "decimals": item.decimals,
            "bin": place.address if place is not None and is_shown else "",
        }
    )
