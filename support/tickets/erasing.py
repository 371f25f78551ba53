"""Empties what an erased person wrote at the desk, and what the desk wrote about their tickets.

Rooms above register what they store about people. An eraser gets "<schema>:<pseudonym>" or "mail:<participant>", works
in public inside the transaction of the erasure, and returns how many rows it emptied.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q, QuerySet

from support.tickets.models import Attachment, Message, Participant, RequiredInfo, Ticket

Eraser = Callable[[str], int]
#: In place of a schema: somebody who wrote by mail, or for whom an agent wrote, and has no account.
BY_MAIL = "mail"
BY_AGENT = "agent"
_erasers: dict[str, Eraser] = {}


def register(name: str, eraser: Eraser) -> None:
    """Register what a room empties; `name` is that of its number in the event."""
    if name in _erasers:
        raise RuntimeError(f"two erasers of the desk are called {name}")
    _erasers[name] = eraser


def erase(schema: str, person: str) -> dict[str, int]:
    """Empty everything of a person. Returns the numbers of rows by name."""
    author = f"{schema}:{person}"
    return {name: eraser(author) for name, eraser in sorted(_erasers.items())}


def remaining(schema: str, people: list[str]) -> set[str]:
    """Those of these people of whom texts or addresses are still stored."""
    authors = {f"{schema}:{person}": person for person in people}
    found = set(Message.objects.filter(author__in=authors).exclude(text="").values_list("author", flat=True))
    found |= set(
        RequiredInfo.objects.filter(author__in=authors).exclude(value="").values_list("author", flat=True)
    )
    theirs = Participant.objects.filter(ticket__tenant__schema_name=schema, person__in=people)
    # Subjects are emptied together with what the desk wrote. What it writes later, for others, is not about them.
    asked = Ticket.objects.filter(tenant__schema_name=schema, reporter__in=people).exclude(subject="")
    return (
        {authors[author] for author in found}
        | set(theirs.exclude(address="", name="").values_list("person", flat=True))
        | set(asked.values_list("reporter", flat=True))
    )


def tickets_of(author: str) -> QuerySet[Ticket]:
    """The tickets that a person reported or takes part in; "mail:<participant>" is somebody without an account."""
    schema, _separator, person = author.partition(":")
    if schema == BY_MAIL:
        return Ticket.objects.filter(pk__in=Participant.objects.filter(pk=person, person="").values("ticket"))
    part = Participant.objects.filter(person=person).values("ticket")
    return Ticket.objects.filter(tenant__schema_name=schema).filter(Q(reporter=person) | Q(pk__in=part))


def _subjects(author: str) -> int:
    """The subject of a ticket is the first line of its question."""
    schema, _separator, person = author.partition(":")
    rows = Ticket.objects.filter(tenant__schema_name=schema, reporter=person)
    return rows.exclude(subject="").update(subject="")


def _attachments(author: str) -> int:
    rows = Attachment.objects.filter(message__author=author)
    return rows.filter(~Q(name="") | Q(content__isnull=False)).update(name="", content=None)


def _messages(author: str) -> int:
    """Their own, and those of the desk in their tickets, also internal notes: an agent may have named them in each."""
    from_desk = Q(ticket__in=tickets_of(author), author_type=BY_AGENT)
    return Message.objects.filter(Q(author=author) | from_desk).exclude(text="").update(text="")


def _information(author: str) -> int:
    """Their words, and what an agent entered in their tickets. Evidence has codes, figures and pseudonyms only."""
    typed = Q(ticket__in=tickets_of(author)) & ~Q(source=RequiredInfo.Source.EVIDENCE)
    return RequiredInfo.objects.filter(Q(author=author) | typed).exclude(value="").update(value="")


def _participants(author: str) -> int:
    """The digest finds a person's mail, so it goes with the address."""
    schema, _separator, person = author.partition(":")
    rows = list(
        Participant.objects.select_for_update()
        .filter(ticket__tenant__schema_name=schema, person=person)
        .exclude(address="", name="")
    )
    for row in rows:
        row.address = row.name = ""
        row.digest = f"erased:{row.pk.hex}"
        row.save(update_fields=["address", "name", "digest"])
    return len(rows)


register("attachments", _attachments)
register("messages", _messages)
register("participants", _participants)
register("required_information", _information)
register("subjects", _subjects)
