"""The import pages of all nouns. A file can be checked first, and is imported as a whole or not at all."""

from __future__ import annotations

from django.http import HttpResponseBase

from asora.files.pages import file_page
from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from inventory.files.kinds import BIN_FILES, CATEGORY_FILES, HUB_FILES, ITEM_FILES, VENDOR_FILES

MANAGE = Permission.INVENTORY_MANAGE


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.category.import")
def category_import(request: AsoraRequest) -> HttpResponseBase:
    """Import categories from a file."""
    return file_page(request, CATEGORY_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.hub.import")
def hub_import(request: AsoraRequest) -> HttpResponseBase:
    """Import hubs from a file."""
    return file_page(request, HUB_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.bin.import")
def bin_import(request: AsoraRequest) -> HttpResponseBase:
    """Import bins from a file."""
    return file_page(request, BIN_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.vendor.import")
def vendor_import(request: AsoraRequest) -> HttpResponseBase:
    """Import vendors from a file."""
    return file_page(request, VENDOR_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.item.import")
def item_import(request: AsoraRequest) -> HttpResponseBase:
    """Import items from a file."""
    return file_page(request, ITEM_FILES)
