"""A small ledger with a past: items that were named by revisions, and deliveries to two hubs."""

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
    """Three deliveries; returns the last position. Bolts lie in three bins of two hubs, oil in one."""
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
    """What a report is about; all hubs unless some are named."""
    return Scope(position=position, hubs=hubs or HUBS, **narrower)


def rows(position: int, *hubs: str, **narrower: Any) -> list[tuple[str, ...]]:
    """SKU, hub, bin and quantity of the stock on hand."""
    found = STOCK.stream(scope(position, *hubs, **narrower))
    return [(row[0], row[3], row[4], str(row[6])) for row in found]


def order(act: Act, **typed: Any) -> ExportRequest:
    """The wish for an export of the stock on hand, as its form posts it."""
    return ExportRequest(
        act, STOCK, ReportFilter({name: str(value) for name, value in typed.items()}, act=act)
    )


def other_category(code: str = "SPARES") -> Category:
    """Somewhere else to file an item."""
    return Category.objects.create(code=code, name=code.title())
