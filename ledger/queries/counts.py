"""Named reads of cycle counts. Only `review_of` and `figures_of` know what was expected: not for who counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any

from django.db import connection

from inventory.models import Bin, Category, Item
from inventory.queries import with_descendants
from ledger.counting_rules import Accuracy, Reading, Tolerance, settled
from ledger.models import CountSession
from ledger.rules import ZERO, Stock

HUNDREDTH = Decimal("0.01")
WIDE = Context(prec=60)  # somebody may type sixteen digits of something dear: the page must still open

# What should be there: every balance in scope, and when it was last counted.
IN_SCOPE = """
SELECT balance.item_id, balance.bin_id FROM ledger_binbalance balance
JOIN inventory_bin bin ON bin.id = balance.bin_id
JOIN inventory_item item ON item.id = balance.item_id
WHERE bin.hub_id = %(hub)s AND balance.quantity > 0
  AND (%(bins)s::bigint[] IS NULL OR bin.id = ANY(%(bins)s))
  AND (%(categories)s::bigint[] IS NULL OR item.category_id = ANY(%(categories)s))
  AND (%(items)s::bigint[] IS NULL OR item.id = ANY(%(items)s))
  AND (%(since)s::date IS NULL OR NOT EXISTS (
      SELECT FROM ledger_entry entry JOIN ledger_posting posting ON posting.position = entry.position
      WHERE entry.item_id = balance.item_id AND entry.bin_id = balance.bin_id
        AND entry.kind = 'count' AND NOT entry.is_reversal AND posting.effective_on >= %(since)s
        AND NOT EXISTS (SELECT FROM ledger_posting undone WHERE undone.reverses = posting.position)))
ORDER BY bin.code COLLATE "C", item.sku COLLATE "C"
LIMIT %(limit)s
"""
# The balance when a line was counted is one look-up: the last entry of (item, bin) at or before that position.
REVIEW = """
SELECT line.id, line.item_id, line.bin_id, item.sku, item.name, item.unit, item.decimals, bin.code,
       line.is_found, line.is_left_out, line.round, line.chosen_id,
       coalesce(receipt.unit_cost, item.standard_cost), hub_then.hub_quantity, hub_then.hub_value,
       reading.id, reading.counted_by, reading.counted_at, reading.position, reading.quantity,
       coalesce(bin_then.bin_quantity, 0), coalesce(balance.quantity, 0) - coalesce(bin_then.bin_quantity, 0)
FROM ledger_countline line
JOIN ledger_countsession session ON session.id = line.session_id
JOIN inventory_item item ON item.id = line.item_id
JOIN inventory_bin bin ON bin.id = line.bin_id
LEFT JOIN ledger_countreading reading ON reading.line_id = line.id AND reading.round = line.round
LEFT JOIN ledger_binbalance balance ON balance.item_id = line.item_id AND balance.bin_id = line.bin_id
LEFT JOIN LATERAL (
    SELECT entry.bin_quantity FROM ledger_entry entry
    WHERE entry.item_id = line.item_id AND entry.bin_id = line.bin_id AND entry.position <= reading.position
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) bin_then ON true
LEFT JOIN LATERAL (
    SELECT entry.hub_quantity, entry.hub_value FROM ledger_entry entry
    WHERE entry.item_id = line.item_id AND entry.hub_id = session.hub_id AND entry.position <= reading.position
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) hub_then ON true
LEFT JOIN LATERAL (
    SELECT entry.unit_cost FROM ledger_entry entry
    WHERE entry.item_id = line.item_id AND entry.kind = 'receipt' AND NOT entry.is_reversal
      AND NOT EXISTS (SELECT FROM ledger_posting undone WHERE undone.reverses = entry.position)
      AND entry.position <= reading.position
    ORDER BY entry.position DESC, entry.line DESC LIMIT 1
) receipt ON true
WHERE line.session_id = %(session)s
ORDER BY bin.code COLLATE "C", item.sku COLLATE "C", reading.position, reading.id
"""
# A count that was reversed was no count; neither is the reversal.
FIGURES = """
SELECT hub.code, hub.name, count(*), count(*) FILTER (WHERE entry.quantity = 0),
       coalesce(sum(least(entry.counted_quantity, entry.expected_quantity)), 0),
       coalesce(sum(greatest(entry.counted_quantity, entry.expected_quantity)), 0),
       coalesce(sum(entry.quantity) FILTER (WHERE entry.quantity > 0), 0),
       coalesce(sum(entry.quantity) FILTER (WHERE entry.quantity < 0), 0),
       coalesce(sum(entry.value) FILTER (WHERE entry.quantity > 0), 0),
       coalesce(sum(entry.value) FILTER (WHERE entry.quantity < 0), 0),
       max(posting.effective_on)
FROM ledger_posting posting
JOIN ledger_entry entry ON entry.position = posting.position
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE posting.kind = 'count' AND entry.hub_id = ANY(%(hubs)s)
  AND NOT EXISTS (SELECT FROM ledger_posting undone WHERE undone.reverses = posting.position)
