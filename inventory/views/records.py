"""Shared code for the lists and pages of all nouns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse

from asora.kernel.listing import Listing
from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, respond
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from inventory.models import Bin, Hub, MasterRecord
from inventory.queries import at_address

MANAGE = Permission.INVENTORY_MANAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """The texts and route names of one noun's pages. The texts are lazy: translated when a page is rendered."""

    name: str  # as in the names of its routes
    listing: Listing
    icon: str
    title: StrOrPromise
    new: Any
    create: Any  # the button that makes one
    none_yet: Any
    explanation: Any  # shown while there is no record: what it is, and how to begin

    def url(self, verb: str, *key: str) -> str:
        """The URL of `inventory:<noun>-<verb>`."""
        return reverse(f"inventory:{self.name}-{verb}", args=key)

    @property
    def list_url(self) -> str:
        """The URL of the list."""
        return self.url("list")

    @property
    def create_url(self) -> str:
        """The URL of the form for a new record."""
        return self.url("create")

    @property
    def import_url(self) -> str:
        """The URL of the import page."""
        return self.url("import")


def load_hub(request: AsoraRequest, code: str, permission: Permission) -> Hub:
    """The hub with the code of a URL, if the user works there. Refusals: PERMISSION_DENIED, ROUTE_NOT_FOUND."""
    rows = at_address(Hub.objects.all(), code=code)
    return load(request, rows, permission=permission, hub=lambda hub: hub)


def load_bin(request: AsoraRequest, hub: str, code: str, permission: Permission) -> Bin:
    """The bin with the codes of a URL. Refusals: PERMISSION_DENIED, ROUTE_NOT_FOUND.

    Checks the hub first: no answer may reveal which bins exist in a hub that is not granted.
    """
    load_hub(request, hub, permission)
    rows = at_address(Bin.objects.select_related("hub"), hub__code=hub, code=code)
    return load(request, rows, permission=permission, hub=lambda place: place.hub)


def record_list(
    request: AsoraRequest,
    noun: Noun,
    *,
    manages: bool,
    template: str = "inventory/list.html",
    context: ReadOnlyValues | None = None,
) -> HttpResponseBase:
    """The list of a noun as page, fragment or CSV. `manages`: True if the user may add records."""
    if wants_csv(request):
        return list_csv(request, noun.listing)
    return list_page(
        request,
        noun.listing,
        template=template,
        fragment="components/listing.html",
        context={**(context or {}), "noun": noun, "manages": manages},
    )


def record_page(
    request: AsoraRequest, noun: Noun, record: MasterRecord, *key: str, context: ReadOnlyValues
) -> HttpResponse:
    """The page of one record. The template gets it as `record` and by its noun. `key`: the arguments of its route."""
    shared = {
        noun.name: record,
        "noun": noun,
        "record": record,
        "edit_url": noun.url("edit", *key),
        "archive_url": noun.url("archive", *key),
        "restore_url": noun.url("restore", *key),
        "manages": request.act.actor.may(MANAGE),
    }
    return respond(request, f"inventory/{noun.name}_detail.html", {**shared, **context})
