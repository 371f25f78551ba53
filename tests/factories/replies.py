"""Replies of the desk, written row by row without an action."""

from __future__ import annotations

from support.evidence.models import EvidenceLink
from support.replies.models import Footnote
from support.tickets.models import Message, Ticket
from tests.factories.investigated import AGENT, event_link, investigated


def replied(ticket: Ticket) -> Message:
    """A reply to a new ticket about a plan limit, after its investigation; it cites one event, which is made up."""
    assert ticket.tenant
    link: EvidenceLink = event_link(ticket.tenant)
    rows = Ticket.objects.filter(pk=ticket.pk)
    rows.update(state="triaged", category="C", severity=4)
    rows.update(state="investigating")
    investigated(ticket, links=[link], determined="plan", limit=3, usage=3)
    text = f"This is about {ticket.ref}. The limit of your plan was reached [^1].\n\n**Next step.** Compare the plans."
    message = Message(
        ticket=ticket,
        kind=Message.Kind.REPLY,
        author_type="agent",
        author=f"public:{AGENT}",
        text=text,
        length=len(text),
        is_internal=False,
        revision=ticket.revision,
        request_id="tests-1",
    )
    message.save(force_insert=True)
    Footnote(message=message, number=1, link=link).save()
    return message
