"""Eight people take and deliver the same item while another changes its reorder point: each crossing is sent once."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from asora.kernel.act import Act
from audit.events.models import Event
from integrations.types.definition import Occurrence
from inventory.actions.items import edit_item
from inventory.models import Item, ReorderRevision
from ledger.models import Entry, Kind
from plans.models import Tenant
from tests.factories.documents import post_movement, receive
from tests.factories.master_data import make_master_data
from tests.integrations.payloads import described, sent

WRITERS, EACH = 8, 12
LOW = "inventory.stock.low.v1"


def test_each_crossing_is_sent_once_with_the_point_of_its_position(
    committed_tenant: Callable[..., Tenant],
    threads: Callable[..., list[Any]],
    act_as: Callable[..., Act],
) -> None:
    tenant = committed_tenant()
    act = act_as("owner", tenant=tenant)
    master_data = make_master_data()
    edit_item(act, item=master_data.items["BOLT"], version=1, reorder_point=Decimal(58))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "60", "2"))

    def work(number: int) -> None:
        chance = random.Random(number)
        for _round in range(EACH):
            if number == 0:
                item = Item.objects.get(sku="BOLT")
                edit_item(
                    act, item=item, version=item.version, reorder_point=Decimal(chance.randrange(50, 75))
                )
            elif number % 2:
                post_movement(
                    act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", str(chance.randrange(1, 4)))
                )
            else:
                receive(act, master_data, ("BOLT", "NORTH/A-1", str(chance.randrange(1, 6)), "2"))

    with described(tenant) as found:
        results = threads(WRITERS, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    committed = set(Event.objects.values_list("pk", flat=True))  # the door repeats what met a deadlock
    kept = [some for event, some in found if event.pk in committed]
    low: list[Occurrence] = [each for some in kept for each in some if each.type == LOW]
    told = sorted((each.position, sent(each, tenant)["reorder_point"]) for each in low)
    assert told == _crossings()
    assert told, "nothing became low: the test shows nothing"


def _crossings() -> list[tuple[int, str]]:
    """The same from the ledger: positions that took the stock across the point that was in force there."""
    points = list(
        ReorderRevision.objects.filter(hub=None).order_by("position").values_list("position", "quantity")
    )
    crossings = []
    for entry in Entry.objects.order_by("posting", "line"):
        point = [quantity for position, quantity in points if position <= entry.posting_id][-1]
        if entry.hub_quantity <= point < entry.hub_quantity - entry.quantity:
            crossings.append((entry.posting_id, f"{point:.0f}"))
    return crossings
