"""Importing a file of any noun: one page, checked first if one likes, all of it or nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.files.kinds import FileKind, offer
from asora.files.pages import file_page
from asora.kernel.pages import AsoraRequest, page
from inventory.files.actions.file_lines import Imported
from inventory.files.kinds import KINDS, as_json, check_file, from_json, import_file

MANAGE = "inventory.manage"


def _kind(word: str, title: Any, noun: str, list_title: Any) -> FileKind:
    list_route = f"inventory:{noun}-list"

    def finish(request: AsoraRequest, done: Imported) -> HttpResponse:
        _say(request, done)
        return HttpResponseRedirect(reverse(list_route))

    kind = KINDS[word]
    made = FileKind(
        kind=word,
        action=kind.action,
        check=check_file,
        load=import_file,
        finish=finish,
        template="inventory/import.html",
        title=title,
        route=f"inventory:{noun}-import",
        back_title=list_title,
        back_route=list_route,
        columns=kind.columns,
        example=kind.example,
        as_json=as_json,
        from_json=from_json,
    )
    offer(made)
    return made


CATEGORY_FILES = _kind("categories", _("Import categories"), "category", _("Categories"))
HUB_FILES = _kind("hubs", _("Import hubs"), "hub", _("Hubs"))
BIN_FILES = _kind("bins", _("Import bins"), "bin", _("Bins"))
VENDOR_FILES = _kind("vendors", _("Import vendors"), "vendor", _("Vendors"))
ITEM_FILES = _kind("items", _("Import items"), "item", _("Items"))
RECORD_FILES = (CATEGORY_FILES, HUB_FILES, BIN_FILES, VENDOR_FILES, ITEM_FILES)


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


def _say(request: AsoraRequest, done: Imported) -> None:
    if not done.created:
        messages.info(request, _("Every line of the file existed already, so nothing was changed."))
        return
    counts = {"created": f"{done.created:,}", "unchanged": f"{done.unchanged:,}"}
    message = (
        _("%(created)s created.") if not done.unchanged else _("%(created)s created; %(unchanged)s existed.")
    )
    messages.success(request, message % counts)
