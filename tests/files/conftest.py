"""The stage of ledger tests, in the bound tenant."""

from __future__ import annotations

import pytest

from plans.models import Tenant
from tests.ledger.stage import Stage, set_stage


@pytest.fixture
def stage(acacia: Tenant) -> Stage:
    """Two hubs, six bins, two vendors and three items in Acacia."""
    return set_stage()
