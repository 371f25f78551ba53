"""A reorder list derived while points, names, units and stock changed is the same when derived again."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from decimal import Decimal
from threading import Event
from typing import Any

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from inventory.actions.items import archive_item, edit_item, restore_item
from inventory.models import Hub, Item
from ledger.proof.verification import verify
from ledger.reports import REPORTS
from ledger.reports.scope import Scope
from tests.factories.documents import receive
from tests.factories.master_data import MasterData, make_master_data
from tests.ledger.report_fixtures import HUBS, name_items

WRITERS, READERS, EACH = 4, 2, 15
REORDER = REPORTS["reorder-list"]


def listed(position: int) -> list[tuple[Any, ...]]:
    return list(REORDER.stream(Scope(position=position, hubs=HUBS)))


def write(act: Act, master_data: MasterData, chance: random.Random) -> None:
    """Change a reorder point, a hub's own point, unit and name, archiving, or stock."""
    item = Item.objects.get(sku=chance.choice(["BOLT", "OIL", "CABLE"]))
    match chance.randrange(6):
        case 0 | 1:
            edit_item(act, item=item, version=item.version, reorder_point=Decimal(chance.randrange(30)))
        case 2:
            hub = Hub.objects.get(code=chance.choice(HUBS))
            points = {hub: chance.choice([None, Decimal(chance.randrange(30))])}
            edit_item(act, item=item, version=item.version, reorder_points=points)
        case 3:
            unit = chance.choice(["m", "km", "pcs"])
            edit_item(act, item=item, version=item.version, unit=unit, name=f"Now {unit}")
        case 4:
            (restore_item if item.archived_at else archive_item)(act, item=item)
        case _:
            receive(act, master_data, (item.sku, chance.choice(["NORTH/A-1", "SOUTH/A-1"]), "3", "1"))


def test_a_list_derived_in_the_midst_never_changes(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    tenant = committed_tenant()
    master_data = make_master_data()
    name_items(master_data)
    act = act_as("owner", tenant=tenant)

    finished = [Event() for _ in range(WRITERS)]

    def work(number: int) -> list[tuple[int, Any]]:
        if number >= WRITERS:
            return read()
        chance = random.Random(number)
        try:
            for _ in range(EACH):
                with contextlib.suppress(Refusal):  # another thread was faster, or the item is archived
                    write(act, master_data, chance)
        finally:
            finished[number].set()
        return []

    def read() -> list[tuple[int, Any]]:
        seen = []
        while len(seen) < EACH or not all(writer.is_set() for writer in finished):
            position = positions.current()
            seen.append((position, listed(position)))
        return seen

    results = threads(WRITERS + READERS, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    seen = [pair for result in results for pair in result]
    assert len({position for position, _rows in seen}) > 3, "nothing changed meanwhile"
    assert any(rows for _position, rows in seen)
    for position, rows in seen:
        assert listed(position) == rows
    assert not [check for check in verify() if check.broken]
