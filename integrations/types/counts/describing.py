"""Says of an approved count what is sent of it."""

from __future__ import annotations

from decimal import Decimal

from asora.kernel.shapes import Values
from audit.events.models import Event
from integrations.types.counts.event_types import APPROVED
from integrations.types.counts.fields import ApprovedCount, CountedLine
from integrations.types.definition import Described
from integrations.types.figures import quantity
from integrations.types.postings.describing import described
from integrations.types.postings.reading import Read, Row, line_fields

FIGURES = ("exact", "within_tolerance", "accepted", "superseded", "rounds")


def approved(read: Read, event: Event) -> Described:
    """A posting of kind count. The figures of the count are facts of the audit event of its approval."""
    # An event that is older than a figure lacks it.
    figures: Values = {name: int(event.facts.get(name, 0)) for name in FIGURES}
    return described(APPROVED, ApprovedCount(**read.fields(), **figures, lines=tuple(map(_line, read.rows))))


def _line(row: Row) -> CountedLine:
    return CountedLine(
        **line_fields(row),
        counted=quantity(row.counted or Decimal(0), row.decimals),
        expected=quantity(row.expected or Decimal(0), row.decimals),
    )
