"""What the list and the page of a record have in common, whatever the noun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse

from asora.kernel.listing import Listing
from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, respond
from inventory.models import Bin, Hub, MasterRecord
from inventory.queries import at_address

MANAGE = "inventory.manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What the pages of one noun are called. The texts are lazy: they are translated when a page is written."""

    name: str  # as in the names of its routes
    listing: Listing
    icon: str
    title: Any
    new: Any
    none_yet: Any
    explanation: Any  # what it is and how to begin, while there is none

    def url(self, verb: str, *key: str) -> str:
        """The address of `inventory:<noun>-<verb>`."""
        return reverse(f"inventory:{self.name}-{verb}", args=key)

    @property
    def create_url(self) -> str:
        """Where a new one is made."""
        return self.url("create")

    @property
    def import_url(self) -> str:
        """Where a file of them is imported."""
        return self.url("import")


def load_hub(request: AsoraRequest, code: str, permission: str) -> Hub:
    """The hub at an address, for somebody who works there. Refusals: PERMISSION_DENIED, ROUTE_NOT_FOUND."""
    rows = at_address(Hub.objects.all(), code=code)
    return load(request, rows, permission=permission, hub=lambda hub: hub)


def load_bin(request: AsoraRequest, hub: str, code: str, permission: str) -> Bin:
    """The bin at an address. Refusals: PERMISSION_DENIED, ROUTE_NOT_FOUND.

    The hub is judged first, so that the answer is the same whether a hub that is not granted has such a bin or not.
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
    context: Mapping[str, Any] | None = None,
) -> HttpResponseBase:
    """The list of a noun as page, fragment or CSV. `manages`: whether this person may add to it."""
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
    request: AsoraRequest, noun: Noun, record: MasterRecord, *key: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The page of one record, which its template also knows by its noun. `key`: what its address is made of."""
    shared = {
        noun.name: record,
        "record": record,
        "edit_url": noun.url("edit", *key),
        "archive_url": noun.url("archive", *key),
        "restore_url": noun.url("restore", *key),
        "manages": request.act.actor.may(MANAGE),
    }
    return respond(request, f"inventory/{noun.name}_detail.html", {**shared, **context})
