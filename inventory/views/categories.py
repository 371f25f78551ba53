"""Pages of the category tree."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.pages import AsoraRequest, load, page
from asora.kernel.permissions import Permission
from inventory.actions.categories import (
    archive_category,
    create_category,
    edit_category,
    restore_category,
)
from inventory.forms import CategoryForm
from inventory.models import Category, Item
from inventory.queries import Branch, ancestors, at_address, category_tree, with_descendants
from inventory.views import listings
from inventory.views.changes import done, form_page
from inventory.views.records import MANAGE, Noun, record_list, record_page

VIEW = Permission.INVENTORY_VIEW
MAX_TREE = 1_000  # more categories than this are shown as a list with pages
MAX_ITEMS_SHOWN = 50

CATEGORY = Noun(
    name="category",
    listing=listings.CATEGORIES,
    icon="folder-tree",
    title=gettext_lazy("Categories"),
    new=gettext_lazy("New category"),
    create=gettext_lazy("Create category"),
    none_yet=gettext_lazy("No categories yet"),
    explanation=gettext_lazy(
        "Every item belongs to a category, and categories form a tree. You can filter reports by category."
    ),
)


def category_url(category: Category) -> str:
    """The URL of a category's page."""
    return reverse("inventory:category-detail", args=[category.code])


def _load(request: AsoraRequest, code: str, permission: Permission) -> Category:
    rows = at_address(Category.objects.select_related("parent"), code=code)
    return load(request, rows, permission=permission)


def _tree(rows: list[Category]) -> list[Branch]:
    counted = Category.objects.annotate(live=Count("items", filter=Q(items__archived_at=None)))
    return category_tree(rows, items=dict(counted.values_list("pk", "live")))


@page(permission=VIEW)
def category_list(request: AsoraRequest) -> HttpResponseBase:
    """The category tree; with a filter, a list."""
    live = list(Category.objects.filter(archived_at=None)[: MAX_TREE + 1])
    as_tree = not request.GET and len(live) <= MAX_TREE
    return record_list(
        request,
        CATEGORY,
        manages=request.act.actor.may(MANAGE),
        template="inventory/category_list.html",
        context={"tree": _tree(live) if as_tree else None, "live_count": len(live)},
    )


@page(permission=VIEW)
def category_detail(request: AsoraRequest, code: str) -> HttpResponse:
    """A category, its subcategories and its items."""
    category = _load(request, code, VIEW)
    below = with_descendants(category)
    items = Item.objects.filter(category__in=below, archived_at=None).select_related("category")
    live = Category.objects.filter(pk__in=below, archived_at=None).exclude(pk=category.pk)
    return record_page(
        request,
        CATEGORY,
        category,
        category.code,
        context={
            "ancestors": ancestors(category),
            "tree": _tree(list(live)),
            "items": items.order_by("sku")[:MAX_ITEMS_SHOWN],
            "item_count": items.count(),
            "most_shown": MAX_ITEMS_SHOWN,
        },
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.category.create")
def category_create(request: AsoraRequest) -> HttpResponse:
    """Create a category; `?parent=` chooses its parent."""
    return form_page(
        request,
        form=CategoryForm,
        action=create_category,
        noun=CATEGORY,
        url=category_url,
        initial={"parent": request.GET.get("parent", "")},
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.category.edit")
def category_edit(request: AsoraRequest, code: str) -> HttpResponse:
    """Rename a category or move it in the tree."""
    category = _load(request, code, MANAGE)
    return form_page(
        request,
        form=CategoryForm,
        action=edit_category,
        noun=CATEGORY,
        url=category_url,
        record=category,
    )


@page(permission=MANAGE, methods=["POST"], tries="inventory.category.archive")
def category_archive(request: AsoraRequest, code: str) -> HttpResponse:
    """Archive a category."""
    category = archive_category(request.act, category=_load(request, code, MANAGE))
    return done(request, _("%(record)s was archived.") % {"record": category}, category_url(category))


@page(permission=MANAGE, methods=["POST"], tries="inventory.category.restore")
def category_restore(request: AsoraRequest, code: str) -> HttpResponse:
    """Restore a category."""
    category = restore_category(request.act, category=_load(request, code, MANAGE))
    return done(request, _("%(record)s was restored.") % {"record": category}, category_url(category))
