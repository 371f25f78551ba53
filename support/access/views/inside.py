"""The pages of a tenant, opened by an agent inside an access session."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from support.access import pages, queries
from support.access.actions import not_open
from support.access.views.desk import load_tenant
from support.access.visits import Access, Visit
from support.words import LOOK


@page(permission=Permission.SUPPORT_WORK_DESK, methods=["GET", "POST"], tries=LOOK, host="public")
def inside(request: AsoraRequest, slug: str, path: str) -> HttpResponseBase:
    """A page of the tenant's own host, if an agent may read it and has an open session.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN; ROUTE_NOT_FOUND; those of the page.
    """
    tenant = load_tenant(request, slug)
    latest = queries.latest(request.act, tenant)
    if latest is None or latest.state != "open":
        raise not_open(latest.state if latest else "")
    try:
        match = resolve(f"/{path}", settings.ROOT_URLCONF)
    except Resolver404 as error:
        raise RouteNotFound from error
    if not pages.may_open(match.view_name, request.method or ""):
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    account: Any = request.act.actor.account
    access = Access(
        session=latest.session,
        tenant=tenant,
        agent_name=account.name,
        desk_url=reverse("support:start"),
        tenant_url=reverse("support:tenant", args=[slug]),
        end_url=reverse("support:session-end", args=[latest.session.pk]),
        security_url=reverse("accounts:security"),
        sign_out_url=reverse("accounts:sign-out"),
    )
    prefix = f"{reverse('support:tenant', args=[slug])}"
    return Visit(request, access, match, prefix, request.act).answer()
