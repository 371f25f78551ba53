"""A small ledger with history: items with name revisions, and deliveries to two hubs."""

from __future__ import annotations

from datetime import date
from typing import Any

from asora.kernel import positions
from asora.kernel.act import Act
from inventory.models import Category, ItemRevision
from ledger.exports.requests import ExportRequest
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from ledger.reports.scope import Scope
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData

STOCK = REPORTS["stock-on-hand"]
HUBS = ("NORTH", "SOUTH")


def name_items(master_data: MasterData) -> None:
    """The first revision of each item, as its creation would have written it."""
    block = positions.take(len(master_data.items))
    for position, item in enumerate(master_data.items.values(), start=block.first):
        ItemRevision(
            position=position,
            item=item,
            name=item.name,
            category_code=item.category.code,
            recorded_at=block.recorded_at,
        ).save()


def post_three_deliveries(act: Act, master_data: MasterData) -> int:
    """Post three deliveries; returns the last position. Bolts are in three bins of two hubs, oil is in one."""
    deliver(act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2.5")))
    deliver(
        act,
        master_data,
        receipt(
            master_data,
            line(master_data, "BOLT", "NORTH/DOCK", "5", "3"),
            line(master_data, "OIL", "SOUTH/A-1", "1.5", "4", number=2),
        ),
    )
    return deliver(
        act,
        master_data,
        receipt(master_data, line(master_data, "BOLT", "SOUTH/A-2", "7", "2"), day=date(2026, 3, 9)),
    )


def scope(position: int, *hubs: str, **narrower: Any) -> Scope:
    """The scope of a report; all hubs unless some are named."""
    return Scope(position=position, hubs=hubs or HUBS, **narrower)


def rows(position: int, *hubs: str, **narrower: Any) -> list[tuple[str, ...]]:
    """The stock on hand: SKU, hub, bin and quantity."""
    found = STOCK.stream(scope(position, *hubs, **narrower))
    return [(row[0], row[3], row[4], str(row[6])) for row in found]


def export_request(act: Act, **typed: Any) -> ExportRequest:
    """A request to export the stock on hand, as its form posts it."""
    return ExportRequest(
        act, STOCK, ReportFilter({name: str(value) for name, value in typed.items()}, act=act)
    )


def other_category(code: str = "SPARES") -> Category:
    """Another category for an item."""
    return Category.objects.create(code=code, name=code.title())
