"""Which position is meant: now, one that is named, or the last one of a day (ledger.md, "One clock: position")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import positions
from asora.kernel.refusals import Reason, ValidationFailed

# Postings and revisions share the positions; the last row below a moment is the last position recorded before it.
LAST_BEFORE = """
SELECT greatest(
    (SELECT position FROM ledger_posting WHERE recorded_at < %(moment)s
     ORDER BY recorded_at DESC, position DESC LIMIT 1),
    (SELECT position FROM inventory_itemrevision WHERE recorded_at < %(moment)s ORDER BY position DESC LIMIT 1))
"""
RECORDED_AT = """
SELECT recorded_at FROM ledger_posting WHERE position = %(position)s
UNION ALL
SELECT recorded_at FROM inventory_itemrevision WHERE position = %(position)s
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class AsOf:
    """A position that a page shows: `head` is the last one there is, `recorded_at` when the shown one was known."""

    position: int
    head: int
    recorded_at: datetime | None

    @property
    def is_past(self) -> bool:
        """Whether something was recorded since."""
        return self.position < self.head


def as_of(text: str = "") -> AsOf:
    """The position that `text` names: empty is now, digits are a position, an ISO date is the end of that day (UTC).

    Refusals: VALIDATION_FAILED at `at`: POSITION_UNKNOWN (later than the last one), DATE_IN_FUTURE, INVALID_INPUT.
    """
    head = positions.current()
    wanted = text.strip().replace(",", "").removeprefix("#")
    if not wanted:
        position = head
    elif wanted.isascii() and wanted.isdigit():
        position = _known(wanted, head=head)
    else:
        position = end_of(_day(wanted))
    return AsOf(position=position, head=head, recorded_at=recorded_at(position))


def end_of(day: date) -> int:
    """The last position recorded before the end of `day` in UTC; 0 where there was none yet."""
    moment = datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute(LAST_BEFORE, {"moment": moment})
        (position,) = cursor.fetchone()
    return int(position or 0)


def recorded_at(position: int) -> datetime | None:
    """When a position was taken; None where it never was."""
    with connection.cursor() as cursor:
        cursor.execute(RECORDED_AT, {"position": position})
        row = cursor.fetchone()
    return row[0] if row else None


def _known(digits: str, *, head: int) -> int:
    # By length first: Python refuses to read thousands of digits, and no position is that far.
    position = int(digits) if len(digits) < 19 else head + 1
    if position > head:
        raise ValidationFailed.at_field(
            "at",
            _("The ledger ends at position %(head)s.") % {"head": f"{head:,}"},
            reason=Reason.POSITION_UNKNOWN,
        )
    return position


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValidationFailed.at_field(
            "at", _("Write a position, or a day as 2026-01-31."), reason=Reason.INVALID_INPUT
        ) from error
    if day > timezone.now().astimezone(UTC).date():
        raise ValidationFailed.at_field("at", _("That day has not come yet."), reason=Reason.DATE_IN_FUTURE)
    return day
