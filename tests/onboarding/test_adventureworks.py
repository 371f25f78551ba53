"""Real master data imported through onboarding, checked against the control totals of the data's own README."""

from __future__ import annotations

from django_tenants.utils import tenant_context

from asora.onboarding.queries import progress_of
from asora.onboarding.rules import SEEDED
from inventory.models import Vendor
from tests.factories import onboardings
from tests.ledger.test_load_dataset import DATA, needs_data

ROWS = {"categories": 42, "hubs": 14, "bins": 767, "vendors": 104, "items": 504}


@needs_data
def test_adventureworks_through_onboarding(committed):
    act, onboarding = committed(until="categories", plan="enterprise")
    files = {step: (DATA / f"{step}.csv").read_bytes() for step in SEEDED}
    for step in SEEDED:
        done = onboardings.take(act, onboarding, step, files=files)
        assert (done.created, done.unchanged) == (ROWS[step], 0), step
    assert progress_of(onboarding).rows == ROWS
    with tenant_context(onboarding.tenant):
        assert Vendor.objects.filter(eligible=False).count() == 4
    again = onboardings.take(act, onboarding, "items", files=files)
    assert (again.created, again.unchanged) == (0, 504)
    onboardings.take(act, onboarding, "verification")
    onboarding.refresh_from_db()
    assert all(check["is_green"] for check in onboarding.checks), onboarding.checks
