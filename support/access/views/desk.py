"""The agent's pages on the public host: the start page, a tenant's access page, and what ends or starts a session."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from plans.grants import customers, require_managed
from plans.models import Tenant
from support.access import queries
from support.access.actions import end_access, request_access, start_access
from support.access.forms import RequestForm
from support.access.mail import ask_for_approval
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
def start(request: AsoraRequest) -> HttpResponse:
    """The tenants that the agent works for, and the agent's sessions."""
    shown = queries.shown(queries.sessions_of(request.act)[: queries.MAX_SHOWN])
    return respond(
        request,
        "support/start.html",
        {
            "tenants": queries.granted_tenants(request.act.actor),
            "live": [entry for entry in shown if entry.is_live],
            "past": [entry for entry in shown if not entry.is_live],
        },
    )


@page(permission=WORK_DESK, methods=["GET", "POST"], tries="support.access.request", host="public")
def tenant(request: AsoraRequest, slug: str) -> HttpResponse:
    """The agent's access to one tenant: the present session, or the form that requests one."""
    found = load_tenant(request, slug)
    if request.method != "POST":
        return respond(request, "support/tenant.html", _context(request, found))
    form = RequestForm(request.POST, tenant=found)
    try:
        session = request_access.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return refused_form(request, "support/tenant.html", form, refusal, _context(request, found))
    if session.opened_at is None:
        ask_for_approval(found, session, request=request)
        messages.success(
            request,
            _("%(tenant)s must approve this session. Start it when it is approved.") % {"tenant": found.name},
        )
        return redirect("support:tenant", slug=slug)
    return redirect("support:inside", slug=slug, path="audit/")


@page(permission=WORK_DESK, methods=["POST"], tries="support.access.start", host="public")
def session_start(request: AsoraRequest, session: UUID) -> HttpResponse:
    """Start an approved session. Refusals: those of `start_access`."""
    found = _own(request, session)
    start_access(request.act, session=found)
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
    return redirect("support:start")


def _own(request: AsoraRequest, session: UUID) -> AccessSession:
    return load(request, queries.sessions_of(request.act), permission=WORK_DESK, pk=session)


def _context(request: AsoraRequest, found: Tenant) -> Values:
    shown = queries.shown(queries.sessions_of(request.act, tenant=found)[: queries.MAX_SHOWN])
    return {
        "tenant": found,
        "current": next((entry for entry in shown if entry.is_live), None),
        "past": [entry for entry in shown if not entry.is_live],
        "form": RequestForm(tenant=found),
    }
