"""The imports so far: each batch by its first posting, found without reading the other postings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from asora.kernel.act import Act
from asora.kernel.reach import works_everywhere
from asora.kernel.shapes import ReadOnlyValues
from inventory.queries import permitted_hubs
from ledger.models import Entry, Kind, Posting

# Goes from batch to batch along the index, with one look-up each, however many postings a batch has.
FIRST_OF_EACH = """
WITH RECURSIVE first AS (
    (SELECT batch, position FROM ledger_posting WHERE batch IS NOT NULL ORDER BY batch, position LIMIT 1)
    UNION ALL
    SELECT next.batch, next.position FROM first CROSS JOIN LATERAL (
        SELECT batch, position FROM ledger_posting WHERE batch > first.batch ORDER BY batch, position LIMIT 1
    ) next
)
SELECT position FROM first
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many postings a batch has, and how many of them are reversed."""

    total: int
    reversed: int

    @property
    def left(self) -> int:
        """How many are not reversed."""
        return self.total - self.reversed


def firsts(act: Act, _filters: ReadOnlyValues) -> QuerySet[Posting]:
    """The first posting of each import that has a line where the actor works."""
    rows = Posting.objects.filter(position__in=RawSQL(FIRST_OF_EACH, []))  # noqa: S611 - no value in it
    rows = rows.exclude(kind=Kind.REVERSAL)
    if works_everywhere(act.actor):
        return rows
    lines = Entry.objects.filter(posting__batch=OuterRef("batch"), hub__in=permitted_hubs(act.actor))
    return rows.filter(Exists(lines))


def extents(batches: Iterable[UUID | None]) -> dict[UUID, Extent]:
    """The number of postings and reversals of each of these imports."""
    is_reversal = Q(kind=Kind.REVERSAL)
    rows = Posting.objects.filter(batch__in=[batch for batch in batches if batch]).values("batch")
    counted = rows.annotate(total=Count("pk", filter=~is_reversal), taken=Count("pk", filter=is_reversal))
    return {row["batch"]: Extent(row["total"], row["taken"]) for row in counted.order_by()}
