"""The pages of a tenant, opened by an agent inside an access session."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from asora.kernel.gates import lacking
from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import SIGNED_IN, Permission
from asora.kernel.refusals import Reason, RouteNotFound
from support.access import looks, pages, queries
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
    account: Any = request.act.actor.account
    access = Access(
        session=latest.session,
        tenant=tenant,
        agent_name=account.name,
        desk_url=reverse("support:inbox"),
        tenant_url=reverse("support:tenant", args=[slug]),
        end_url=reverse("support:session-end", args=[latest.session.pk]),
        security_url=reverse("accounts:security"),
        sign_out_url=reverse("accounts:sign-out"),
    )
    prefix = f"{reverse('support:tenant', args=[slug])}"
    return Visit(request, access, _page_at(path, request.method or ""), prefix, request.act).answer()


def _page_at(path: str, method: str) -> ResolverMatch:
    """The tenant's page at a path. For any other than those that agents may open: a page that refuses.

    So the attempt is recorded where the tenant sees it.
    """
    try:
        match = resolve(f"/{path}", settings.ROOT_URLCONF)
    except Resolver404:
        return ResolverMatch(_missing, (), {})
    if pages.may_open(match.view_name, method):
        return match
    asked: Any = getattr(match.func, "policy", "")
    refuse = _missing if asked in {"", SIGNED_IN, *looks.GRANTED} else partial(_lacking, asked)
    return ResolverMatch(refuse, (), {})


def _missing(_request: AsoraRequest) -> HttpResponseBase:
    raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)


def _lacking(asked: Permission, request: AsoraRequest) -> HttpResponseBase:
    raise lacking(request.act, asked)
