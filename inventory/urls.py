"""URLs of master data. No code may be `new` or `import` (`rules.RESERVED_WORDS`)."""

from __future__ import annotations

from django.urls import URLPattern, path

import inventory.addresses  # noqa: F401 (it registers <bin:code>)
from inventory.files import pages
from inventory.views import bins, categories, hubs, items, labels, shared_codes, vendors

app_name = "inventory"
urlpatterns: list[URLPattern] = [
    path("labels/", labels.label_sheet, name="label-sheet"),
    path("codes/shared/", shared_codes.shared_code_list, name="shared-codes"),
    path("items/", items.item_list, name="item-list"),
    path("items/new/", items.item_create, name="item-create"),
    path("items/import/", pages.item_import, name="item-import"),
    path("items/<str:sku>/", items.item_detail, name="item-detail"),
    path("items/<str:sku>/edit/", items.item_edit, name="item-edit"),
    path("items/<str:sku>/archive/", items.item_archive, name="item-archive"),
    path("items/<str:sku>/restore/", items.item_restore, name="item-restore"),
    path("hubs/", hubs.hub_list, name="hub-list"),
    path("hubs/new/", hubs.hub_create, name="hub-create"),
    path("hubs/import/", pages.hub_import, name="hub-import"),
    path("hubs/<str:code>/", hubs.hub_detail, name="hub-detail"),
    path("hubs/<str:code>/edit/", hubs.hub_edit, name="hub-edit"),
    path("hubs/<str:code>/archive/", hubs.hub_archive, name="hub-archive"),
    path("hubs/<str:code>/restore/", hubs.hub_restore, name="hub-restore"),
    path("bins/", bins.bin_list, name="bin-list"),
    path("bins/new/", bins.bin_create, name="bin-create"),
    path("bins/import/", pages.bin_import, name="bin-import"),
    path("bins/suggestions/", bins.bin_suggestions, name="bin-suggestions"),
    # A bin's code may contain slashes, so the routes that change a bin come before the route that shows it.
    path("bins/<str:hub>/<bin:code>/edit/", bins.bin_edit, name="bin-edit"),
    path("bins/<str:hub>/<bin:code>/archive/", bins.bin_archive, name="bin-archive"),
    path("bins/<str:hub>/<bin:code>/restore/", bins.bin_restore, name="bin-restore"),
    path("bins/<str:hub>/<bin:code>/", bins.bin_detail, name="bin-detail"),
    path("vendors/", vendors.vendor_list, name="vendor-list"),
    path("vendors/new/", vendors.vendor_create, name="vendor-create"),
    path("vendors/import/", pages.vendor_import, name="vendor-import"),
    path("vendors/<str:code>/", vendors.vendor_detail, name="vendor-detail"),
    path("vendors/<str:code>/edit/", vendors.vendor_edit, name="vendor-edit"),
    path("vendors/<str:code>/eligibility/", vendors.vendor_eligibility, name="vendor-eligibility"),
    path("vendors/<str:code>/archive/", vendors.vendor_archive, name="vendor-archive"),
    path("vendors/<str:code>/restore/", vendors.vendor_restore, name="vendor-restore"),
    path("categories/", categories.category_list, name="category-list"),
    path("categories/new/", categories.category_create, name="category-create"),
    path("categories/import/", pages.category_import, name="category-import"),
    path("categories/<str:code>/", categories.category_detail, name="category-detail"),
    path("categories/<str:code>/edit/", categories.category_edit, name="category-edit"),
    path("categories/<str:code>/archive/", categories.category_archive, name="category-archive"),
    path("categories/<str:code>/restore/", categories.category_restore, name="category-restore"),
]
