"""Pages of bins. The URL of a bin starts with its hub."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.gates import hub_not_granted
from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from inventory.actions.bins import archive_bin, create_bin, edit_bin, restore_bin
from inventory.forms import BinForm
from inventory.models import Bin, Item
from inventory.queries import find_hub, permitted_bins, suggested_bins
from inventory.views import listings
from inventory.views.changes import done, form_page
from inventory.views.records import MANAGE, Noun, load_bin, record_list, record_page

VIEW = Permission.INVENTORY_VIEW
MAX_ITEMS_SHOWN = 50

BIN = Noun(
    name="bin",
    listing=listings.BINS,
    icon="archive",
    title=gettext_lazy("Bins"),
    new=gettext_lazy("New bin"),
    create=gettext_lazy("Create bin"),
    none_yet=gettext_lazy("No bins yet"),
    explanation=gettext_lazy(
        "A bin is a storage place inside a hub: a shelf, a pallet place, the dock. Add a hub first. "
        "Then add its bins, one by one or from a file."
    ),
)


def bin_url(place: Bin) -> str:
    """The URL of a bin's page."""
    return reverse("inventory:bin-detail", args=[place.hub.code, place.code])


@page(permission=VIEW)
def bin_list(request: AsoraRequest) -> HttpResponseBase:
    """The bins of the hubs where the user works."""
    return record_list(request, BIN, manages=request.act.actor.may(MANAGE))


@page(permission=VIEW)
def bin_detail(request: AsoraRequest, hub: str, code: str) -> HttpResponse:
    """A bin, and the items that are put away there."""
    place = load_bin(request, hub, code, VIEW)
    items = Item.objects.filter(putaway_bin=place, archived_at=None)
    return record_page(
        request,
        BIN,
        place,
        place.hub.code,
        place.code,
        context={
            "items": items.order_by("sku")[:MAX_ITEMS_SHOWN],
            "item_count": items.count(),
            "sees_stock": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
        },
    )


@page(permission=VIEW)
def bin_suggestions(request: AsoraRequest) -> HttpResponse:
    """Options for a bin field: the first few bins that match the typed text."""
    typed = request.GET.get("putaway_bin", "") or request.GET.get("q", "")
    return render(
        request,
        "inventory/_bin_options.html",
        {"bins": suggested_bins(permitted_bins(request.act.actor), typed)},
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.bin.create")
def bin_create(request: AsoraRequest) -> HttpResponse:
    """Create a bin; `?hub=` chooses its hub. Refusals: PERMISSION_DENIED HUB_NOT_GRANTED."""
    hub = find_hub(request.GET.get("hub", ""))
    if hub is not None and not request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
        raise hub_not_granted(hub)
    return form_page(
        request,
        form=BinForm,
        action=create_bin,
        noun=BIN,
        url=bin_url,
        initial={"hub": hub.code if hub else ""},
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.bin.edit")
def bin_edit(request: AsoraRequest, hub: str, code: str) -> HttpResponse:
    """Rename a bin."""
    place = load_bin(request, hub, code, MANAGE)
    return form_page(request, form=BinForm, action=edit_bin, noun=BIN, url=bin_url, record=place)


@page(permission=MANAGE, methods=["POST"], tries="inventory.bin.archive")
def bin_archive(request: AsoraRequest, hub: str, code: str) -> HttpResponse:
    """Archive a bin."""
    place = archive_bin(request.act, bin=load_bin(request, hub, code, MANAGE))
    return done(request, _("%(record)s was archived.") % {"record": place.address}, bin_url(place))


@page(permission=MANAGE, methods=["POST"], tries="inventory.bin.restore")
def bin_restore(request: AsoraRequest, hub: str, code: str) -> HttpResponse:
    """Restore a bin."""
    place = restore_bin(request.act, bin=load_bin(request, hub, code, MANAGE))
    return done(request, _("%(record)s was restored.") % {"record": place.address}, bin_url(place))
