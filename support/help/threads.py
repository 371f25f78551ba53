"""The thread of a ticket as the people of the tenant read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from asora.kernel.act import Act
from support.help import queries
from support.markdown import message_html
from support.tickets.models import Message, Satisfaction, Ticket


@dataclass(frozen=True, slots=True)
class Entry:
    """One message. `person`: the pseudonym of its author, if it is one of the tenant's people."""

    id: str
    is_ours: bool
    is_system: bool
    person: str
    name: str
    written_at: datetime
    by_mail: bool
    is_erased: bool
    html: SafeString
    attachments: tuple[Any, ...]
    footnotes: tuple[Any, ...]


def entries(act: Act, ticket: Ticket) -> list[Entry]:
    """The messages of a ticket that the actor may see, oldest first."""
    messages = queries.thread(act, ticket)
    names = queries.names_of(messages)
    return [_entry(act, message, names) for message in messages]


def html(text: str) -> SafeString:
    """A text of the desk as HTML that is safe to show."""
    return message_html(text)


def rating_of(ticket: Ticket) -> Satisfaction | None:
    """The latest rating of a ticket; None if nobody has rated it."""
    return Satisfaction.objects.filter(ticket=ticket).first()


def _entry(act: Act, message: Message, names: Mapping[str, str]) -> Entry:
    schema, _colon, ref = message.author.partition(":")
    is_person = message.author_type == "customer" and schema == act.tenant.schema_name
    footnotes = tuple(sorted(message.footnotes.all(), key=lambda note: note.number))
    notes = {note.number: f"#note-{message.pk}-{note.number}" for note in footnotes}
    return Entry(
        id=str(message.pk),
        is_ours=message.author_type == "agent",
        is_system=message.author_type == "system",
        person=ref if is_person else "",
        name=names.get(message.author, ""),
        written_at=message.written_at,
        by_mail=message.channel == "mail",
        is_erased=not message.text and message.length > 0,
        html=message_html(message.text, notes=notes),
        attachments=tuple(message.attachments.all()),
        footnotes=footnotes,
    )
