"""What a customer says about a ticket that exists: undecorated, for the bodies of actions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from asora.kernel.act import Act
from support.tickets import rules
from support.tickets.changes import add_message, locked_survivor, move
from support.tickets.models import Message, Ticket

CUSTOMER = "customer"


def customer_said(
    act: Act,
    ticket: Ticket,
    *,
    text: str,
    author: str,
    channel: str = "web",
    origin: UUID | None = None,
    written_at: datetime | None = None,
) -> Message:
    """Add an answer of the customer, and let the desk go on: it no longer waits, and a finished ticket is reopened.

    An answer to a merged ticket is added to the ticket into which it was merged, and does not reopen that one.
    """
    row = locked_survivor(act, ticket)
    message = add_message(
        act,
        row,
        kind=Message.Kind.ANSWER,
        text=text,
        author_type=CUSTOMER,
        author=author,
        channel=channel,
        origin=origin,
        written_at=written_at,
    )
    if row.state == "waiting_customer":
        move(act, row, state_to_work_on(row))
    elif row.state in rules.FINISHED and row.pk == ticket.pk:
        reopen(act, row)
    return message


def reopen(act: Act, ticket: Ticket) -> Ticket:
    """Work again on a locked ticket that is resolved or closed. How it was closed is forgotten, not its history."""
    return move(
        act,
        ticket,
        state_to_work_on(ticket),
        reopened=ticket.reopened + 1,
        is_confirmed=None,
        reminders=0,
        close_reason="",
    )


def state_to_work_on(ticket: Ticket) -> str:
    """The state of a ticket that the desk works on again: investigating if it was investigated before."""
    was_investigated = Ticket.objects.filter(pk=ticket.pk, investigation__isnull=False).exists()
    return "investigating" if was_investigated else "triaged"