GROUP BY hub.code, hub.name ORDER BY hub.code COLLATE "C"
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a count is about; None: everything of that sort."""

    hub_id: int
    bins: frozenset[int] | None = None
    categories: frozenset[int] | None = None
    items: frozenset[int] | None = None
    not_counted_since: date | None = None

    def covers(self, *, item: Item, bin_: Bin) -> bool:
        """Whether stock that is found of this item in this bin belongs to the count."""
        return (
            bin_.hub_id == self.hub_id
            and (self.bins is None or bin_.pk in self.bins)
            and (self.categories is None or item.category_id in self.categories)
            and (self.items is None or item.pk in self.items)
        )


def scope_of(session: CountSession) -> Scope:
    """The scope of a session, its categories with everything below them."""
    roots = list(session.categories.all())
    return Scope(
        hub_id=session.hub_id,
        bins=_keys(session.bins.values_list("pk", flat=True)),
        categories=below(roots),
        items=_keys(session.items.values_list("pk", flat=True)),
        not_counted_since=session.not_counted_since,
    )


def below(categories: Iterable[Category]) -> frozenset[int] | None:
    """The keys of categories and of everything below them; None for none named."""
    return _keys(key for category in categories for key in with_descendants(category))


def _keys(keys: Iterable[int]) -> frozenset[int] | None:
    return frozenset(keys) or None


def balances_in(scope: Scope, *, limit: int) -> list[tuple[int, int]]:
    """(item, bin) of every balance above zero in scope, by bin and SKU."""

    def listed(keys: frozenset[int] | None) -> list[int] | None:
        return sorted(keys) if keys is not None else None

    rows = _rows(
        IN_SCOPE,
        hub=scope.hub_id,
        bins=listed(scope.bins),
        categories=listed(scope.categories),
        items=listed(scope.items),
        since=scope.not_counted_since,
        limit=limit,
    )
    return [(item, bin_) for item, bin_ in rows]


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One line as its approver sees it: every valid reading beside what was expected."""

    readings: Sequence[Reading]
    tolerance: Tolerance
    id: int
    item_id: int
    bin_id: int
    sku: str
    name: str
    unit: str
    decimals: int
    bin: str
    is_found: bool
    is_left_out: bool
    round: int
    chosen: int | None

    @property
    def settled(self) -> Reading | None:
        """The reading that holds, if there is one."""
        return settled(self.readings, chosen=self.chosen)

    @property
    def is_counted(self) -> bool:
        """Whether anybody counted it in its round."""
        return bool(self.readings)

    @property
    def is_disputed(self) -> bool:
        """Whether people who counted it found different variances, and nobody has chosen yet."""
        return self.is_counted and self.settled is None

    @property
    def is_within(self) -> bool:
        """Whether it is approved by itself."""
        reading = self.settled
        return reading is not None and self.tolerance.covers(reading)

    @property
    def is_short(self) -> bool:
        """Whether approving it now would take more out of the bin than is there."""
        reading = self.settled
        return reading is not None and reading.expected + reading.moved_since + reading.variance < 0

    @property
    def needs_decision(self) -> bool:
        """Whether its approver must say something about it."""
        return self.is_counted and (self.is_disputed or not self.is_within)

    @property
    def variance_value(self) -> Decimal:
        """What the variance is worth, about: at the hub's average when it was counted, to a hundredth."""
        reading = self.settled
        if reading is None:
            return ZERO
        return WIDE.quantize(WIDE.multiply(reading.variance, reading.unit_cost), HUNDREDTH)


def review_of(session: CountSession) -> list[ReviewLine]:
    """Every line with its readings, what was expected at each, and what moved since; by bin and SKU."""
    tolerance = Tolerance(session.tolerance_kind, session.tolerance)
    lines: dict[int, tuple[tuple[Any, ...], list[Reading]]] = {}
    for row in _rows(REVIEW, session=session.pk):
        _facts, readings = lines.setdefault(row[0], (row, []))
        if row[15] is not None:
            readings.append(Reading(*(*row[15:22], _unit_cost(row))))
    return [ReviewLine(readings, tolerance, *row[:12]) for row, readings in lines.values()]


def _unit_cost(row: Sequence[Any]) -> Decimal:
    known, quantity, value = row[12:15]
    return Stock(quantity, value).average_cost if quantity else Decimal(known)


@dataclass(frozen=True, slots=True)
class HubFigures:
    """How accurate the counts of a hub were, and what they took away and added."""

    hub: str
    name: str
    accuracy: Accuracy
    units_up: Decimal
    units_down: Decimal
    value_up: Decimal
    value_down: Decimal
    last_counted: date

    @property
    def net_units(self) -> Decimal:
        """What all counts changed, in units; below zero is shrink."""
        return self.units_up + self.units_down

    @property
    def net_value(self) -> Decimal:
        """What all counts changed, in value; below zero is shrink."""
        return self.value_up + self.value_down


def figures_of(*, hubs: Iterable[int]) -> list[HubFigures]:
    """Accuracy and shrink of all approved counts, per hub. For those who may see stock."""
    return [
        HubFigures(row[0], row[1], Accuracy(*row[2:6]), *row[6:11]) for row in _rows(FIGURES, hubs=list(hubs))
    ]


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
