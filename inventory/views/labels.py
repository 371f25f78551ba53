"""Labels for items and bins. Every scan field in Asora can read their codes."""

from __future__ import annotations

from django.http import HttpResponse

from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.qr import qr_code
from inventory.forms.labels import LabelForm
from inventory.models import Bin, Item

TEMPLATE = "inventory/labels.html"


@page(permission=Permission.INVENTORY_VIEW)
def label_sheet(request: AsoraRequest) -> HttpResponse:
    """A sheet of labels, chosen by the query string. Refusals: VALIDATION_FAILED UNKNOWN_ITEM, TOO_LARGE, …"""
    if "kind" not in request.GET:
        return respond(request, TEMPLATE, {"form": LabelForm(act=request.act)})
    form = LabelForm(request.GET, act=request.act)
    if not form.is_valid():
        return refused_form(request, TEMPLATE, form, invalid_form(form), {})
    labels = [_label(thing) for thing in form.labels]
    copies = range(form.cleaned_data["copies"])
    return respond(
        request, TEMPLATE, {"form": form, "labels": [label for label in labels for _copy in copies]}
    )


def _label(thing: Item | Bin) -> dict[str, object]:
    if isinstance(thing, Item):
        return {"code": thing.sku, "name": thing.name, "note": thing.unit, "picture": qr_code(thing.sku)}
    return {
        "code": thing.code,
        "name": thing.name or thing.hub.name,
        "note": thing.hub.code,
        "picture": qr_code(thing.address),
    }
