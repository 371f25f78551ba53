"""The list of endpoints, and the page of one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from integrations.dispatch.panel import sending_panel
from integrations.endpoints.models import Endpoint
from integrations.endpoints.rules import origin
from integrations.endpoints.secrets import older_secrets
from integrations.endpoints.standing import standing, state_of
from integrations.overview.health import health, undelivered
from integrations.overview.listing import ENDPOINTS, rows_of
from integrations.overview.next_steps import next_steps
from integrations.types.catalogue import TYPES
from plans.limits import usage_table

VIEW, MANAGE = Permission.INTEGRATIONS_DISPATCH, Permission.INTEGRATIONS_MANAGE


@page(permission=VIEW)
def endpoint_list(request: AsoraRequest) -> HttpResponse:
    """All endpoints, by name."""
    found = ENDPOINTS.page(
        request.act, {}, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    usage = next(row for row in usage_table(request.act.tenant) if row["resource"] == "integrations")
    return respond(
        request,
        "integrations/endpoint_list.html",
        {
            "page": found,
            "rows": rows_of(found.rows),
            "manages": request.act.actor.may(MANAGE),
            "usage": usage,
        },
    )


@page(permission=VIEW)
def endpoint_detail(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """One endpoint, removed or not: its state, what it receives, and its secrets."""
    record = load(request, Endpoint.everything.all(), pk=endpoint, permission=VIEW)
    now = standing(record)
    return respond(
        request,
        "integrations/endpoint_detail.html",
        {
            "endpoint": record,
            "standing": now,
            "health": health([record.pk])[record.pk],
            "undelivered": undelivered(record),
            "state": state_of(record, now),
            "address": record.url if request.act.actor.may(MANAGE) else origin(record.url),
            "types": [TYPES[name] for name in record.event_types if name in TYPES],
            "hubs": [] if record.all_hubs else list(record.hubs.order_by("code")),
            "newest_secret": record.secrets.filter(expires_at=None).first(),
            "older": older_secrets(record),
            "sending": sending_panel(record),
            "manages": request.act.actor.may(MANAGE),
            "steps": next_steps(record) if request.act.actor.may(MANAGE) else [],
            "is_own": record.maker == request.act.actor.ref,
        },
    )
