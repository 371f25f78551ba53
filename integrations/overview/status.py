"""The state of integrations for people who only watch: auditors, and support inside an access session.

It reads neither addresses nor bodies, answers, secrets and tokens: support's connection may not, and nobody needs them
to see where something stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from integrations.diagnosis.views.why import why_page
from integrations.dispatch.models import Attempt, Dispatch
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing, standings, state_of
from integrations.overview.health import Health, health

WATCH = Permission.AUDIT_VIEW
MAX_ENDPOINTS = 100
LATEST_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Status:
    """An endpoint without its address."""

    endpoint: Endpoint
    standing: Standing
    health: Health

    @property
    def state(self) -> str:
        """The state as the name of its badge."""
        return state_of(self.endpoint, self.standing)


def statuses() -> list[Status]:
    """The endpoints of the bound tenant by name, at most `MAX_ENDPOINTS`. The number of queries does not grow."""
    rows = Endpoint.objects.defer("url").prefetch_related("hubs").order_by("name_key", "pk")
    endpoints = list(rows[:MAX_ENDPOINTS])
    hubs = {each.pk: frozenset(hub.pk for hub in each.hubs.all()) for each in endpoints}
    now, healths = standings(endpoints, hubs=hubs), health(hubs)
    return [Status(each, now[each.pk], healths[each.pk]) for each in endpoints]


def latest_attempts() -> Sequence[Attempt]:
    """The latest attempts of all endpoints, with the number of their payload and the name of the endpoint."""
    latest = Dispatch.objects.order_by("-started_at", "-pk").values_list("pk", flat=True)[:LATEST_ATTEMPTS]
    rows = Attempt.objects.filter(dispatch__in=list(latest)).select_related("payload", "dispatch__endpoint")
    hidden = ("answer", "payload__body", "dispatch__endpoint__url")
    return list(rows.defer(*hidden).order_by("-started_at", "-pk")[:LATEST_ATTEMPTS])


@page(permission=WATCH)
def status(request: AsoraRequest) -> HttpResponse:
    """Every endpoint with its state and health, and the latest attempts."""
    context = {"rows": statuses(), "attempts": latest_attempts()}
    return respond(request, "integrations/status.html", context)


@page(permission=WATCH)
def status_why(request: AsoraRequest) -> HttpResponse:
    """Why did nothing arrive?, for people who only watch."""
    return why_page(request)
