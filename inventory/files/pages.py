"""Importing a file of any noun: one page each, which checks a file before it imports it."""

from __future__ import annotations

from django.http import HttpResponseBase

from asora.files.pages import file_page
from asora.kernel.pages import AsoraRequest, page
from inventory.files.kinds import BIN_FILES, CATEGORY_FILES, HUB_FILES, ITEM_FILES, VENDOR_FILES

MANAGE = "inventory.manage"


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.category.import")
def category_import(request: AsoraRequest) -> HttpResponseBase:
    """Categories from a file."""
    return file_page(request, CATEGORY_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.hub.import")
def hub_import(request: AsoraRequest) -> HttpResponseBase:
    """Hubs from a file."""
    return file_page(request, HUB_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.bin.import")
def bin_import(request: AsoraRequest) -> HttpResponseBase:
    """Bins from a file."""
    return file_page(request, BIN_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.vendor.import")
def vendor_import(request: AsoraRequest) -> HttpResponseBase:
    """Vendors from a file."""
    return file_page(request, VENDOR_FILES)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.item.import")
def item_import(request: AsoraRequest) -> HttpResponseBase:
    """Items from a file."""
    return file_page(request, ITEM_FILES)
