"""The ladder of every action of an onboarding: recorded, permitted, repeated, closed, no trace of a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import get_perms

from asora.accounts.models import User
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, StateConflict
from asora.onboarding.actions.drafts import abandon, assign_plan
from asora.onboarding.workflow import tenant_steps
from audit.events.models import Event
from plans.models import Onboarding, Tenant
from tests.factories import onboardings
from tests.factories.people import add_person

STEPS = {
    "confirm_identity": "plans.onboarding.confirm",
    "plan": "plans.onboarding.assign_plan",
    "role_model": "plans.onboarding.assign_role_model",
    "tenant": "plans.onboarding.create_tenant",
    "categories": "plans.onboarding.seed",
    "verification": "plans.onboarding.verify",
    "owner": "plans.onboarding.invite_owner",
    "completion": "plans.onboarding.complete",
}


def test_every_step_is_recorded_with_operator_and_what_was_done(committed):
    act, onboarding = committed(until="completion")
    onboardings.take(act, onboarding, "completion")
    rows = Event.objects.filter(resource_type="plans.onboarding", resource_id=str(onboarding.pk))
    assert set(STEPS.values()) <= {event.action for event in rows}
    assert {event.outcome for event in rows} == {"allowed"}
    assert {event.actor_ref for event in rows} == {act.actor.ref}
    assert {event.actor_type for event in rows} == {"operator"}
    seeds = rows.filter(action="plans.onboarding.seed").order_by("occurred_at")
    assert [event.facts["step"] for event in seeds] == ["categories", "hubs", "bins", "vendors", "items"]
    with tenant_context(onboarding.tenant):
        own = Event.objects.filter(action="inventory.item.import").get()
        assert (own.actor_type, own.actor_ref) == ("operator", act.actor.ref)
        assert own.facts["codes"] == ["CH-101"]
        assert own.cause_id == act.request_id
        reported = set(Event.objects.values_list("action", flat=True))
        assert {"plans.onboarding.complete", "accounts.invitation.create"} <= reported


@pytest.mark.parametrize("step", STEPS)
def test_people_without_the_permission_are_refused_and_nothing_is_written(act_as, public, in_acacia, step):
    agent = act_as("agent", tenant=public)
    expected, inside = onboardings.state(in_acacia), onboardings.counts("t_acacia")
    with pytest.raises(PermissionDenied) as refused:
        onboardings.take(agent, in_acacia, step)
    assert refused.value.details["permission"] == "plans.onboard_tenant"
    assert onboardings.state(in_acacia) == expected
    assert onboardings.counts("t_acacia") == inside
    event = Event.objects.get(actor_ref=agent.actor.ref)
    assert (event.action, event.outcome) == (STEPS[step], "refused")


@pytest.mark.parametrize("step", STEPS)
def test_another_operators_tenant_is_refused(act_as, public, in_acacia, step):
    other = act_as(user=add_person("operator", name="limited", all_hubs=False), tenant=public)
    inside = onboardings.counts("t_acacia")
    with pytest.raises(PermissionDenied) as refused:
        onboardings.take(other, in_acacia, step)
    assert refused.value.reason is Reason.TENANT_NOT_GRANTED
    assert onboardings.counts("t_acacia") == inside


@pytest.mark.parametrize("step", STEPS)
def test_a_tenants_owner_cannot_onboard(act_as, acacia, in_acacia, step):
    with pytest.raises((AuthRequired, PermissionDenied)):
        onboardings.take(act_as("owner", tenant=acacia), in_acacia, step)


@pytest.mark.parametrize("step", ["tenant", "owner"])
def test_irreversible_steps_ask_for_a_fresh_proof(act, in_acacia, step):
    old = replace(act, actor=replace(act.actor, proved_at=timezone.now() - timedelta(hours=1)))
    with pytest.raises(AuthRequired) as refused:
        onboardings.take(old, in_acacia, step)
    assert refused.value.reason is Reason.STEP_UP_REQUIRED


@pytest.mark.parametrize("step", [step for step in STEPS if step != "completion"])
def test_a_closed_onboarding_cannot_be_changed(act, draft, step):
    abandon(act, onboarding=draft)
    expected = onboardings.state(draft)
    with pytest.raises(StateConflict) as refused:
        onboardings.take(act, draft, step)
    assert refused.value.reason is Reason.ONBOARDING_CLOSED
    assert onboardings.state(draft) == expected


def test_an_abandoned_name_is_free_again_and_a_tenant_is_not_abandoned(act, draft, in_acacia):
    abandon(act, onboarding=draft)
    assert onboardings.start(act).pk != draft.pk
    with pytest.raises(StateConflict) as refused:
        abandon(act, onboarding=in_acacia)
    assert refused.value.reason is Reason.STEP_DONE


def test_a_plan_is_assigned_anew_until_there_is_a_tenant(act, draft, in_acacia):
    for step in (
        "confirm_identity",
        "confirm_scope",
        "confirm_plan",
        "confirm_role_model",
        "confirm_strategy",
    ):
        onboardings.take(act, draft, step)
    assign_plan(act, onboarding=draft, plan="free")
    assert assign_plan(act, onboarding=draft, plan="pro").plan == "pro"
    with pytest.raises(StateConflict) as refused:
        assign_plan(act, onboarding=in_acacia, plan="free")
    assert refused.value.reason is Reason.STEP_DONE


def test_a_page_that_shows_another_plan_makes_no_tenant(act, draft):
    onboarding = onboardings.go(act, draft, until="tenant")
    form = onboardings.tenant_form(onboarding, plan="enterprise")
    with pytest.raises(StateConflict) as refused:
        tenant_steps.create_tenant(act, onboarding, form)
    assert refused.value.reason is Reason.STALE_FORM
    assert not Tenant.objects.filter(slug="newcomer").exists()


def test_the_creator_of_a_tenant_manages_it(committed, act_as):
    _act, onboarding = committed(until="tenant")
    limited = add_person("operator", name="maker", all_hubs=False)
    try:
        onboardings.take(
            act_as(user=limited, tenant=Tenant.objects.get(schema_name="public")), onboarding, "tenant"
        )
        tenant = Tenant.objects.get(slug=onboarding.slug)
        assert get_perms(limited, tenant) == ["manage_tenant"]
    finally:
        User.objects.filter(pk=limited.pk).update(is_active=False)


@pytest.mark.parametrize(
    "values",
    [
        {"slug": "Not A Slug"},
        {"plan": "gold"},
        {"role_model": "platform"},
        {"tenant": None, "completed_by": "u", "completed_at": timezone.now()},
        {"abandoned_by": "u", "abandoned_at": timezone.now()},
        {"completed_by": "u"},
        {"verified_by": "u"},
        {"plan": ""},
    ],
)
def test_the_database_takes_nothing_that_cannot_be(in_acacia, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Onboarding.objects.filter(pk=in_acacia.pk).update(**values)
