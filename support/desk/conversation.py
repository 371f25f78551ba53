"""The thread of a ticket as its page shows it: each message with the name of its author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from asora.accounts.people.queries import names
from asora.kernel import binding
from support.markdown import message_html
from support.replies.models import Footnote
from support.replies.queries import footnotes
from support.tickets.models import Message, Participant, Ticket
from support.tickets.queries import thread


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `who`: its author's name, or the pseudonym where the desk knows no name; `html`: its text."""

    message: Message
    who: str
    html: SafeString
    notes: Sequence[Footnote]


def conversation(ticket: Ticket) -> Sequence[Said]:
    """The messages of a ticket and of those merged into it, oldest first."""
    messages = thread(ticket)
    agents = names() if messages else {}
    writers = [one.author for one in messages if one.author_type == "customer"]
    tickets = {one.ticket_id for one in messages}
    senders = Participant.objects.filter(ticket__in=tickets) if writers else ()
    named = {f"mail:{one.pk}": one.name or one.address for one in senders}
    named |= {one.person: one.name for one in senders if one.person and one.name}
    notes = footnotes([one.pk for one in messages if one.kind == Message.Kind.REPLY])
    return [
        Said(one, _author(one, agents, named), _html(one, notes.get(one.pk, [])), notes.get(one.pk, []))
        for one in messages
    ]


def _html(message: Message, notes: Sequence[Footnote]) -> SafeString:
    """The text of a message; its references lead to the footnotes below it."""
    places = {note.number: f"#note-{message.pk}-{note.number}" for note in notes}
    return message_html(message.text, notes=places)


def _author(message: Message, agents: dict[str, str], senders: dict[str, str]) -> str:
    if message.author_type == "system":
        return _("Asora")
    schema, _colon, pseudonym = message.author.partition(":")
    if schema == binding.PUBLIC:
        return agents.get(pseudonym) or pseudonym
    if known := senders.get(message.author) or senders.get(pseudonym):
        return known
    return pseudonym if schema != "mail" else _("Sender by e-mail")
