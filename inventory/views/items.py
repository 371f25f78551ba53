"""Pages of items."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.pages import AsoraRequest, load, page
from asora.kernel.permissions import Permission
from inventory.actions.items import archive_item, create_item, edit_item, restore_item
from inventory.forms import ItemForm
from inventory.models import Hub, Item, ItemRevision, ReorderRevision
from inventory.models.item_fields import ITEM_FIELDS
from inventory.queries import ancestors, at_address, permitted_hubs, shared_scan_codes
from inventory.views import listings
from inventory.views.changes import done, form_page
from inventory.views.records import MANAGE, Noun, record_list, record_page

VIEW = Permission.INVENTORY_VIEW
LATEST_REVISIONS = 20

ITEM = Noun(
    name="item",
    listing=listings.ITEMS,
    icon="package",
    title=gettext_lazy("Items"),
    new=gettext_lazy("New item"),
    create=gettext_lazy("Create item"),
    none_yet=gettext_lazy("No items yet"),
    explanation=gettext_lazy(
        "An item is something you keep in stock. It has a SKU, a name, a category and a unit. Add the "
        "categories first. Then add items one by one, or all at once from a file."
    ),
)


def item_url(item: Item) -> str:
    """The URL of an item's page."""
    return reverse("inventory:item-detail", args=[item.sku])


def _load(request: AsoraRequest, sku: str, permission: Permission) -> Item:
    items = at_address(Item.objects.select_related("category", "putaway_bin__hub"), sku=sku)
    return load(request, items, permission=permission)


@page(permission=VIEW)
def item_list(request: AsoraRequest) -> HttpResponseBase:
    """All items, filtered by text, category and state."""
    manages = request.act.actor.may(MANAGE)
    return record_list(
        request,
        ITEM,
        manages=manages,
        template="inventory/item_list.html",
        context={"shared_count": len(shared_scan_codes()) if manages else 0},
    )


@page(permission=VIEW)
def item_detail(request: AsoraRequest, sku: str) -> HttpResponse:
    """An item. The ledger adds its stock and history for people who may see them."""
    item = _load(request, sku, VIEW)
    hubs = permitted_hubs(request.act.actor)
    place = item.putaway_bin
    return record_page(
        request,
        ITEM,
        item,
        item.sku,
        context={
            "ancestors": [*ancestors(item.category), item.category],
            "putaway_bin": place if place and hubs.filter(pk=place.hub_id).exists() else None,
            "barcodes": item.barcodes.order_by("code"),
            "listed": [(field.label, field.of(item)) for field in ITEM_FIELDS if field.is_listed],
            "reorder_points": item.hub_reorder_points.filter(hub__in=hubs)
            .select_related("hub")
            .order_by("hub__code"),
            "revisions": _revisions(item, hubs),
            "sees_stock": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
            "sees_value": request.act.actor.may(Permission.LEDGER_VIEW_VALUE),
        },
    )


def _revisions(item: Item, hubs: QuerySet[Hub]) -> list[tuple[ItemRevision, list[ReorderRevision]]]:
    """The latest revisions, each with the reorder points it set; the item's own point comes before those of hubs."""
    revisions = list(item.revisions.order_by("-position")[:LATEST_REVISIONS])
    set_at: dict[int, list[ReorderRevision]] = {revision.position: [] for revision in revisions}
    points = item.reorder_revisions.filter(Q(hub=None) | Q(hub__in=hubs), position__in=set_at)
    for point in points.select_related("hub").order_by(F("hub__code").asc(nulls_first=True)):
        set_at[point.position].append(point)
    return [(revision, set_at[revision.position]) for revision in revisions]


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.item.create")
def item_create(request: AsoraRequest) -> HttpResponse:
    """Create an item; `?category=` chooses its category."""
    return form_page(
        request,
        form=ItemForm,
        action=create_item,
        noun=ITEM,
        url=item_url,
        initial={"category": request.GET.get("category", ""), "sku": request.GET.get("sku", "")[:64]},
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.item.edit")
def item_edit(request: AsoraRequest, sku: str) -> HttpResponse:
    """Change an item."""
    item = _load(request, sku, MANAGE)
    return form_page(
        request,
        form=ItemForm,
        action=edit_item,
        noun=ITEM,
        url=item_url,
        record=item,
    )


@page(permission=MANAGE, methods=["POST"], tries="inventory.item.archive")
def item_archive(request: AsoraRequest, sku: str) -> HttpResponse:
    """Archive an item."""
    item = archive_item(request.act, item=_load(request, sku, MANAGE))
    return done(request, _("%(record)s was archived.") % {"record": item}, item_url(item))


@page(permission=MANAGE, methods=["POST"], tries="inventory.item.restore")
def item_restore(request: AsoraRequest, sku: str) -> HttpResponse:
    """Restore an item."""
    item = restore_item(request.act, item=_load(request, sku, MANAGE))
    return done(request, _("%(record)s was restored.") % {"record": item}, item_url(item))
