"""Passes a ticket to the people who go on with it: its state, its queue, and the clocks of the queue."""

from __future__ import annotations

from django.utils import timezone

from asora.kernel.act import Act
from support.clocks import recording
from support.tickets import changes
from support.tickets.models import Queue, State, Ticket


def pass_to(act: Act, ticket: Ticket, *, state: State, queue: Queue) -> None:
    """Give a locked ticket a state and a queue. A security ticket stays in its queue.

    Refusals: STATE_CONFLICT TICKET_STATE if the state may not follow the present one.
    """
    moves = not ticket.is_security and ticket.queue != queue
    changes.move(act, ticket, state, **({"queue": queue, "assignee": ""} if moves else {}))
    if moves:
        recording.requeue(act, ticket.pk, queue=queue, at=timezone.now())
