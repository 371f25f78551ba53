"""The freeze of a tenant: who may do which step, in which order, and what each step writes."""

from __future__ import annotations

import pytest
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    Reason,
    Refusal,
    StateConflict,
    ValidationFailed,
)
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.grants import MANAGE_TENANT
from plans.models import FreezeToggle, Tenant, TenantFreeze
from tests.factories.freezes import CAUSE, REASON, root_cause_number
from tests.factories.people import add_person, person

STEPS = {
    "plans.freeze.start": lambda act, tenant: start_freeze(act, tenant=tenant, reason=REASON),
    "plans.freeze.explain": lambda act, tenant: explain_freeze(act, tenant=tenant, root_cause=CAUSE),
    "plans.freeze.end": lambda act, tenant: end_freeze(act, tenant=tenant, shown=root_cause_number()),
}


def test_freezing_explaining_opening(tenant, act_as, events):
    first, second = act_as("ops_lead"), act_as("platform_lead")
    start_freeze(first, tenant=tenant, reason=f"  {REASON}\n")
    row = TenantFreeze.objects.get(tenant=tenant)
    assert (row.is_active, row.reason, row.frozen_by) == (True, REASON, first.actor.ref)
    explain_freeze(first, tenant=tenant, root_cause=CAUSE)
    end_freeze(second, tenant=tenant, shown=root_cause_number())
    row.refresh_from_db()
    assert (row.is_active, row.root_cause, row.root_cause_by) == (False, CAUSE, first.actor.ref)
    assert row.unfrozen_by == second.actor.ref
    toggles = FreezeToggle.objects.filter(tenant=tenant).order_by("pk")
    assert [(toggle.kind, toggle.text, toggle.toggled_by, toggle.request_id) for toggle in toggles] == [
        ("freeze", REASON, first.actor.ref, first.request_id),
        ("root_cause", CAUSE, first.actor.ref, first.request_id),
        ("unfreeze", CAUSE, second.actor.ref, second.request_id),
    ]
    reported = [event for action in STEPS for event in events(action=action)]
    assert [(event.outcome, event.resource_type, event.resource_label) for event in reported] == [
        ("allowed", "plans.tenant", "acacia")
    ] * 3
    assert [event.changes[0]["after"] for event in reported] == [
        {"frozen": True, "reason": REASON},
        {"root_cause": CAUSE},
        {"frozen": False, "root_cause": CAUSE},
    ]
    assert reported[0].facts == {"cut_off": 0}
    assert reported[2].facts == {"root_cause_number": toggles[1].pk}


def test_it_can_be_frozen_again_and_begins_anew(explained, act_as):
    end_freeze(act_as("platform_lead"), tenant=explained, shown=root_cause_number())
    start_freeze(act_as("platform_lead"), tenant=explained, reason="Once more")
    row = TenantFreeze.objects.get(tenant=explained)
    assert (row.is_active, row.reason, row.root_cause, row.unfrozen_by) == (True, "Once more", "", "")
    with pytest.raises(StateConflict) as caught:
        end_freeze(act_as("platform_lead"), tenant=explained, shown=root_cause_number())
    assert caught.value.reason is Reason.ROOT_CAUSE_MISSING, (
        "the root cause of an earlier freeze does not count"
    )


