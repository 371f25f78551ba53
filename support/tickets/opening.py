"""Opens tickets with their first message, required information and clocks: undecorated, for the bodies of actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from asora.kernel.act import Act
from plans.models import Tenant
from support.clocks import recording
from support.tickets import required_info
from support.tickets.changes import AGENT, add_message, open_ticket
from support.tickets.models import Message, RequiredInfo, Ticket
from support.tickets.receiving import CUSTOMER

SYSTEM = "system"


def open_with_message(
    act: Act,
    *,
    tenant: Tenant | None,
    source: str,
    subject: str,
    text: str,
    author: str = "",
    author_type: str = CUSTOMER,
    channel: str = "web",
    origin: UUID | None = None,
    answers: Mapping[str, str] | None = None,
    **fields: Any,
) -> Ticket:
    """A new ticket with its first message. Its clocks start now.

    `origin`: the id of the row in the tenant, or of the mail; a tenant's row makes one ticket (a constraint).
    `answers`: what evidence says about the required information, by key. `fields`: other values of the ticket.
    """
    ticket = open_ticket(act, source=source, subject=subject, tenant=tenant, origin=origin, **fields)
    kinds = {CUSTOMER: Message.Kind.QUESTION, AGENT: Message.Kind.NOTE, SYSTEM: Message.Kind.SYSTEM}
    add_message(
        act,
        ticket,
        kind=kinds[author_type],
        text=text,
        is_internal=author_type != CUSTOMER,
        author_type=author_type,
        author=author,
        channel=channel,
        origin=origin,
    )
    required_info.add_needed(act, ticket, answers=answers or {})
    if ticket.about:  # a request that the customer named is not asked for, also if its event was not found
        named = {"request": ticket.about}
        required_info.add_needed(act, ticket, answers=named, source=RequiredInfo.Source.CUSTOMER)
    recording.start(
        act,
        ticket.pk,
        severity=ticket.severity,
        category=ticket.category,
        queue=ticket.queue,
        at=timezone.now(),
    )
    return ticket
