"""The agent's sessions on the public host: the list of tenants and sessions, and what starts or ends a session."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from plans.grants import customers, require_managed
from plans.models import Tenant
from support.access import queries
from support.access.actions import end_access, start_access
from support.access.models import AccessSession

WORK_DESK = Permission.SUPPORT_WORK_DESK


def load_tenant(request: AsoraRequest, slug: str) -> Tenant:
    """The tenant of an agent's page, if the agent works for it.

    Refusals: PERMISSION_DENIED (role, or TENANT_NOT_GRANTED), ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    tenant: Tenant = load(request, customers().with_reach(), permission=WORK_DESK, slug=slug)
    require_managed(request.act, tenant)
    return tenant


@page(permission=WORK_DESK, host="public")
def sessions(request: AsoraRequest) -> HttpResponse:
    """The tenants that the agent works for, and the agent's sessions."""
    shown = queries.shown(queries.sessions_of(request.act)[: queries.MAX_SHOWN])
    return respond(
        request,
        "support/access.html",
        {
            "tenants": queries.granted_tenants(request.act.actor),
            "live": [entry for entry in shown if entry.is_live],
            "past": [entry for entry in shown if not entry.is_live],
        },
    )


@page(permission=WORK_DESK, methods=["POST"], tries="support.access.start", host="public")
def session_start(request: AsoraRequest, session: UUID) -> HttpResponse:
    """Start an approved session, and go on with its ticket if it has one. Refusals: those of `start_access`."""
    found = _own(request, session)
    start_access(request.act, session=found)
    if found.ticket.startswith("T-"):
        return redirect("support:ticket", ref=found.ticket)
    return redirect("support:inside", slug=found.tenant.slug, path="audit/")


@page(permission=WORK_DESK, methods=["POST"], tries="support.access.end", host="public")
def session_end(request: AsoraRequest, session: UUID) -> HttpResponse:
    """End a session, or withdraw a request."""
    found = _own(request, session)
    ended = end_access(request.act, session=found)
    if ended.opened_at is None:
        messages.success(
            request, _("The request for %(tenant)s is withdrawn.") % {"tenant": found.tenant.name}
        )
    else:
        messages.success(request, _("Your access to %(tenant)s has ended.") % {"tenant": found.tenant.name})
    return redirect("support:access")


def _own(request: AsoraRequest, session: UUID) -> AccessSession:
    return load(request, queries.sessions_of(request.act), permission=WORK_DESK, pk=session)
