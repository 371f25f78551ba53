"""Changing a tenant's plan: who may, why, checked under the lock, and no other way exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.append_only import AppendOnlyError
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    Reason,
    Refusal,
    StateConflict,
    ValidationFailed,
)
from plans.actions.plan_changes import change_plan
from plans.actions.tenants import create_tenant
from plans.models import PlanChange, Tenant, TenantFreeze
from tests.factories import people

VALUES = {"from_plan": "pro", "to_plan": "enterprise", "reason": "Signed the larger contract"}


@pytest.fixture
def act(public, act_as) -> Act:
    """An operator's act on the public host."""
    return act_as("operator")


@pytest.fixture
def tenant(public) -> Tenant:
    """Acacia, seen from the public host, with the plan pro."""
    return Tenant.objects.get(slug="acacia")


def history(tenant: Tenant) -> list[tuple[str, str]]:
    return list(tenant.plan_changes.order_by("pk").values_list("from_plan", "to_plan"))


def test_works_and_keeps_who_when_and_why(act, tenant):
    change = change_plan(act, tenant=tenant, **VALUES)
    tenant.refresh_from_db()
    assert tenant.plan == "enterprise"
    assert history(tenant) == [("", "pro"), ("pro", "enterprise")]
    assert (change.reason, change.changed_by, change.request_id) == (
        "Signed the larger contract",
        act.actor.ref,
        act.request_id,
    )


def test_is_recorded(act, tenant, events):
    change_plan(act, tenant=tenant, **VALUES)
    (event,) = events(action="plans.plan.change")
    assert (event.outcome, event.resource_type, event.resource_id) == (
        "allowed",
        "plans.tenant",
        str(tenant.pk),
    )
    assert (event.changes[0]["before"], event.changes[0]["after"]) == (
        {"plan": "pro"},
        {"plan": "enterprise"},
    )
    assert event.facts == {"reason": "Signed the larger contract"}


def test_the_first_plan_stands_in_the_history_too(act):
    tenant = create_tenant(act, slug="newone", name="New", plan="free", role_model="simple")
    (first,) = tenant.plan_changes.all()
    assert (first.from_plan, first.to_plan, first.changed_by) == ("", "free", act.actor.ref)


def test_nobody_changes_the_history(act, tenant):
    change = change_plan(act, tenant=tenant, **VALUES)
    change.reason = "Something else"
    with pytest.raises(AppendOnlyError):
        change.save()
    with pytest.raises(AppendOnlyError):
        PlanChange.objects.filter(tenant=tenant).delete()


@pytest.mark.parametrize("role", ["agent", "owner"])
def test_refuses_who_is_no_operator(public, act_as, tenant, events, role):
    act = act_as("agent") if role == "agent" else act_as("owner", tenant=tenant)
    with pytest.raises((PermissionDenied, AuthRequired)):
        change_plan(act, tenant=tenant, **VALUES)
    assert history(tenant) == [("", "pro")]
    assert [event.outcome for event in events(action="plans.plan.change")] == ["refused"]


def test_an_operator_has_only_the_tenants_that_were_granted(public, act_as, tenant):
    user = people.add_person("operator", name="limited", all_hubs=False)
    birch = Tenant.objects.get(slug="birch")
    assign_perm("plans.manage_tenant", user, birch)
    with pytest.raises(PermissionDenied) as denied:
        change_plan(act_as(user=user), tenant=tenant, **VALUES)
    assert denied.value.reason is Reason.TENANT_NOT_GRANTED
    assert change_plan(act_as(user=user), tenant=birch, **VALUES | {"from_plan": "free", "to_plan": "pro"})
    assert history(tenant) == [("", "pro")]


def test_the_public_host_has_no_plan_to_change(act, public):
    with pytest.raises(PermissionDenied):
        change_plan(act, tenant=public, from_plan="enterprise", to_plan="free", reason="Why not")


def test_asks_who_it_is_once_more(act, tenant):
    old = replace(act, actor=replace(act.actor, proved_at=timezone.now() - timedelta(hours=1)))
    with pytest.raises(AuthRequired) as refused:
        change_plan(old, tenant=tenant, **VALUES)
    assert refused.value.reason is Reason.STEP_UP_REQUIRED
    assert history(tenant) == [("", "pro")]


@pytest.mark.parametrize(
    ("values", "refusal", "reason", "field"),
    [
        ({"from_plan": "free"}, StateConflict, Reason.STALE_FORM, None),
        ({"from_plan": ""}, StateConflict, Reason.STALE_FORM, None),
        ({"to_plan": "pro"}, ValidationFailed, Reason.SAME_PLAN, "to_plan"),
        ({"to_plan": "gold"}, ValidationFailed, Reason.INVALID_INPUT, "to_plan"),
        ({"to_plan": "PRO"}, ValidationFailed, Reason.INVALID_INPUT, "to_plan"),
        ({"to_plan": "free\x00"}, ValidationFailed, Reason.INVALID_INPUT, "to_plan"),
        ({"reason": ""}, ValidationFailed, Reason.INVALID_INPUT, "reason"),
        ({"reason": " \n\t "}, ValidationFailed, Reason.INVALID_INPUT, "reason"),
        ({"reason": "a\x00b"}, ValidationFailed, Reason.INVALID_INPUT, "reason"),
        ({"reason": "\u202etxt"}, ValidationFailed, Reason.INVALID_INPUT, "reason"),
        ({"reason": "\ud800"}, ValidationFailed, Reason.INVALID_INPUT, "reason"),
        ({"reason": "x" * 501}, ValidationFailed, Reason.INVALID_INPUT, "reason"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_trace(
    act, tenant, events, values, refusal, reason, field
):
    with pytest.raises(Refusal) as refused:
        change_plan(act, tenant=tenant, **VALUES | values)
    assert (type(refused.value), refused.value.reason) == (refusal, reason)
    assert field is None or field in refused.value.details["fields"]
    tenant.refresh_from_db()
    assert (tenant.plan, history(tenant)) == ("pro", [("", "pro")])
    (event,) = events(action="plans.plan.change")
    assert (event.outcome, event.reason) == ("refused", reason)


def test_two_from_the_same_form_and_one_of_them_is_told(act, tenant):
    change_plan(act, tenant=tenant, **VALUES)
    with pytest.raises(StateConflict) as refused:
        change_plan(act, tenant=tenant, **VALUES)
    assert refused.value.details["plan"] == "enterprise"
    assert len(history(tenant)) == 2


def test_a_command_may_with_its_permissions_and_not_without(public, tenant):
    bare = new_act(public, system("public", "change_plan", "plans.change_plan"))
    with pytest.raises(PermissionDenied):
        change_plan(bare, tenant=tenant, **VALUES)
    act = new_act(public, system("public", "change_plan", "plans.change_plan", "plans.manage_tenant"))
    assert change_plan(act, tenant=tenant, **VALUES).changed_by == "change_plan"


def test_a_reason_in_any_script_is_kept_as_it_is(act, tenant):
    change = change_plan(act, tenant=tenant, **VALUES | {"reason": "  Vertrag\n№ 7 🚲 חוזה  "})
    assert PlanChange.objects.get(pk=change.pk).reason == "Vertrag № 7 🚲 חוזה"


def test_a_frozen_tenants_plan_can_change(act, tenant):
    """A freeze stops writes inside the tenant; the plan is a row of the platform."""
    TenantFreeze.objects.create(tenant=tenant, reason="Drill", frozen_by="u-1")
    assert change_plan(act, tenant=tenant, **VALUES).to_plan == "enterprise"
