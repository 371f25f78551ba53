"""The stage of ledger tests, in the bound tenant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asora.kernel.act import Act
from plans.models import Tenant
from tests.ledger.books import fill, name_items
from tests.ledger.stage import Stage, deliver, line, receipt, set_stage


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


@pytest.fixture(params=["average", "fifo"])
def ten_bolts(
    request: pytest.FixtureRequest, stage: Stage, act_as: Callable[..., Act], acacia: Tenant
) -> Stage:
    """10 bolts in A-1, in a tenant of either costing."""
    acacia.costing = request.param
    Tenant.objects.filter(pk=acacia.pk).update(costing=request.param)
    deliver(act_as("owner"), stage, receipt(stage, line(stage, "BOLT", "NORTH/A-1", "10", "2")))
    return stage
