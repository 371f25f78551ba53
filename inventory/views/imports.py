"""Importing a file of any noun: one page, checked first if one likes, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.door import Action
from asora.kernel.importing import read_table
from asora.kernel.pages import AsoraRequest, page, respond, wants_json
from asora.kernel.refusals import PermissionDenied, Refusal, ValidationFailed
from inventory.actions.files import Imported
from inventory.actions.imports import (
    import_bins,
    import_categories,
    import_hubs,
    import_items,
    import_vendors,
)
from inventory.forms import ImportForm

MANAGE = "inventory.manage"
MOST_LINES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of a file, as the page explains it."""

    name: str
    meaning: Any
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class FileKind:
    """What the page says about the files of one noun, and the action that takes them."""

    action: Action[Any, Imported]
    title: Any
    list_title: Any
    list_url: str
    columns: Sequence[FileColumn]
    example: str


CATEGORY_FILES = FileKind(
    import_categories,
    _("Import categories"),
    _("Categories"),
    "inventory:category-list",
    (
        FileColumn("code", _("Never changes. Letters, digits and . _ - & +")),
        FileColumn("name", _("What people call it.")),
        FileColumn(
            "parent_code", _("The category it is below, anywhere in the file or here already; or empty.")
        ),
    ),
    "code,name,parent_code\nBIKES,Bikes,\nROAD-BIKES,Road bikes,BIKES",
)
HUB_FILES = FileKind(
    import_hubs,
    _("Import hubs"),
    _("Hubs"),
    "inventory:hub-list",
    (
        FileColumn("code", _("Never changes. Letters, digits and . _ - & +")),
        FileColumn("name", _("What people call it.")),
    ),
    "code,name\nNORTH,Northgate warehouse",
)
BIN_FILES = FileKind(
    import_bins,
    _("Import bins"),
    _("Bins"),
    "inventory:bin-list",
    (
        FileColumn("hub_code", _("The hub it is in.")),
        FileColumn("code", _("Never changes; unique in its hub.")),
        FileColumn("name", _("Where to find it, if the code does not say."), is_needed=False),
    ),
    "hub_code,code\nNORTH,A-1\nNORTH,A-2",
)
VENDOR_FILES = FileKind(
    import_vendors,
    _("Import vendors"),
    _("Vendors"),
    "inventory:vendor-list",
    (
        FileColumn("code", _("Never changes. Letters, digits and . _ - & +")),
        FileColumn("name", _("What people call it.")),
        FileColumn("eligible", _("true or false: whether its deliveries may be received.")),
    ),
    "code,name,eligible\nALDER,Alder Components,true",
)
ITEM_FILES = FileKind(
    import_items,
    _("Import items"),
    _("Items"),
    "inventory:item-list",
    (
        FileColumn("sku", _("Never changes. Letters, digits and . _ - & +")),
        FileColumn("name", _("What people call it.")),
        FileColumn("category_code", _("The category it belongs to.")),
        FileColumn("unit", _("EA, kg, m …")),
        FileColumn("standard_cost", _("Per unit, up to 6 decimal places; empty is 0.")),
        FileColumn("reorder_point", _("A quantity, or empty.")),
        FileColumn("decimals", _("Decimal places of its quantities, 0 to 4; without it 0."), is_needed=False),
        FileColumn("putaway_bin", _("Hub and bin, with a slash between."), is_needed=False),
        FileColumn("barcodes", _("Separated by spaces."), is_needed=False),
    ),
    "sku,name,category_code,unit,standard_cost,reorder_point\nCH-101,Chain 11-speed,CHAINS,EA,14.20,40",
)


@page(permission=MANAGE, methods=["GET", "POST"])
def category_import(request: AsoraRequest) -> HttpResponse:
    """Categories from a file."""
    return _import_page(request, CATEGORY_FILES)


@page(permission=MANAGE, methods=["GET", "POST"])
def hub_import(request: AsoraRequest) -> HttpResponse:
    """Hubs from a file."""
    return _import_page(request, HUB_FILES)


@page(permission=MANAGE, methods=["GET", "POST"])
def bin_import(request: AsoraRequest) -> HttpResponse:
    """Bins from a file."""
    return _import_page(request, BIN_FILES)