@pytest.mark.parametrize(
    ("step", "role"),
    [(step, role) for step in STEPS for role in ("operator", "agent")] + [("plans.freeze.end", "ops_lead")],
)
def test_who_may_not(explained, act_as, events, step, role):
    before = list(FreezeToggle.objects.values_list("pk", flat=True))
    with pytest.raises(PermissionDenied) as caught:
        STEPS[step](act_as(role), explained)
    assert caught.value.reason is Reason.ROLE_LACKS_PERMISSION
    [event] = events(action=step, outcome="refused")
    assert (event.resource_label, event.decision[-1]["gate"]) == ("acacia", "permitted")
    assert list(FreezeToggle.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize("step", STEPS)
def test_an_owner_of_a_tenant_cannot(explained, acacia, act_as, step):
    with pytest.raises(PermissionDenied):
        STEPS[step](act_as("owner"), explained)


@pytest.mark.parametrize("step", STEPS)
def test_a_stale_proof_is_not_enough(explained, act_as, events, step):
    from dataclasses import replace

    act = act_as("platform_lead")
    act = replace(act, actor=replace(act.actor, proved_at=None))
    with pytest.raises(AuthRequired) as caught:
        STEPS[step](act, explained)
    assert caught.value.reason is Reason.STEP_UP_REQUIRED
    [event] = events(
        request_id=act.request_id
    )  # a request for a fresh proof is not a refusal, and nothing was done
    assert (event.action, event.outcome, event.facts["for"]) == ("accounts.identity.ask", "noop", step)


@pytest.mark.parametrize("step", STEPS)
def test_only_of_tenants_that_one_was_given(explained, act_as, step):
    lead = add_person("platform_lead", name="narrow", all_hubs=False)
    assign_perm(MANAGE_TENANT, lead, Tenant.objects.get(slug="birch"))
    with pytest.raises(PermissionDenied) as caught:
        STEPS[step](act_as(user=lead), explained)
    assert caught.value.reason is Reason.TENANT_NOT_GRANTED
    assign_perm(MANAGE_TENANT, lead, explained)
    lead = User.objects.get(pk=lead.pk)
    if step == "plans.freeze.end":
        STEPS[step](act_as(user=lead), explained)
        assert not TenantFreeze.objects.get(tenant=explained).is_active


def test_the_public_host_is_no_tenant_to_freeze(public, act_as):
    with pytest.raises(PermissionDenied):
        start_freeze(act_as("platform_lead"), tenant=public, reason=REASON)
    assert not TenantFreeze.objects.exists()


def test_frozen_twice_is_refused_and_says_since_when(frozen, act_as, events):
    with pytest.raises(StateConflict) as caught:
        start_freeze(act_as("platform_lead"), tenant=frozen, reason="Me too")
    assert caught.value.reason is Reason.ALREADY_FROZEN
    assert REASON in caught.value.message
    assert TenantFreeze.objects.get(tenant=frozen).reason == REASON
    [event] = events(action="plans.freeze.start", outcome="refused")
    assert event.decision[-1]["gate"] == "state"


@pytest.mark.parametrize("step", ["plans.freeze.explain", "plans.freeze.end"])
def test_what_is_not_frozen_is_neither_explained_nor_opened(tenant, act_as, step, monkeypatch):
    monkeypatch.setattr("plans.freezes.shut", lambda tenant: pytest.fail("it would cut off an open tenant"))
    with pytest.raises(StateConflict) as caught:
        STEPS[step](act_as("platform_lead"), tenant)
    assert caught.value.reason is Reason.NOT_FROZEN


def test_without_a_root_cause_nothing_opens(frozen, act_as):
    with pytest.raises(StateConflict) as caught:
        end_freeze(act_as("platform_lead"), tenant=frozen, shown=0)
    assert caught.value.reason is Reason.ROOT_CAUSE_MISSING
    assert TenantFreeze.objects.get(tenant=frozen).is_active


def test_who_wrote_the_root_cause_does_not_open(frozen, act_as, events):
    lead = act_as("platform_lead")
    explain_freeze(lead, tenant=frozen, root_cause=CAUSE)
    with pytest.raises(PermissionDenied) as caught:
        end_freeze(lead, tenant=frozen, shown=root_cause_number())
    assert caught.value.reason is Reason.FOUR_EYES
    [event] = events(action="plans.freeze.end")
    assert (event.outcome, event.decision[-1]["gate"]) == ("refused", "permitted")
    other = add_person("platform_lead", name="other")
    end_freeze(act_as(user=other), tenant=frozen, shown=root_cause_number())


def test_who_froze_may_open_when_somebody_else_found_the_cause(tenant, act_as):
    lead = act_as("platform_lead")
    start_freeze(lead, tenant=tenant, reason=REASON)
    explain_freeze(act_as("ops_lead"), tenant=tenant, root_cause=CAUSE)
    end_freeze(lead, tenant=tenant, shown=root_cause_number())
    assert not TenantFreeze.objects.get(tenant=tenant).is_active


def test_an_approval_is_of_the_text_that_was_read(explained, act_as):
    read = root_cause_number()
    explain_freeze(act_as("ops_lead"), tenant=explained, root_cause=f"{CAUSE}. Twice", shown=read)
    with pytest.raises(StateConflict) as caught:
        end_freeze(act_as("platform_lead"), tenant=explained, shown=read)
    assert caught.value.reason is Reason.STALE_FORM
    end_freeze(act_as("platform_lead"), tenant=explained, shown=root_cause_number())
    assert FreezeToggle.objects.get(kind="unfreeze").text == f"{CAUSE}. Twice"


def test_a_root_cause_is_revised_by_who_has_read_it(explained, act_as, events):
    with pytest.raises(StateConflict) as caught:
        explain_freeze(act_as("platform_lead"), tenant=explained, root_cause="I know better", shown=0)
    assert caught.value.reason is Reason.STALE_FORM
    explain_freeze(
        act_as("platform_lead"), tenant=explained, root_cause="We know better", shown=root_cause_number()
    )
    assert [
        event.changes[0]["before"] for event in events(action="plans.freeze.explain", outcome="allowed")
    ] == [
        {"root_cause": None},
        {"root_cause": CAUSE},
    ]


def test_the_same_root_cause_twice_is_one(explained, act_as, events):
    explain_freeze(act_as("platform_lead"), tenant=explained, root_cause=CAUSE, shown=root_cause_number())
    assert [event.outcome for event in events(action="plans.freeze.explain")] == ["allowed", "noop"]
    assert FreezeToggle.objects.filter(kind="root_cause").count() == 1
    assert TenantFreeze.objects.get().root_cause_by == person("ops_lead", explained).ref


@pytest.mark.parametrize("text", ["", " \n\t", "a\x00b", "half \ud800 a pair", "x" * 5001])
@pytest.mark.parametrize("field", ["reason", "root_cause"])
def test_a_text_that_says_nothing_or_cannot_be_kept(public, act_as, events, field, text):
    tenant = Tenant.objects.get(slug="acacia" if field == "reason" else "birch")
    if field == "root_cause":
        start_freeze(act_as("ops_lead"), tenant=tenant, reason=REASON)
    act, output = act_as("ops_lead"), {field: text}
    with pytest.raises(ValidationFailed) as caught:
        (start_freeze if field == "reason" else explain_freeze)(act, tenant=tenant, **output)
    assert list(caught.value.details["fields"]) == [field]
    assert not TenantFreeze.objects.filter(tenant__slug="acacia").exists()
    assert not FreezeToggle.objects.filter(kind="root_cause").exists()


def test_what_the_checks_forget_the_database_does_not(explained):
    from django.db import IntegrityError, transaction

    row = TenantFreeze.objects.get(tenant=explained)
    for by in ("", row.root_cause_by):
        with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
            TenantFreeze.objects.filter(tenant=explained).update(
                is_active=False, unfrozen_by=by, unfrozen_at=row.frozen_at
            )


def test_a_refusal_never_says_more_than_a_refusal(frozen, act_as):
    with pytest.raises(Refusal) as caught:
        start_freeze(act_as("platform_lead"), tenant=frozen, reason="Again")
    assert "u-" not in str(caught.value.details), "only people with the permission see who froze the tenant"
