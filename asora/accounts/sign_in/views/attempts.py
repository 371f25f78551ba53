"""The page of sign-in attempts: their sources and browsers, for as long as they are kept."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.views.decorators.cache import never_cache

from asora.accounts.sign_in.listings import ATTEMPTS, VIEW
from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, page


@page(permission=VIEW, host="both")
@never_cache
def attempts(request: AsoraRequest) -> HttpResponseBase:
    """Sign-in attempts, newest first. An attempt can be found by its request id or by the reference in its event."""
    if wants_csv(request):
        return list_csv(request, ATTEMPTS)
    return list_page(request, ATTEMPTS, template="accounts/attempts.html", fragment="components/listing.html")