@page(permission=MANAGE, methods=["GET", "POST"])
def vendor_import(request: AsoraRequest) -> HttpResponse:
    """Vendors from a file."""
    return _import_page(request, VENDOR_FILES)


@page(permission=MANAGE, methods=["GET", "POST"])
def item_import(request: AsoraRequest) -> HttpResponse:
    """Items from a file."""
    return _import_page(request, ITEM_FILES)


def _import_page(request: AsoraRequest, kind: FileKind) -> HttpResponse:
    if request.method != "POST":
        return _show(request, kind, {"form": ImportForm()})
    form = ImportForm(request.POST, request.FILES)
    try:
        if "check" in request.POST:
            return _checked(request, kind, form)
        done = kind.action.submit(request.act, form)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _refused(request, kind, form, refusal)
    _say(request, done)
    return HttpResponseRedirect(reverse(kind.list_url))


def _checked(request: AsoraRequest, kind: FileKind, form: ImportForm) -> HttpResponse:
    """The dry run: every gate and rule, nothing kept but the event of a refusal."""
    try:
        would = kind.action.check(request.act, form)
    except Refusal as refusal:
        # What somebody may not do is no result of a check; neither is a form without a file.
        if wants_json(request) or isinstance(refusal, PermissionDenied) or not form.is_valid():
            raise
        return _refused(request, kind, form, refusal, is_rehearsal=True)
    return _show(
        request, kind, {"form": form.keeping(), "would": would, "called": form.cleaned_data["called"]}
    )


def _refused(
    request: AsoraRequest, kind: FileKind, form: ImportForm, refusal: Refusal, *, is_rehearsal: bool = False
) -> HttpResponse:
    content = form.cleaned_data.get("content") if form.is_valid() else None
    context = {
        # A pasted text stays where it was typed; a chosen file has to be corrected and chosen again.
        "form": ImportForm(initial={"text": request.POST.get("text", "")}),
        "called": form.cleaned_data.get("called", "") if content is not None else "",
        "refusal": refusal,
        "is_rehearsal": is_rehearsal,
        "lines": refused_lines(refusal, content, kind),
        "most_shown": MOST_LINES_SHOWN,
    }
    return _show(request, kind, context, status=refusal.status)


def refused_lines(refusal: Refusal, content: bytes | None, kind: FileKind) -> list[dict[str, Any]]:
    """The first refused lines: number, what the line is about, and each rule that it breaks."""
    listed: Mapping[str, Any] = refusal.details.get("lines", {})
    shown = sorted((int(number), entries) for number, entries in listed.items())[:MOST_LINES_SHOWN]
    about = _first_cells(content, kind) if shown and content else {}
    return [
        {"number": number, "about": about.get(number, ""), "entries": entries} for number, entries in shown
    ]


def _first_cells(content: bytes, kind: FileKind) -> dict[int, str]:
    needed = [column.name for column in kind.columns if column.is_needed]
    other = [column.name for column in kind.columns if not column.is_needed]
    try:
        table = read_table(content, required=needed, optional=other)
    except ValidationFailed:
        return {}  # lines of the wrong width: their cells have no names
    keys = ("hub_code", "code") if "hub_code" in needed else needed[:1]
    return {row.line: "/".join(row[key] for key in keys)[:60] for row in table.rows}


def _show(
    request: AsoraRequest, kind: FileKind, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    return respond(
        request,
        "inventory/import.html",
        {
            **context,
            "kind": kind,
            "list_url": reverse(kind.list_url),
            "most_bytes": settings.ASORA_IMPORT_MAX_BYTES,
        },
        status=status,
    )


def _say(request: AsoraRequest, done: Imported) -> None:
    if not done.created:
        messages.info(request, _("Every line of the file existed already, so nothing was changed."))
        return
    counts = {"created": f"{done.created:,}", "unchanged": f"{done.unchanged:,}"}
    message = (
        _("%(created)s created.") if not done.unchanged else _("%(created)s created; %(unchanged)s existed.")
    )
    messages.success(request, message % counts)
