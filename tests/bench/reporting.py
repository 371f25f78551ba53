"""Every other report: what it costs in a large ledger against a small one, and against SQL that adds all entries up.

Stock on hand has lines of its own. What a report of a period costs depends on the period, so the same number of
entries is read in both ledgers, the latest ones, with a few adjustments; what a report of a position costs depends on
the balances, which are as many in both. Neither may depend on the length of the ledger: that is the first line of each
report. For valuation and for movement over everything, a second line compares it with plain SQL. Receiving, shrink and
history have no second line: they list or add up what they must read anyway.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from asora.kernel import positions
from ledger.actions.movements import adjust
from ledger.models import BinBalance, Kind
from ledger.posting.drafts import Draft, DraftLine
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.scope import Scope
from ledger.reports.sql import HUBS, REVISION
from tests.bench import large
from tests.bench.harness import Result, Size, interleaved
from tests.bench.large import Ledger
from tests.bench.on_hand import HUB_CODES

AT_MOST = 2.0  # of its own time in the small ledger
PERIOD = 2_000  # postings
ADJUSTMENTS, LINES = 20, 50

# The same columns and rows, from the entries alone.
VALUED = f"""
SELECT item.sku, coalesce(revision.name, '') AS item, hub.code AS hub, item.unit,
       round(held.quantity, item.decimals::int) AS quantity, round(held.value / held.quantity, 6) AS average_cost,
       held.value
FROM (
    SELECT entry.item_id, entry.hub_id, sum(entry.quantity) AS quantity, sum(entry.value) AS value
    FROM ledger_entry entry WHERE entry.position <= %(position)s GROUP BY entry.item_id, entry.hub_id
) held
JOIN inventory_item item ON item.id = held.item_id
JOIN inventory_hub hub ON hub.id = held.hub_id
{REVISION}
WHERE held.quantity <> 0 AND hub.code = ANY(%(hubs)s)
"""
MOVED = f"""
SELECT item.sku, coalesce(revision.name, '') AS item, hub.code AS hub, item.unit, 0.0 AS opening,
       moved.received, moved.issued, moved.transferred_in, moved.transferred_out, moved.adjusted, moved.counted,
       moved.closing
FROM (
    SELECT entry.item_id, entry.hub_id,
           coalesce(sum(entry.quantity) FILTER (WHERE entry.kind = 'receipt'), 0) AS received,
           coalesce(-sum(entry.quantity) FILTER (WHERE entry.kind = 'issue'), 0) AS issued,
           coalesce(sum(entry.quantity) FILTER (WHERE entry.kind = 'transfer' AND entry.quantity > 0), 0)
               AS transferred_in,
           coalesce(-sum(entry.quantity) FILTER (WHERE entry.kind = 'transfer' AND entry.quantity < 0), 0)
               AS transferred_out,
           coalesce(sum(entry.quantity) FILTER (WHERE entry.kind = 'adjustment'), 0) AS adjusted,
           coalesce(sum(entry.quantity) FILTER (WHERE entry.kind = 'count'), 0) AS counted,
           sum(entry.quantity) AS closing
    FROM ledger_entry entry WHERE entry.position <= %(position)s AND entry.hub_id IN {HUBS}
    GROUP BY entry.item_id, entry.hub_id
) moved
JOIN inventory_item item ON item.id = moved.item_id
JOIN inventory_hub hub ON hub.id = moved.hub_id
{REVISION}
"""
# The report, its SQL by hand, and the goal for its speed: a look-up must be faster; a report that reads every entry for
# the same sums, and the documents too, may cost a little more.
BY_HAND = {
    "inventory-valuation": (VALUED, 5.0, "times as fast as SUM … GROUP BY"),
    "inventory-movement": (MOVED, 0.5, "over everything: times as fast as SUM … GROUP BY"),
}

Read = Callable[[], list[Any]]


def measure(size: Size) -> Iterator[Result]:
    """One line for each report, two where there is SQL to compare it with."""
    with large.ledgers(size) as both, _adjusted(both.small), _adjusted(both.large):
        for report in REPORTS.values():
            if report.slug == "stock-on-hand":
                continue
            yield _own(report, both.large, both.small, size)
            if report.slug in BY_HAND:
                yield _against_sums(report, both.large, size)


@contextlib.contextmanager
def _adjusted(ledger: Ledger) -> Iterator[None]:
    """With a few adjustments at the end of the ledger, which are rolled back."""
    connection.set_tenant(ledger.tenant)
    undone: Any = transaction.atomic()
    # As in Django's own test cases: the door's transactions must not be durable here.
    undone._from_testcase = True
    with undone:
        for number in range(ADJUSTMENTS):
            adjust(ledger.act, draft=_adjustment(number), hubs=[])
        yield
        connection.set_tenant(ledger.tenant)
        transaction.set_rollback(True)


def _adjustment(number: int) -> Draft:
    first = number * LINES
    rows = BinBalance.objects.filter(quantity__gt=3).order_by("item", "bin")[first : first + LINES]
    return Draft(
        kind=Kind.ADJUSTMENT,
        submission=UUID(int=number + 1),
        effective_on=date(2025, 1, 20),
        lines=[
            DraftLine(line, row.item_id, row.bin_id, Decimal(1 if line % 3 else -1))
            for line, row in enumerate(rows, start=1)
        ],
        reference=f"ADJ-{number}",
        reason="DAMAGED",
    )


def _own(report: Report, many: Ledger, few: Ledger, size: Size) -> Result:
    """The line against its own time."""
    works = {"many": _read(report, many), "few": _read(report, few)}
    rows = {name: len(work()) for name, work in works.items()}
    seconds = interleaved(works, turns=size.reading_turns, warm_up=2)
    kind = f"the last {PERIOD:,} postings" if report.has_period else "all balances, late"
    return Result(
        work=f"{report.slug}, {kind}: {size.entries:,} entries to {size.compared_entries:,}",
        ratio=seconds["many"] / seconds["few"],
        goal=AT_MOST,
        is_at_most=True,
        detail=(
            f"{_shown(seconds['many'])} against {_shown(seconds['few'])} for {rows['many']:,} and {rows['few']:,}"
            f" rows, {size.reading_turns} turns each"
        ),
        figures={"seconds": seconds, "rows": rows, "wrong": []},
    )


def _against_sums(report: Report, ledger: Ledger, size: Size) -> Result:
    """The line against adding up."""
    select, goal, what = BY_HAND[report.slug]
    works = {
        "asora": _read(report, ledger, period=None),
        "summed": _read(replace(report, select=select), ledger, period=None),
    }
    wrong = [] if works["asora"]() == works["summed"]() else [f"{report.slug}: adding up gives other rows"]
    turns = max(size.reading_turns // 2, 1)
    seconds = interleaved(works, turns=turns, warm_up=0)
    return Result(
        work=f"{report.slug}, {size.entries:,} entries, {what}",
        ratio=seconds["summed"] / seconds["asora"],
        goal=goal,
        is_at_most=False,
        detail=f"{_shown(seconds['asora'])} against {_shown(seconds['summed'])}, {turns} turns each",
        figures={"seconds": seconds, "wrong": wrong},
    )


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _read(report: Report, ledger: Ledger, *, period: int | None = PERIOD) -> Read:
    """Read the rows of a report: of its latest postings if it has a period, unless everything is wanted."""
    connection.set_tenant(ledger.tenant)
    head = positions.current()
    scope = Scope(position=head, hubs=HUB_CODES, after=head - period if period and report.has_period else 0)

    def read() -> list[Any]:
        connection.set_tenant(ledger.tenant)
        return list(report.stream(scope))

    return read
