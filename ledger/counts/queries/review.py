"""What the approver of a count sees: its lines beside the expected quantities. Not for counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from django.db import connection

from ledger.counts.rules import LaterEntry, Reading, Tolerance, settled
from ledger.models import CountLine, CountSession, Kind
from ledger.posting.rules import ZERO, Stock

HUNDREDTH = Decimal("0.01")
LAST_POSITION = 2**63 - 1
WIDE = Context(prec=60)  # the page must open even if somebody typed sixteen digits for an expensive item

# The balance when a line was counted is one look-up: the last entry of (item, bin) at or before that position.
REVIEW = """
SELECT line.id, line.item_id, line.bin_id, item.sku, item.name, item.unit, item.decimals, bin.code,
       line.is_found, line.is_left_out, line.round, line.chosen_id, line.decision, line.decided_upto,
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
# Entries at a line's place after its first reading that may be about the same difference: counts, each with the
# reading that it (or its original) booked; adjustments; and reversals.
LATER = """
SELECT line.id, entry.position, entry.kind, entry.quantity, posting.reverses, undone.position,
       booked.position, booked.counted_at, booked.id
FROM ledger_countline line
JOIN LATERAL (
    SELECT min(reading.position) AS position FROM ledger_countreading reading
    WHERE reading.line_id = line.id AND reading.round = line.round
) first ON true
JOIN ledger_entry entry
    ON entry.item_id = line.item_id AND entry.bin_id = line.bin_id
   AND entry.position > first.position AND entry.position <= %(upto)s
JOIN ledger_posting posting ON posting.position = entry.position
LEFT JOIN ledger_posting undone ON undone.reverses = entry.position AND undone.position <= %(upto)s
LEFT JOIN LATERAL (
    SELECT reading.position, reading.counted_at, reading.id
    FROM ledger_countsession other
    JOIN ledger_countline counted
        ON counted.session_id = other.id AND counted.bin_id = line.bin_id AND counted.item_id = line.item_id
    JOIN ledger_countreading reading ON reading.line_id = counted.id AND reading.round = counted.round
    WHERE other.posting_id = coalesce(posting.reverses, posting.position)
    ORDER BY (reading.id = counted.chosen_id) DESC NULLS LAST, reading.position DESC, reading.counted_at DESC,
             reading.id DESC
    LIMIT 1
) booked ON entry.kind = 'count'
WHERE line.session_id = %(session)s AND (entry.kind IN ('count', 'adjustment') OR entry.is_reversal)
ORDER BY entry.position, entry.line
"""
ELSEWHERE = """
SELECT EXISTS (
    SELECT FROM ledger_countline line
    JOIN ledger_entry entry ON entry.item_id = line.item_id AND entry.bin_id = line.bin_id
    WHERE line.session_id = %(session)s AND entry.kind = 'count' AND entry.position > %(after)s)
"""
UPTO = """
SELECT coalesce(max(position), 0) FROM ledger_posting WHERE recorded_at <= %(moment)s
"""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One line as its approver sees it: every valid reading beside its expected quantity."""

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
    decision: str
    decided_upto: int | None

    @property
    def valid_reading(self) -> Reading | None:
        """The reading that is used, without the decision about corrections, if there is one."""
        return settled(self.readings, chosen=self.chosen)

    @property
    def settled(self) -> Reading | None:
        """The reading that is used, with the decision about corrections, if there is one."""
        reading = self.valid_reading
        if reading is not None and self._is_decided(reading) and self.decision == CountLine.Decision.SAME:
            return reading.with_corrections_expected()
        return reading

    def _is_decided(self, reading: Reading) -> bool:
        return self.decided_upto is not None and reading.corrected_upto <= self.decided_upto

    @property
    def is_counted(self) -> bool:
        """Whether anybody counted the line in its round."""
        return bool(self.readings)

    @property
    def superseded_by(self) -> int | None:
        """The posting that booked a later reading than all of these, so that this line is left out."""
        found = [reading.superseded_by for reading in self.readings]
        later = [position for position in found if position is not None]
        return max(later) if later and len(later) == len(found) else None

    @property
    def is_disputed(self) -> bool:
        """Whether people who counted it found different variances, and nobody has chosen yet."""
        return self.is_counted and self.superseded_by is None and self.valid_reading is None

    @property
    def is_ambiguous(self) -> bool:
        """Whether the line was corrected after it was counted, and nobody has decided yet what that was about."""
        reading = self.valid_reading
        return reading is not None and reading.is_ambiguous and not self._is_decided(reading)

    @property
    def corrections(self) -> list[int]:
        """The postings that corrected the line after it was counted."""
        reading = self.valid_reading
        return sorted({entry.position for entry in reading.corrections}) if reading else []

    @property
    def left_if_same(self) -> Decimal | None:
        """The stock in the bin after approval if the corrections are about the difference that was found."""
        reading = self.valid_reading
        return None if reading is None else reading.quantity + reading.moved_since - reading.corrected

    @property
    def left_if_another(self) -> Decimal | None:
        """The stock in the bin after approval if the corrections are about another difference."""
        reading = self.valid_reading
        return None if reading is None else reading.quantity + reading.moved_since

    @property
    def is_within(self) -> bool:
        """Whether the line is approved automatically. A line that needs a person's decision never is."""
        reading = self.settled
        return reading is not None and not self.is_ambiguous and self.tolerance.covers(reading)

    @property
    def is_short(self) -> bool:
        """Whether approving the line now would take more out of the bin than there is."""
        reading = self.settled
        return reading is not None and not self.is_ambiguous and reading.quantity + reading.moved_since < 0

    @property
    def needs_decision(self) -> bool:
        """Whether the approver must decide about the line."""
        return self.is_counted and self.superseded_by is None and not self.is_within

    @property
    def can_be_accepted(self) -> bool:
        """Whether accepting the variance is the only decision needed."""
        return self.needs_decision and not self.is_disputed and not self.is_ambiguous

    @property
    def variance_value(self) -> Decimal:
        """The approximate value of the variance: at the hub's average cost when it was counted, to a hundredth."""
        reading = self.settled
        if reading is None:
            return ZERO
        return WIDE.quantize(WIDE.multiply(reading.variance, reading.unit_cost), HUNDREDTH)


