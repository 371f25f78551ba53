"""Fixtures of the tests about plans and freezes: Acacia, seen from the public host, where operators are."""

from __future__ import annotations

from typing import Any

import pytest

from plans.actions.freezes import explain_freeze, start_freeze
from plans.models import Tenant
from tests.factories.freezes import CAUSE, REASON
from tests.fixture_types import Acts


@pytest.fixture
def tenant(public: Any) -> Tenant:
    """Acacia, seen from the public host."""
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def frozen(tenant: Tenant, act_as: Acts) -> Tenant:
    """Acacia, frozen by the ops lead."""
    start_freeze(act_as("ops_lead"), tenant=tenant, reason=REASON)
    return tenant


@pytest.fixture
def explained(frozen: Tenant, act_as: Acts) -> Tenant:
    """Acacia, frozen, and the root cause written down by the ops lead."""
    explain_freeze(act_as("ops_lead"), tenant=frozen, root_cause=CAUSE)
    return frozen
