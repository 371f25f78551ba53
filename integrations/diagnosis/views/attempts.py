"""The attempts and the dispatches of an endpoint, and one dispatch with its attempts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, load, page
from integrations.diagnosis.listings import attempts_during, attempts_of, dispatches_of
from integrations.diagnosis.views.loading import DISPATCH, load_endpoint
from integrations.dispatch.models import Dispatch
from integrations.endpoints.standing import standing, state_of


@page(permission=DISPATCH)
def attempt_list(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Every attempt to send a payload of an endpoint, the newest first."""
    found = load_endpoint(request, endpoint)
    return list_page(
        request,
        attempts_of(found),
        template="integrations/attempts.html",
        fragment="integrations/_attempt_table.html",
        context={"endpoint": found, "state": state_of(found, standing(found))},
    )


@page(permission=DISPATCH)
def dispatch_list(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Every dispatch of an endpoint, the newest first."""
    found = load_endpoint(request, endpoint)
    return list_page(
        request,
        dispatches_of(found),
        template="integrations/dispatches.html",
        fragment="integrations/_dispatch_table.html",
        context={"endpoint": found, "state": state_of(found, standing(found))},
    )


@page(permission=DISPATCH)
def dispatch_detail(request: AsoraRequest, dispatch: UUID) -> HttpResponse:
    """One dispatch: who asked for it, how far it is, and its attempts in the order of sending."""
    rows = Dispatch.objects.select_related("endpoint")
    found = load(request, rows, permission=DISPATCH, pk=dispatch)
    return list_page(
        request,
        attempts_during(found),
        template="integrations/dispatch.html",
        fragment="integrations/_attempt_table.html",
        context={"dispatch": found, "endpoint": found.endpoint},
    )
