"""The stage of ledger tests, in the bound tenant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asora.kernel.act import Act
from plans.models import Tenant
from tests.ledger.books import fill, name_items
from tests.ledger.stage import Stage, set_stage


@pytest.fixture
def stage(acacia: Tenant) -> Stage:
    """Two hubs, six bins, two vendors and three items in Acacia."""
    return set_stage()


@pytest.fixture
def books(stage: Stage, act_as: Callable[..., Act]) -> Stage:
    """The stage with named items and three deliveries."""
    name_items(stage)
    fill(act_as("owner"), stage)
    return stage