def review_of(session: CountSession) -> list[ReviewLine]:
    """Every line with its readings, their expected quantities, and later movements; by bin and SKU.

    For a closed count, as it was when it was closed.
    """
    tolerance = Tolerance(session.tolerance_kind, session.tolerance)
    later = _later_entries(session)
    lines: dict[int, tuple[tuple[Any, ...], list[Reading]]] = {}
    for row in _rows(REVIEW, session=session.pk):
        _facts, readings = lines.setdefault(row[0], (row, []))
        if row[17] is not None:
            reading = Reading(*(*row[17:24], _unit_cost(row)))
            readings.append(reading.weighed(later.get(row[0], ())))
    return [ReviewLine(readings, tolerance, *row[:14]) for row, readings in lines.values()]


def counted_elsewhere(session: CountSession, *, after: int) -> bool:
    """Whether another count was posted or reversed at a place of this one after a position."""
    ((is_counted,),) = _rows(ELSEWHERE, session=session.pk, after=after)
    return bool(is_counted)


def _later_entries(session: CountSession) -> dict[int, list[LaterEntry]]:
    """The entries at the place of each line after its first reading, until the session was closed."""
    found: dict[int, list[LaterEntry]] = {}
    for line, position, kind, quantity, reverses, reversed_by, *moment in _rows(
        LATER, session=session.pk, upto=_upto(session)
    ):
        booked = None
        if kind == Kind.COUNT:
            # Without a session, it is only known that somebody counted before the posting.
            booked = (moment[0], moment[1], moment[2]) if moment[0] is not None else (0, session.opened_at, 0)
        entry = LaterEntry(position, kind, quantity, reverses, reversed_by, booked)
        found.setdefault(line, []).append(entry)
    return found


def _upto(session: CountSession) -> int:
    """The last position that matters to a session."""
    if session.posting_id is not None:
        return session.posting_id - 1
    if session.closed_at is None:
        return LAST_POSITION
    ((position,),) = _rows(UPTO, moment=session.closed_at)
    return int(position)


def _unit_cost(row: Sequence[Any]) -> Decimal:
    known, quantity, value = row[14:17]
    return Stock(quantity, value).average_cost if quantity else Decimal(known)


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
