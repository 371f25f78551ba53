"""The freeze of a tenant on the public host: its state, and a page for each of its three steps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from plans import freezes
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.freeze_forms import EndForm, ExplainForm, StartForm
from plans.models import FreezeToggle, Tenant, TenantFreeze
from plans.views.tenants import load_tenant

VIEW, START = Permission.PLANS_VIEW_TENANT, Permission.PLANS_FREEZE_TENANT
EXPLAIN, END = Permission.PLANS_EXPLAIN_FREEZE, Permission.PLANS_UNFREEZE_TENANT
SHOWN = 100  # toggles; enough for any tenant


@page(permission=VIEW, host="public")
def freeze_detail(request: AsoraRequest, slug: str) -> HttpResponse:
    """The freeze of a tenant: its reason, what is still missing before it can end, and earlier freezes."""
    tenant = load_tenant(request, slug, permission=VIEW)
    return respond(request, "plans/freeze.html", _context(request, tenant))


@page(permission=START, methods=["GET", "POST"], step_up=True, tries="plans.freeze.start", host="public")
def freeze_start(request: AsoraRequest, slug: str) -> HttpResponse:
    """Freeze the tenant. Refusals: those of `start_freeze`."""
    tenant = load_tenant(request, slug, permission=START)
    if request.method != "POST":
        if freezes.active(tenant):
            messages.info(request, _("%(tenant)s is already frozen.") % {"tenant": tenant.name})
            return redirect("plans:freeze", slug=slug)
        return _form(request, "plans/freeze_start.html", StartForm(tenant=tenant), tenant)
    form = StartForm(request.POST, tenant=tenant)
    try:
        toggle = start_freeze.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        return refused_form(request, "plans/freeze_start.html", form, refusal, _context(request, tenant))
    messages.success(request, _frozen(tenant, toggle))
    return redirect("plans:freeze", slug=slug)


@page(permission=EXPLAIN, methods=["GET", "POST"], step_up=True, tries="plans.freeze.explain", host="public")
def freeze_explain(request: AsoraRequest, slug: str) -> HttpResponse:
    """Write down the root cause, or rewrite it. Refusals: those of `explain_freeze`."""
    tenant = load_tenant(request, slug, permission=EXPLAIN)
    row = freezes.active(tenant)
    if row is None and request.method != "POST":
        return _not_frozen(request, tenant)
    written = freezes.root_cause(row) if row else None
    if request.method != "POST":
        initial = {"root_cause": row.root_cause if row else ""}
        form = ExplainForm(tenant=tenant, written=written, initial=initial)
        return _form(request, "plans/freeze_explain.html", form, tenant)
    form = ExplainForm(request.POST, tenant=tenant, written=written)
    try:
        explain_freeze.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        _show_again(form, refusal, written)
        return refused_form(request, "plans/freeze_explain.html", form, refusal, _context(request, tenant))
    messages.success(
        request, _("The root cause was written down. Another platform lead must read it and open the tenant.")
    )
    return redirect("plans:freeze", slug=slug)


@page(permission=END, methods=["GET", "POST"], step_up=True, tries="plans.freeze.end", host="public")
def freeze_end(request: AsoraRequest, slug: str) -> HttpResponse:
    """Approve the root cause, and open the tenant again. Refusals: those of `end_freeze`."""
    tenant = load_tenant(request, slug, permission=END)
    row = freezes.active(tenant)
    if row is None and request.method != "POST":
        return _not_frozen(request, tenant)
    written = freezes.root_cause(row) if row else None
    if request.method != "POST":
        return _form(request, "plans/freeze_end.html", EndForm(tenant=tenant, written=written), tenant)
    form = EndForm(request.POST, tenant=tenant, written=written)
    try:
        end_freeze.submit(request.act, form)
    except (ValidationFailed, StateConflict) as refusal:
        _show_again(form, refusal, written)
        return refused_form(request, "plans/freeze_end.html", form, refusal, _context(request, tenant))
    messages.success(request, _("%(tenant)s is open again.") % {"tenant": tenant.name})
    return redirect("plans:freeze", slug=slug)


def _form(request: AsoraRequest, template: str, form: Any, tenant: Tenant) -> HttpResponse:
    return respond(request, template, {**_context(request, tenant), "form": form})


def _not_frozen(request: AsoraRequest, tenant: Tenant) -> HttpResponse:
    messages.info(request, _("%(tenant)s is not frozen.") % {"tenant": tenant.name})
    return redirect("plans:freeze", slug=tenant.slug)


def _show_again(form: Any, refusal: StateConflict | ValidationFailed, written: FreezeToggle | None) -> None:
    """The page shows the newest root cause; if the form is sent again, it is about that one."""
    if refusal.reason is Reason.STALE_FORM:
        form.data = {**form.data.dict(), "shown": written.pk if written else 0}
        form.add_error(None, refusal.message)


def _frozen(tenant: Tenant, toggle: FreezeToggle) -> str:
    if toggle.cut_off:
        return _("%(tenant)s is frozen. Writes that were cut off: %(number)s.") % {
            "tenant": tenant.name,
            "number": toggle.cut_off,
        }
    return _("%(tenant)s is frozen. All writes under way finished in time.") % {"tenant": tenant.name}


def _context(request: AsoraRequest, tenant: Tenant) -> Values:
    row = TenantFreeze.objects.filter(tenant=tenant).first()
    frozen = row if row and row.is_active else None
    written = freezes.root_cause(frozen) if frozen else None
    actor = request.act.actor
    return {
        "tenant": tenant,
        "frozen": frozen,
        "written": written,
        "history": FreezeToggle.objects.filter(tenant=tenant).order_by("-pk")[:SHOWN],
        "may_start": actor.may(START),
        "may_explain": actor.may(EXPLAIN),
        "may_end": actor.may(END),
        "is_author": bool(written and written.toggled_by == actor.ref),
    }
