"""Fixtures of ledger tests: master data and stock in the bound tenant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asora.kernel.act import Act
from plans.models import Tenant
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.ledger.report_fixtures import name_items, post_three_deliveries


@pytest.fixture
def stocked(master_data: MasterData, act_as: Callable[..., Act]) -> MasterData:
    """The master data, with named items and three deliveries."""
    name_items(master_data)
    post_three_deliveries(act_as("owner"), master_data)
    return master_data


@pytest.fixture(params=["average", "fifo"])
def ten_bolts(
    request: pytest.FixtureRequest, master_data: MasterData, act_as: Callable[..., Act], acacia: Tenant
) -> MasterData:
    """10 bolts in A-1, in a tenant of either costing."""
    acacia.costing = request.param
    Tenant.objects.filter(pk=acacia.pk).update(costing=request.param)
    deliver(
        act_as("owner"), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2"))
    )
    return master_data
