"""A system that receives every posting, reversal and count has the stock of the ledger, at every hub."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from integrations.types.definition import Occurrence
from inventory.actions.items import edit_item
from ledger.models import BinBalance, Entry, HubBalance, Kind
from plans.models import Tenant
from tests.factories import counts, documents
from tests.factories.master_data import MasterData
from tests.factories.random_past import post_at_random
from tests.fixture_types import Acts
from tests.integrations.payloads import described, sent

LOW = "inventory.stock.low.v1"
Place = tuple[str, str]


class Follower:
    """The other system: it knows nothing but payloads."""

    def __init__(self) -> None:
        self.bins: dict[Place, Decimal] = defaultdict(Decimal)
        self.hubs: dict[Place, Decimal] = defaultdict(Decimal)
        self.worth: dict[Place, Decimal] = defaultdict(Decimal)
        self.low: list[tuple[int, str, str]] = []
        self.items: dict[str, dict[str, Any]] = {}
        self.expected_low: list[tuple[int, str, str]] = []

    def receive(self, event_type: str, data: dict[str, Any]) -> None:
        if event_type == LOW:
            self.low.append((data["position"], data["sku"], data["hub"]))
        elif "lines" in data:
            self._post(data)
        elif event_type.startswith("inventory.item."):
            self.items[data["sku"]] = data

    def _point(self, place: Place) -> Decimal | None:
        """The reorder point of an item at a hub, as far as this system knows."""
        item = self.items[place[0]]
        own = {each["hub"]: each["quantity"] for each in item["reorder_points"]}
        point = own.get(place[1], item["reorder_point"])
        return None if point is None else Decimal(point)

    def _post(self, data: dict[str, Any]) -> None:
        before = dict(self.hubs)
        touched: list[Place] = []
        for line in data["lines"]:
            place, bin_ = (line["sku"], line["hub"]), (line["sku"], f"{line['hub']}/{line['bin']}")
            self.bins[bin_] += Decimal(line["quantity"])
            self.hubs[place] += Decimal(line["quantity"])
            self.worth[place] += Decimal(line["value"])
            # The balances of the payload are those that the other system has by adding up.
            assert self.bins[bin_] == Decimal(line["bin_quantity"]), data["position"]
            assert self.hubs[place] == Decimal(line["hub_quantity"]), data["position"]
            assert self.worth[place] == Decimal(line["hub_value"]), data["position"]
            touched.append(place)
        for place in dict.fromkeys(touched):
            point = self._point(place)
            if point is not None and self.hubs[place] <= point < before.get(place, Decimal(0)):
                self.expected_low.append((data["position"], *place))


@pytest.mark.parametrize(("costing", "seed"), [("average", 3), ("fifo", 17)])
def test_the_stock_of_another_system_is_that_of_the_ledger(
    master_data: MasterData, act_as: Acts, acacia: Tenant, costing: str, seed: int
) -> None:
    acacia.costing = costing
    Tenant.objects.filter(pk=acacia.pk).update(costing=costing)
    everything = Follower()
    with described(acacia) as found:
        for item in master_data.items.values():
            edit_item(act_as("owner"), item=item, version=1, reorder_point=Decimal(40))
        post_at_random(act_as("owner"), master_data, seed=seed, steps=60)
        for row in BinBalance.objects.select_related("item", "bin__hub").filter(bin__hub=master_data.north):
            if row.quantity:
                move = row.item.sku, row.bin.address, str(row.quantity)
                documents.post_movement(act_as("owner"), master_data, Kind.ISSUE, move)
        session = counts.start(act_as("owner"), master_data)
        counts.enter(act_as("owner"), master_data, session, **{"BOLT NORTH/A-1": "7"})
        counts.hand_in(act_as("owner"), session)
        counts.approve(act_as("owner"), session)
    occurrences: list[Occurrence] = [each for _event, some in found for each in some]
    for each in occurrences:
        everything.receive(each.type, sent(each, acacia))

    assert Entry.objects.count() > 60
    assert everything.low
    assert _not_zero(everything.bins) == {
        (row.item.sku, row.bin.address): row.quantity
        for row in BinBalance.objects.select_related("item", "bin__hub").exclude(quantity=0)
    }
    balances = HubBalance.objects.select_related("item", "hub").exclude(quantity=0)
    assert _not_zero(everything.hubs) == {(row.item.sku, row.hub.code): row.quantity for row in balances}
    assert _not_zero(everything.worth) == {
        (row.item.sku, row.hub.code): row.value for row in balances if row.value
    }
    assert everything.low == everything.expected_low

    for hub in (master_data.north, master_data.south):
        one = Follower()
        for each in occurrences:
            if (part := each.at(frozenset({hub.pk}))) is not None:
                one.receive(each.type, sent(part, acacia))
        assert _not_zero(one.hubs) == {
            (row.item.sku, row.hub.code): row.quantity for row in balances if row.hub == hub
        }
        assert one.low == [each for each in everything.low if each[2] == hub.code]


def _not_zero(figures: dict[Place, Decimal]) -> dict[Place, Decimal]:
    return {place: figure for place, figure in figures.items() if figure}
