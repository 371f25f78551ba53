"""The order of steps: a step that is too early is refused, names the missing step and its place, and writes nothing."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.refusals import Reason, ValidationFailed
from asora.onboarding import rules
from asora.onboarding.queries import progress_of
from asora.onboarding.rules import STEPS, Progress
from audit.events.models import Event
from plans.models import Domain, Onboarding, Tenant
from tests.factories import onboardings

WRONG_ORDERS = 50


def test_the_order_is_the_runbooks():
    assert STEPS[5:] == (
        "plan", "role_model", "tenant", "categories", "hubs", "bins", "vendors", "items",
        "verification", "owner", "completion",
    )  # fmt: skip
    assert rules.parents("confirm_scope") == ()
    assert rules.parents("plan") == STEPS[:5]
    assert rules.upcoming(Progress()) == "confirm_identity"


def test_the_whole_way_in_order(committed):
    act, onboarding = committed(until="completion")
    onboardings.take(act, onboarding, "completion")
    onboarding.refresh_from_db()
    progress = progress_of(onboarding)
    assert rules.upcoming(progress) == ""
    assert rules.taken(progress) == len(STEPS)
    assert progress.rows == {"categories": 2, "hubs": 1, "bins": 2, "vendors": 1, "items": 1}
    assert onboarding.completed_by == act.actor.ref
    assert Domain.objects.filter(tenant=onboarding.tenant).count() == 1
    reported = Event.objects.filter(resource_type="plans.onboarding", resource_id=str(onboarding.pk))
    with tenant_context(onboarding.tenant):
        copied = Event.objects.filter(resource_type="plans.onboarding")
        assert set(copied.values_list("id", flat=True)) == set(reported.values_list("id", flat=True))
        assert set(copied.values_list("actor_ref", flat=True)) == {act.actor.ref}


def attempt(act, onboarding, step):
    """Try a step that may be too early; returns True if it was done. A refusal must name the missing step."""
    progress = progress_of(Onboarding.objects.get(pk=onboarding.pk))
    before = rules.missing(progress, step)
    expected = onboardings.state(onboarding)
    tenants = Tenant.objects.count(), Domain.objects.count()
    events = Event.objects.count()
    if not before:
        onboardings.take(act, onboarding, step)
        return True
    schema = onboarding.tenant.schema_name if onboarding.tenant else ""
    inside = onboardings.counts(schema)
    with pytest.raises(ValidationFailed) as refused:
        onboardings.take(act, onboarding, step)
    refusal = refused.value
    assert refusal.reason is Reason.STEP_TOO_EARLY, step
    assert refusal.details["missing"] == before[0]
    assert refusal.details["before"] == list(before)
    if before[0] in rules.SEEDED:
        assert refusal.details["where"] == f"tenant {onboarding.slug}"
    else:
        assert onboarding.slug in refusal.details["where"]
    assert refusal.details["where"] in refusal.message
    assert onboardings.state(onboarding) == expected
    assert (Tenant.objects.count(), Domain.objects.count()) == tenants
    assert onboardings.counts(schema) == inside
    assert Event.objects.count() == events + 1
    event = Event.objects.order_by("-occurred_at", "-id").first()
    assert (event.outcome, event.reason) == ("refused", "STEP_TOO_EARLY")
    assert (event.resource_type, event.resource_id) == ("plans.onboarding", str(onboarding.pk))
    return False


@pytest.mark.parametrize("seed", range(WRONG_ORDERS))
def test_fifty_wrong_orders(act, draft, in_acacia, seed):
    """Each order is tried on an empty draft, and its later half on one with a tenant, so that every step is tried."""
    orders = random.Random(seed)
    steps = list(STEPS)
    while steps == list(STEPS):
        orders.shuffle(steps)
    refused = [step for step in steps if step != "tenant" and not attempt(act, draft, step)]
    assert "completion" in refused
    assert refused, "every wrong order must be refused at some step"
    later = [step for step in steps if step in STEPS[STEPS.index("categories") :]]
    refused = [step for step in later if not attempt(act, in_acacia, step)]
    in_order = [step for step in STEPS if step in later]
    assert bool(refused) == (later != in_order)
    assert connection.schema_name == "public"


def test_a_tenant_too_early_makes_no_schema(act, draft):
    with pytest.raises(ValidationFailed) as refused:
        onboardings.take(act, draft, "tenant")
    assert refused.value.details["missing"] == "confirm_identity"
    assert not onboardings.counts("t_newcomer")
    assert not Tenant.objects.filter(slug="newcomer").exists()


def test_afterwards_only_the_real_parents_are_needed(committed, act_as):
    """A tenant's own people can import items without vendors; only onboarding requires the order."""
    from inventory.files.actions import import_categories, import_items
    from tests.factories.people import add_person

    _act, onboarding = committed(until="categories")
    connection.set_tenant(onboarding.tenant)
    own = act_as(user=add_person("owner"))
    import_categories(own, content=onboardings.FILES["categories"])
    without_bin = onboardings.FILES["items"].replace(b",putaway_bin", b"").replace(b",NORTH/A-1", b"")
    assert import_items(own, content=without_bin).created == 1
