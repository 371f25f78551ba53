"""Fixtures of ledger tests: master data and stock in the bound tenant."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from asora.kernel.act import Act
from inventory.actions.items import edit_item
from inventory.models import Item
from plans.models import Tenant
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.factories.random_past import post_at_random
from tests.fixture_types import Acts
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
    """10 bolts in A-1, once with average costing and once with FIFO."""
    acacia.costing = request.param
    Tenant.objects.filter(pk=acacia.pk).update(costing=request.param)
    deliver(
        act_as("owner"), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2"))
    )
    return master_data


@pytest.fixture
def stock_to_count(master_data: MasterData, act_as: Acts) -> MasterData:
    """10 bolts in A-1, 5 in A-2, 1.5 oil in A-1; 7 bolts in the other hub."""
    deliver(
        act_as("owner"),
        master_data,
        receipt(
            master_data,
            line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
            line(master_data, "BOLT", "NORTH/A-2", "5", "5", number=2),
            line(master_data, "OIL", "NORTH/A-1", "1.5", "4", number=3),
            line(master_data, "BOLT", "SOUTH/A-1", "7", "1", number=4),
        ),
    )
    return master_data


@pytest.fixture
def past(master_data: MasterData, act_as: Callable[..., Any]) -> MasterData:
    name_items(master_data)
    for item in master_data.items.values():
        edit_item(act_as("owner"), item=item, version=1, reorder_point=Decimal(5000))
    post_at_random(act_as("owner"), master_data, seed=11, steps=45)
    bolt = Item.objects.get(sku="BOLT")
    plenty = {
        "reorder_point": Decimal(5000),
        "reorder_points": {master_data.north: None, master_data.south: None},
    }
    edit_item(act_as("owner"), item=bolt, version=bolt.version, **plenty)
    return master_data
