"""All reports, by the name in their address. Each is a fixed list of columns over a scope at a position."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.reports.definition import Report
from ledger.reports.inventory_movement import INVENTORY_MOVEMENT
from ledger.reports.inventory_valuation import INVENTORY_VALUATION
from ledger.reports.ledger_history import LEDGER_HISTORY
from ledger.reports.receiving_summary import RECEIVING_SUMMARY
from ledger.reports.reorder_list import REORDER_LIST
from ledger.reports.shrink_adjustment import SHRINK_ADJUSTMENT
from ledger.reports.stock_on_hand import STOCK_ON_HAND

REPORTS: Mapping[str, Report] = {
    report.slug: report
    for report in (
        STOCK_ON_HAND,
        INVENTORY_MOVEMENT,
        RECEIVING_SUMMARY,
        SHRINK_ADJUSTMENT,
        INVENTORY_VALUATION,
        REORDER_LIST,
        LEDGER_HISTORY,
    )
}
