"""The four checks: green with the compared counts, red with the rule, and no data is left behind."""

from __future__ import annotations

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel import positions
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.rehearsal import rehearsal
from asora.onboarding.rules import SEEDED
from inventory.actions.items import create_item
from inventory.models import Category, Item
from plans.models import Tenant
from tests.factories import onboardings

BIKES = b"".join(b"SKU-%03d,Thing,CHAINS,EA,1,,\n" % number for number in range(100))


def seeded(act, onboarding, files=onboardings.FILES):
    for step in SEEDED:
        onboardings.take(act, onboarding, step, files=files)


def verified(act, onboarding):
    onboardings.take(act, onboarding, "verification")
    onboarding.refresh_from_db()
    return {check["name"]: check for check in onboarding.checks}


def test_green_checks_show_their_counts_and_leave_no_rows(committed):
    act, onboarding = committed(until="verification")
    schema = onboarding.tenant.schema_name
    before, public = onboardings.counts(schema), onboardings.counts("public")
    with tenant_context(onboarding.tenant):
        position = positions.current()
    checks = verified(act, onboarding)
    assert all(check["is_green"] for check in checks.values())
    facts = {name: dict(check["facts"]) for name, check in checks.items()}
    assert facts["item"]["Items before"] == "1"
    assert facts["item"]["Items including the test item"] == "2"
    assert facts["item"]["Ceiling"] == "2 of 5,000"
    assert facts["receipt"]["Ledger entries"] == "0 → 1"
    assert facts["receipt"]["Postings"] == "0 → 1"
    assert facts["stock"]["Differences"] == "0"
    assert facts["stock"]["Lines of the report"] == "1"
    assert facts["export"]["Exports this month (UTC)"] == "1 of 500"
    after = onboardings.counts(schema)
    # The tenant's trail records the verification; the rehearsed actions are recorded nowhere.
    assert after.pop("audit_event") == before.pop("audit_event") + 1
    assert after == before
    with tenant_context(onboarding.tenant):
        assert positions.current() == position
    changed = {name for name, count in onboardings.counts("public").items() if count != public[name]}
    assert changed == {"audit_event"}


def test_as_many_items_as_the_plan_allows_are_no_obstacle(act, in_acacia):
    """The imported items fill the plan: one more is refused by the plan only, so the owner can be invited."""
    Tenant.objects.filter(slug="acacia").update(plan="free")
    header = onboardings.FILES["items"].splitlines()[0] + b"\n"
    seeded(act, in_acacia, onboardings.FILES | {"items": header + BIKES})
    checks = verified(act, in_acacia)
    assert [check["is_green"] for check in checks.values()] == [True] * 4
    facts = dict(checks["item"]["facts"])
    assert facts["Ceiling"] == "100 of 100"
    assert facts["One more"].startswith("refused only because the plan is full")
    with tenant_context(in_acacia.tenant):
        assert Item.objects.count() == 100, "the rehearsal leaves no data behind"
    with pytest.raises(StateConflict) as asked:
        onboardings.take(act, in_acacia, "owner")
    assert asked.value.reason is Reason.STEP_DONE, "the owner's step is reached; Acacia has an owner already"


def test_without_an_eligible_vendor_receiving_and_later_checks_are_red(act, in_acacia):
    seeded(
        act,
        in_acacia,
        onboardings.FILES | {"vendors": onboardings.FILES["vendors"].replace(b"true", b"false")},
    )
    checks = verified(act, in_acacia)
    assert {name: check["reason"] for name, check in checks.items()} == {
        "item": "",
        "receipt": "VENDOR_INELIGIBLE",
        "stock": "NO_DATA",
        "export": "NO_DATA",
    }
    with pytest.raises(ValidationFailed) as refused:
        onboardings.take(act, in_acacia, "owner")
    assert refused.value.reason is Reason.STEP_TOO_EARLY
    assert refused.value.details["missing"] == "verification"


def test_seeding_once_more_asks_for_another_verification(act, in_acacia):
    seeded(act, in_acacia)
    verified(act, in_acacia)
    onboardings.take(act, in_acacia, "hubs", files={"hubs": b"code,name\nSOUTH,Southgate\n"})
    in_acacia.refresh_from_db()
    assert in_acacia.checks == []
    with pytest.raises(ValidationFailed) as refused:
        onboardings.take(act, in_acacia, "owner")
    assert refused.value.details["missing"] == "verification"


class TestStage:
    """Several rehearsals in a row."""

    def test_each_sees_the_earlier_ones_and_nothing_is_left(self, acacia, act_as, events):
        act = act_as("manager")
        category = Category.objects.create(code="GOODS", name="Goods")
        with rehearsal():
            create_item.rehearse(act, sku="ONE", name="One", category=category, unit="EA")
            assert Item.objects.count() == 1
            with pytest.raises(ValidationFailed):
                create_item.rehearse(act, sku="one", name="Again", category=category, unit="EA")
            assert Item.objects.count() == 1, "only the refused rehearsal is rolled back"
        assert not Item.objects.exists()
        assert events() == []

    def test_a_real_action_cannot_run_inside_a_rehearsal(self, committed_tenant, act_as):
        committed_tenant()
        act = act_as("manager")
        category = Category.objects.create(code="GOODS", name="Goods")
        with rehearsal(), pytest.raises(RuntimeError, match="durable"):
            create_item(act, sku="ONE", name="One", category=category, unit="EA")
        assert not Item.objects.exists()
        assert connection.get_autocommit()
