"""The guide for people who connect another system to Asora."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, page, respond
from integrations.diagnosis.views.loading import DISPATCH


@page(permission=DISPATCH)
def guide(request: AsoraRequest) -> HttpResponse:
    """How a receiver works with Asora."""
    return respond(request, "integrations/help.html", {"days": settings.ASORA_PAYLOAD_DAYS})
