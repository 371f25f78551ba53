"""The error guide: what each code of a refusal means, and what to do. It needs no sign-in, and is on every host."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from asora.kernel.error_guide import GUIDES
from asora.kernel.pages import open_page, respond
from asora.kernel.refusals import CODES, Reason, RouteNotFound


@open_page(host="both")
def error_guide(request: HttpRequest) -> HttpResponse:
    """All entries: the six codes, then the situations."""
    codes = {code.code for code in CODES}
    return respond(
        request,
        "error_guide/list.html",
        {
            "codes": [one for one in GUIDES.values() if one.key in codes],
            "situations": [one for one in GUIDES.values() if one.key not in codes],
        },
    )


@open_page(host="both")
def guide(request: HttpRequest, key: str) -> HttpResponse:
    """One entry. Refusal: ROUTE_NOT_FOUND NO_SUCH_PAGE."""
    if key not in GUIDES:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    return respond(request, "error_guide/entry.html", {"guide": GUIDES[key]})
