"""Finding a position: the present one, a typed one, or the last one of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.db import connection
from django.utils.translation import gettext as _

from asora.kernel import days, positions
from asora.kernel.act import Act
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
    """A position that a page shows: `head` is the last position, `recorded_at` when the shown one was recorded."""

    position: int
    head: int
    recorded_at: datetime | None

    @property
    def is_past(self) -> bool:
        """Whether something was recorded after it."""
        return self.position < self.head


def as_of(act: Act, text: str = "") -> AsOf:
    """The position that `text` names: empty is now, digits are a position, an ISO date is the end of that day.

    A day is one of the tenant's time zone.

    Refusals: VALIDATION_FAILED at `at`: POSITION_UNKNOWN (later than the last one), DATE_IN_FUTURE, INVALID_INPUT.
    """
    head = positions.current()
    wanted = text.strip().replace(",", "").removeprefix("#")
    if not wanted:
        position = head
    elif wanted.isascii() and wanted.isdigit():
        position = _known(wanted, head=head)
    else:
        position = last_before(days.end_of(_day(wanted, today=act.today), act.zone))
    return AsOf(position=position, head=head, recorded_at=recorded_at(position))


def recorded_on(*, since: date | None, until: date | None, zone: tzinfo, at: int) -> tuple[int, int]:
    """The positions recorded from one day to another, both included, none later than `at`: `(after, last)`.

    Days are those of `zone`. These positions never change, so an export stores them (`Scope`).
    """
    last = at if until is None else min(at, last_before(days.end_of(until, zone)))
    after = 0 if since is None else min(last, last_before(days.start_of(since, zone)))
    return after, last


def last_before(moment: datetime) -> int:
    """The last position recorded before a moment; 0 if there was none yet."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_BEFORE, {"moment": moment})
        (position,) = cursor.fetchone()
    return int(position or 0)


def recorded_at(position: int) -> datetime | None:
    """When a position was recorded; None if it does not exist."""
    with connection.cursor() as cursor:
        cursor.execute(RECORDED_AT, {"position": position})
        row = cursor.fetchone()
    return row[0] if row else None


def _known(digits: str, *, head: int) -> int:
    # The length first: Python refuses to read thousands of digits, and no position is that long.
    position = int(digits) if len(digits) < 19 else head + 1
    if position > head:
        raise ValidationFailed.at_field(
            "at",
            _("The last position of the ledger is %(head)s. Enter that or an earlier one.")
            % {"head": f"{head:,}"},
            reason=Reason.POSITION_UNKNOWN,
        )
    return position


def _day(text: str, *, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValidationFailed.at_field(
            "at", _("Enter a position, or a date like 2026-01-31."), reason=Reason.INVALID_INPUT
        ) from error
    if day > today:
        raise ValidationFailed.at_field(
            "at",
            _("This date is in the future. Enter today or an earlier date."),
            reason=Reason.DATE_IN_FUTURE,
        )
    return day
