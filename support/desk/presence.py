"""Which agents have a ticket open at this moment, and who is writing: shown to others, never a lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from asora.kernel.actors import Actor
from support.tickets.models import Presence, Ticket

#: A page asks every fifteen seconds. Somebody who has not asked three times in a row has left.
FORGOTTEN = timedelta(seconds=50)


def others(actor: Actor, ticket: Ticket) -> Sequence[Presence]:
    """The other agents who have this ticket open now, those who write first."""
    rows = Presence.objects.filter(ticket=ticket, seen_at__gte=timezone.now() - FORGOTTEN)
    return list(rows.exclude(agent=actor.ref).order_by("-is_writing", "agent"))


def note(actor: Actor, ticket: Ticket, *, is_writing: bool) -> None:
    """Note that an agent has a ticket open."""
    Presence.objects.update_or_create(
        ticket=ticket, agent=actor.ref, defaults={"seen_at": timezone.now(), "is_writing": is_writing}
    )
