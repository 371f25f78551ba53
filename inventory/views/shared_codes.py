"""The page of codes that belong to more than one record, created before codes were compared without case."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from asora.kernel.pages import AsoraRequest, page, respond
from inventory.queries import shared_codes
from inventory.views.records import MANAGE


@page(permission=MANAGE)
def shared_code_list(request: AsoraRequest) -> HttpResponse:
    """Every code that is refused as ambiguous, with the records that have it."""
    codes = [
        (
            shared,
            [(claim, reverse(f"inventory:{claim.noun}-detail", args=claim.key)) for claim in shared.claims],
        )
        for shared in shared_codes(request.act)
    ]
    return respond(request, "inventory/shared_codes.html", {"codes": codes})
