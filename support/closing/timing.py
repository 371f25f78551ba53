"""Business days of the desk's calendar, and what is due for a resolved ticket."""

from __future__ import annotations

from datetime import UTC, datetime

from support.clocks import queries as clocks
from support.clocks.shipped import BUSINESS
from support.closing import rules
from support.closing.rules import Schedule
from support.tickets.models import Message, Ticket


def later(moment: datetime, days: int) -> datetime:
    """The moment that many business days after another, in the newest version of the business calendar."""
    [calendar] = [row for row in clocks.newest_calendars() if row.key == BUSINESS]
    hours = clocks.hours_of(calendar)
    position = hours.days_later(int(moment.timestamp()), days)
    return datetime.fromtimestamp(hours.moment(position), UTC)


def schedule_of(ticket: Ticket) -> Schedule | None:
    """What comes next for a ticket; None unless it is resolved."""
    if ticket.state != "resolved" or ticket.resolved_at is None:
        return None
    reminders = Message.objects.filter(
        ticket=ticket, kind=Message.Kind.REMINDER, written_at__gte=ticket.resolved_at
    )
    latest = reminders.order_by("-written_at").first()
    return rules.schedule(
        resolved_at=ticket.resolved_at,
        reminders=ticket.reminders,
        reminded_at=latest.written_at if latest else None,
        later=later,
    )
