"""Tenants on the public host: the list, and a tenant's plan."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from plans import queries
from plans.actions.plan_changes import change_plan
from plans.forms import PlanForm
from plans.grants import customers, require_managed
from plans.listings import TENANTS, VIEW
from plans.models import Tenant

CHANGE = Permission.PLANS_CHANGE_PLAN


def load_tenant(request: AsoraRequest, slug: str, *, permission: Permission) -> Tenant:
    """The tenant of an operators' page, for an actor who may manage it.

    Refusals: PERMISSION_DENIED (role, or TENANT_NOT_GRANTED), ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    tenant = load(request, queries.with_state(customers()), permission=permission, slug=slug)
    require_managed(request.act, tenant)
    return tenant


@page(permission=VIEW, host="public")
def tenant_list(request: AsoraRequest) -> HttpResponseBase:
    """The tenants that the operator may manage, by address."""
    if wants_csv(request):
        return list_csv(request, TENANTS)
    return list_page(request, TENANTS, template="plans/tenant_list.html", fragment="components/listing.html")


@page(permission=CHANGE, methods=["GET", "POST"], step_up=True, tries="plans.plan.change", host="public")
def plan_change(request: AsoraRequest, slug: str) -> HttpResponse:
    """Compare all plans for this tenant, and change its plan. Refusals: those of `change_plan`."""
    tenant = load_tenant(request, slug, permission=CHANGE)
    if request.method != "POST":
        return respond(
            request, "plans/plan_change.html", {**_context(tenant), "form": PlanForm(tenant=tenant)}
        )
    form = PlanForm(request.POST, tenant=tenant)
    try:
        change = change_plan.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        if refusal.reason is Reason.STALE_FORM:
            tenant.refresh_from_db(fields=["plan"])
            # The form now shows the current plan, so if it is sent again, the decision is about that plan.
            form.data = {**request.POST.dict(), "from_plan": tenant.plan}
            form.add_error(None, refusal.message)
        return refused_form(request, "plans/plan_change.html", form, refusal, _context(tenant))
    messages.success(
        request,
        _("%(tenant)s now has the plan %(plan)s.")
        % {"tenant": tenant.name, "plan": change.get_to_plan_display()},
    )
    return redirect("operations:tenant", slug=tenant.slug)


def _context(tenant: Tenant) -> Values:
    return {
        "tenant": tenant,
        "plans": Tenant.Plan.choices,
        "comparison": queries.comparison(queries.usage_of(tenant)),
        "history": queries.plan_history(tenant),
    }
