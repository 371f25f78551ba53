"""Queues a message of the desk for everybody who takes part in its ticket. Undecorated, for the bodies of actions."""

from __future__ import annotations

from asora.kernel.act import Act
from asora.kernel.request_ids import uuid7
from support.mail import addresses
from support.mail.models import OutboundMail
from support.tickets.models import Message, Participant
from support.tickets.queries import merged_family


def queue(act: Act, message: Message) -> int:
    """Queue a message for everybody in its ticket, and in those merged into it; returns the number of mails.

    Nothing is queued while mail is off, and for internal messages. The worker sends the mails after the commit.
    """
    if message.is_internal or not addresses.is_on():
        return 0
    rows = Participant.objects.filter(ticket__in=merged_family(message.ticket)).select_related("ticket")
    rows = rows.order_by("added_at", "id")
    people = {row.person or row.digest: row for row in reversed(rows)}.values()  # once for each person
    mails = [
        OutboundMail(
            message=message,
            participant=row,
            header_id=_header_id(),
            is_private=message.ticket.is_security or row.ticket.is_security,
        )
        for row in people
    ]
    for mail in mails:
        mail.save(force_insert=True)
    act.found(mails=len(mails))
    return len(mails)


def _header_id() -> str:
    return f"<{uuid7()}@{addresses.domain()}>"
