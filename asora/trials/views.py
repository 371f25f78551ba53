"""Trying out a change: the result beside the form that would make the change, or on a page of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.accounts.models import User
from asora.accounts.roles.labels import role_name
from asora.accounts.roles.table import MANAGE_STAFF, current_role_model
from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from asora.trials.actions import Trial, try_hubs, try_plan, try_role, try_role_model
from asora.trials.forms import TryAllRolesForm, TryHubsForm, TryPlanForm, TryRoleForm
from audit.events.vocabulary import sentence
from audit.replay.queries import MAX_DECISIONS, PERIOD
from audit.replay.rules import Group
from plans.models import Tenant
from plans.views.tenants import load_tenant


@page(permission=MANAGE_STAFF, methods=["POST"], tries="accounts.role.try")
def role_trial(request: AsoraRequest, ref: str) -> HttpResponse:
    """What another role of a person would have changed."""
    person = _person(request, ref)
    form = TryRoleForm(request.POST, person=person)
    trial = try_role.submit(request.act, form)
    title = _("%(person)s as %(role)s") % {
        "person": person.name,
        "role": role_name(form.cleaned_data["role"]),
    }
    return _result(request, trial, title=title, back=reverse("accounts:person-role", args=[ref]))


@page(permission=MANAGE_STAFF, methods=["POST"], tries="accounts.hubs.try")
def hubs_trial(request: AsoraRequest, ref: str) -> HttpResponse:
    """What other hubs of a person would have changed."""
    person = _person(request, ref)
    form = TryHubsForm(request.POST, act=request.act, person=person)
    trial = try_hubs.submit(request.act, form)
    chosen = form.chosen()
    title = _("%(person)s at %(hubs)s") % {
        "person": person.name,
        "hubs": _("all hubs") if chosen is None else ", ".join(chosen),
    }
    return _result(request, trial, title=title, back=reverse("accounts:person-hubs", args=[ref]))


@page(permission=MANAGE_STAFF, methods=["GET", "POST"], tries="plans.role_model.try")
def role_model_trial(request: AsoraRequest) -> HttpResponse:
    """Choose another role model, and see what it would have changed."""
    present = current_role_model()
    if request.method != "POST":
        form = TryAllRolesForm(present=present)
        return respond(request, "trials/role_model.html", {"form": form, "present": _model_name(present)})
    form = TryAllRolesForm(request.POST, present=present)
    trial = try_role_model.submit(request.act, form)
    title = _("Role model “%(model)s”") % {"model": _model_name(form.cleaned_data["role_model"])}
    return _result(
        request,
        trial,
        title=title,
        back=reverse("trials:role-model"),
        renamed=form.renamed_in_words(),
    )


@page(permission=Permission.PLANS_CHANGE_PLAN, methods=["POST"], tries="plans.plan.try", host="public")
def plan_trial(request: AsoraRequest, slug: str) -> HttpResponse:
    """What another plan of a tenant would have changed: numbers only."""
    tenant = load_tenant(request, slug, permission=Permission.PLANS_CHANGE_PLAN)
    form = TryPlanForm(request.POST, tenant=tenant)
    trial = try_plan.submit(request.act, form)
    title = _("%(tenant)s with the plan %(plan)s") % {
        "tenant": tenant.name,
        "plan": Tenant.Plan(form.cleaned_data["to_plan"]).label,
    }
    return _result(
        request, trial, title=title, back=reverse("plans:plan-change", args=[slug]), shows_events=False
    )


def _person(request: AsoraRequest, ref: str) -> User:
    return load(request, User, permission=MANAGE_STAFF, ref=ref)


def _model_name(role_model: str) -> str:
    return str(dict(Tenant.RoleModel.choices).get(role_model, role_model))


def _result(
    request: AsoraRequest,
    trial: Trial,
    *,
    title: str,
    back: str,
    shows_events: bool = True,
    **more: Any,
) -> HttpResponse:
    """The result of a trial. `back`: the address of the form. `shows_events`: with links to the latest events."""
    replay = trial.replay
    groups = [*replay.refused.values(), *replay.passed.values()]
    context = {
        "title": title,
        "back": back,
        "trial": trial,
        "days": PERIOD.days,
        "most": MAX_DECISIONS,
        "shows_people": any(len(group.people) > 1 for group in groups),
        "left_out": trial.older + replay.unknown + replay.unreproduced,
        "refused": _rows(replay.refused.values(), outcome="allowed", shows_events=shows_events),
        "passed": _rows(replay.passed.values(), outcome="refused", shows_events=shows_events),
        **more,
    }
    return respond(request, "trials/result.html", context, fragment="trials/_result.html")


def _rows(groups: Iterable[Group], *, outcome: str, shows_events: bool) -> list[Values]:
    """The groups as rows, the largest first: {what, rule, number, people, latest}."""
    return [
        {
            "what": sentence(action=group.action, outcome=outcome, label=""),
            "action": group.action,
            "rule": group.rule,
            "number": group.number,
            "people": len(group.people),
            "latest": group.latest if shows_events else [],
            "at": group.latest[0].at,
        }
        for group in sorted(groups, key=lambda group: (-group.number, group.action, group.rule))
    ]
