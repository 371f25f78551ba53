"""Reminds customers, and closes what nobody confirmed, when it is due. The worker calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django_tenants.utils import schema_context

from asora.kernel import binding
from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.database_errors import Unavailable
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from plans.models import Tenant
from support.closing import queries, timing
from support.closing.actions import close, remind
from support.tickets.models import Ticket

log = structlog.get_logger(__name__)
#: Tickets that are read at once. All that wait are looked at, so that none is left out behind those that stay.
BATCH = 500
#: No reminder is due earlier: two business days after the resolution are more than one day.
EARLIEST = timedelta(days=1)


def sweep() -> None:
    """Send the reminders that are due, and close tickets without a confirmation. One transaction for each ticket."""
    with schema_context(binding.PUBLIC):
        for ticket in _waiting():
            try:
                _go_on(ticket)
            except Refusal as refusal:  # its event says why
                log.warning("a resolved ticket stays as it is", ticket=ticket.ref, reason=str(refusal.reason))
            except (DatabaseError, Unavailable):
                log.exception("a resolved ticket is tried again with the next sweep", ticket=ticket.ref)


def _waiting() -> Iterator[Ticket]:
    """Every ticket that has waited long enough for a first reminder, those first that have waited longest."""
    rows = queries.resolved().filter(resolved_at__lte=timezone.now() - EARLIEST)
    after: Ticket | None = None
    while True:
        later = rows if after is None else rows.filter(queries.behind(after))
        batch = list(later[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1]


def _go_on(ticket: Ticket) -> None:
    found, now = timing.schedule_of(ticket), timezone.now()
    if found is None:
        return
    if found.reminder_at is not None:
        if now >= found.reminder_at:
            remind(_act(), ticket=ticket, revision=ticket.revision)
    elif now >= found.closes_at:
        close(_act(), ticket=ticket, revision=ticket.revision)


def _act() -> Act:
    """An act of Asora itself: it sees all tickets, and works on those that nobody answers."""
    public = Tenant.objects.get(schema_name=binding.PUBLIC)
    actor = system(binding.PUBLIC, "closing", Permission.SUPPORT_RECEIVE, Permission.SUPPORT_WORK_DESK)
    return new_act(public, actor, route="closing")
