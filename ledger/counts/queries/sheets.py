"""What counters may see of a count: its progress and their own figures, never the expected quantities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from ledger.models import CountLine, CountReading, CountSession

PROGRESS = """
SELECT line.session_id, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM ledger_countreading reading WHERE reading.line_id = line.id AND reading.round = line.round))
FROM ledger_countline line WHERE line.session_id = ANY(%(sessions)s) GROUP BY 1
"""
BIN_PROGRESS = """
SELECT bin.code, bin.name, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM ledger_countreading reading
    WHERE reading.line_id = line.id AND reading.round = line.round AND reading.counted_by = %(person)s))
FROM ledger_countline line
JOIN inventory_bin bin ON bin.id = line.bin_id
JOIN ledger_countsession session ON session.id = line.session_id
WHERE line.session_id = %(session)s AND (session.state <> 'recount' OR line.round = session.round)
GROUP BY bin.code, bin.name ORDER BY bin.code COLLATE "C"
"""
SHEET = """
SELECT line.id, item.sku, item.name, item.unit, item.decimals, bin.code, line.is_found, own.quantity,
       own.counted_at, EXISTS (
           SELECT FROM ledger_countreading other
           WHERE other.line_id = line.id AND other.round = line.round AND other.counted_by <> %(person)s)
FROM ledger_countline line
JOIN inventory_item item ON item.id = line.item_id
JOIN inventory_bin bin ON bin.id = line.bin_id
JOIN ledger_countsession session ON session.id = line.session_id
LEFT JOIN ledger_countreading own
    ON own.line_id = line.id AND own.round = line.round AND own.counted_by = %(person)s
WHERE line.session_id = %(session)s AND bin.code = %(bin)s
  AND (session.state <> 'recount' OR line.round = session.round)
ORDER BY item.sku COLLATE "C"
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a session, in lines, without any quantities."""

    session: int
    lines: int
    counted: int

    @property
    def left(self) -> int:
        """Lines that nobody has counted yet in their round."""
        return self.lines - self.counted


@dataclass(frozen=True, slots=True)
class BinProgress:
    """The progress of one bin."""

    code: str
    name: str
    lines: int
    counted: int

    @property
    def is_done(self) -> bool:
        """Whether all its lines are counted."""
        return self.counted == self.lines


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line as a counter sees it: their own figure, never other people's figures or the expected quantity."""

    id: int
    sku: str
    name: str
    unit: str
    decimals: int
    bin: str
    is_found: bool
    quantity: Decimal | None
    counted_at: datetime | None
    is_counted_by_others: bool

    @property
    def typed(self) -> str:
        """The figure as a person would type it."""
        return "" if self.quantity is None else f"{self.quantity.normalize():f}"


def progress_of(sessions: Iterable[int]) -> dict[int, Progress]:
    """Session to its progress; a session without lines has none."""
    return {row[0]: Progress(*row) for row in _rows(PROGRESS, sessions=list(sessions))}


def bins_of(session: CountSession, *, person: str) -> list[BinProgress]:
    """The bins to count now, with this person's progress in each."""
    return [BinProgress(*row) for row in _rows(BIN_PROGRESS, session=session.pk, person=person)]


def sheet_of(session: CountSession, *, bin_code: str, person: str) -> list[SheetLine]:
    """The lines of one bin to count now, for one person."""
    return [SheetLine(*row) for row in _rows(SHEET, session=session.pk, person=person, bin=bin_code)]


def uncounted_lines(session: CountSession) -> list[CountLine]:
    """The lines that nobody counted in their round, by bin and SKU."""
    counted = CountReading.objects.filter(line__session=session).values_list("line_id", "round")
    done = set(counted)
    lines = session.lines.select_related("item", "bin__hub").order_by("bin__code", "item__sku")
    return [line for line in lines if (line.pk, line.round) not in done]


def has_counted(session: CountSession, *, person: str) -> bool:
    """Whether a person counted anything in this session, in any round."""
    return CountReading.objects.filter(line__session=session, counted_by=person).exists()


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
