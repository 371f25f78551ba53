"""The lists of master data. One definition serves the page, its fragment and its CSV."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, Rows
from inventory.forms import BinFilters, ItemFilters, RecordFilters, VendorFilters
from inventory.models import Bin, Category, Item, Vendor
from inventory.models.item_fields import ITEM_FIELDS, in_one_cell
from inventory.queries import (
    matching,
    matching_items,
    permitted_bins,
    permitted_hubs,
    with_descendants,
)

VIEW = Permission.INVENTORY_VIEW


def _state(record: Any) -> str:
    return "archived" if record.is_archived else ""


PARENT = Column(
    "parent_code", _("Parent category"), lambda row: row.parent.code if row.parent else "", kind="code"
)
ELIGIBLE = Column(
    "eligible",
    _("Deliveries"),
    lambda row: "eligible" if row.eligible else "ineligible",
    kind="badge",
    badges="inventory.vendor",
)
HUB = Column("hub_code", _("Hub"), lambda row: row.hub.code, kind="code")
NAME = Column("name", _("Name"), lambda row: row.name)
STATE = Column("state", _("State"), _state, kind="badge", badges="inventory.record")


def _code(noun: str) -> Column:
    """The column with a record's code, linked to its page."""
    return Column(
        "code",
        _("Code"),
        lambda row: row.code,
        kind="code",
        link=lambda row: reverse(f"inventory:{noun}-detail", args=[row.code]),
    )


def _download(*columns: Column) -> Download:
    """The columns of a noun's file, and the state: a list that was downloaded can be imported again."""
    return Download(columns=lambda _act: (*columns, STATE))


def _in_state(rows: Rows, filters: ReadOnlyValues) -> Rows:
    match filters.get("state"):
        case "all":
            return rows
        case "archived":
            return rows.filter(archived_at__isnull=False)
    return rows.filter(archived_at=None)


def _found(rows: Rows, filters: ReadOnlyValues, *also: str) -> Rows:
    """The rows in the wanted state whose code, name or one of `also` contains the text."""
    return _in_state(rows, filters).filter(matching(filters.get("q", ""), "code_key", "name", *also))


def _categories(act: Act, filters: ReadOnlyValues) -> QuerySet[Category]:
    rows = Category.objects.select_related("parent").annotate(
        live_items=Count("items", filter=Q(items__archived_at=None))
    )
    return _found(rows, filters)


def _hubs(act: Act, filters: ReadOnlyValues) -> Rows:
    rows = permitted_hubs(act.actor).annotate(live_bins=Count("bins", filter=Q(bins__archived_at=None)))
    return _found(rows, filters)


def _bins(act: Act, filters: ReadOnlyValues) -> QuerySet[Bin]:
    rows = _found(permitted_bins(act.actor), filters, "hub__code_key")
    if hub := filters.get("hub"):
        rows = rows.filter(hub=hub)
    return rows


def _vendors(act: Act, filters: ReadOnlyValues) -> QuerySet[Vendor]:
    rows = _found(Vendor.objects.all(), filters)
    if wanted := filters.get("eligible"):
        rows = rows.filter(eligible=wanted == "yes")
    return rows


def _items(act: Act, filters: ReadOnlyValues) -> QuerySet[Item]:
    rows = _in_state(Item.objects.select_related("category"), filters)
    if category := filters.get("category"):
        rows = rows.filter(category__in=with_descendants(category))
    return rows.filter(matching_items(filters["q"])) if filters.get("q") else rows


def _item_columns(act: Act) -> list[Column]:
    """The columns of an item's file. Without costs for people who may not see values; without put-away bins and
    reorder points of hubs where they do not work, and without those that are archived, which nothing goes to."""
    hubs = set(permitted_hubs(act.actor).filter(archived_at=None).values_list("pk", flat=True))

    def putaway_bin(item: Item) -> str:
        place = item.putaway_bin
        return place.address if place and not place.is_archived and place.hub_id in hubs else ""

    def reorder_points(item: Item) -> str:
        points = [point for point in item.hub_reorder_points.all() if point.hub_id in hubs]
        return in_one_cell(points)

    limited = {"putaway_bin": putaway_bin, "reorder_points": reorder_points}
    sees_value = act.actor.may(Permission.LEDGER_VIEW_VALUE)
    return [
        *(
            Column(field.in_file, field.label, limited.get(field.name, field.of))
            for field in ITEM_FIELDS
            if sees_value or not field.has_value
        ),
        STATE,
    ]


def _with_references(items: QuerySet[Item]) -> QuerySet[Item]:
    return items.select_related("category", "putaway_bin__hub").prefetch_related(
        "barcodes", "hub_reorder_points__hub"
    )


CATEGORIES = Listing(
    name="categories",
    permission=VIEW,
    download=_download(_code("category"), NAME, PARENT),
    filters=RecordFilters,
    order=("code", "id"),
    query=_categories,
    columns=(
        _code("category"),
        NAME,
        PARENT,
        Column("items", _("Items"), lambda row: row.live_items, kind="quantity"),
        STATE,
    ),
)

HUBS = Listing(
    name="hubs",
    permission=VIEW,
    download=_download(_code("hub"), NAME),
    filters=RecordFilters,
    order=("code", "id"),
    query=_hubs,
    columns=(
        _code("hub"),
        NAME,
        Column("bins", _("Bins"), lambda row: row.live_bins, kind="quantity"),
        STATE,
    ),
)

BINS = Listing(
    name="bins",
    permission=VIEW,
    download=_download(HUB, _code("bin"), NAME),
    filters=BinFilters,
    order=("hub__code", "code", "id"),
    query=_bins,
    columns=(
        HUB,
        Column(
            "code",
            _("Bin"),
            lambda row: row.code,
            kind="code",
            link=lambda row: reverse("inventory:bin-detail", args=[row.hub.code, row.code]),
        ),
        NAME,
        STATE,
    ),
)

VENDORS = Listing(
    name="vendors",
    permission=VIEW,
    download=_download(_code("vendor"), NAME, ELIGIBLE),
    filters=VendorFilters,
    order=("code", "id"),
    query=_vendors,
    columns=(
        _code("vendor"),
        NAME,
        ELIGIBLE,
        STATE,
    ),
)

ITEMS = Listing(
    name="items",
    permission=VIEW,
    download=Download(columns=_item_columns, prepare=_with_references),
    filters=ItemFilters,
    order=("sku", "id"),
    query=_items,
    columns=(
        Column(
            "sku",
            _("SKU"),
            lambda row: row.sku,
            kind="code",
            link=lambda row: reverse("inventory:item-detail", args=[row.sku]),
        ),
        NAME,
        Column("category_code", _("Category"), lambda row: row.category.code, kind="code"),
        Column("unit", _("Unit"), lambda row: row.unit),
        Column(
            "reorder_point",
            _("Reorder at"),
            lambda row: row.reorder_point,
            kind="quantity",
            decimals=lambda row: row.decimals,
        ),
        STATE,
    ),
)
