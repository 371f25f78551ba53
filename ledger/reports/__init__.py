"""The reports of ledger.md, each a fixed list of columns over a scope at a position, by the name in its address."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.reports.definition import Report
from ledger.reports.stock_on_hand import STOCK_ON_HAND

REPORTS: Mapping[str, Report] = {report.slug: report for report in (STOCK_ON_HAND,)}
