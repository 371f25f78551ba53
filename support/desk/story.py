"""A ticket as the text of an evidence pack: what was asked, found and answered, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import translation

from support.evidence.facts import written
from support.investigations import queries as investigations
from support.investigations.rules import StepNumber
from support.investigations.words import STEP_TITLES
from support.tickets.models import Message, Ticket
from support.tickets.queries import thread
from support.tickets.rules import without_secrets

WHO = {"customer": "Customer", "agent": "Support", "system": "Asora"}


@dataclass(frozen=True, slots=True)
class Story:
    """The text, and whose words are in it, as "<schema>:<pseudonym>"."""

    text: str
    people: tuple[str, ...]


def story(ticket: Ticket, *, audience: str) -> Story:
    """The story of a ticket and of those merged into it. `audience`: "inside", or "outside" without internal notes."""
    messages = [one for one in thread(ticket) if audience == "inside" or not one.is_internal]
    people = {one.author for one in messages if one.text and one.author}
    with translation.override("en"):
        lines = [*_head(ticket), *_investigation(ticket), "## Thread", ""]
    for one in messages:
        lines += _message(one)
    text = without_secrets("\n".join(lines))
    return Story(text.rstrip() + "\n", tuple(sorted(people)))


def _head(ticket: Ticket) -> Iterator[str]:
    yield f"# {ticket.ref}: {ticket.subject or '(subject erased)'}"
    yield ""
    yield f"- tenant: {ticket.tenant.slug if ticket.tenant else 'none'}"
    yield f"- opened: {written(ticket.opened_at)}"
    yield f"- state: {ticket.state}"
    if ticket.category:
        yield f"- category: {ticket.category}"
    if ticket.severity:
        yield f"- severity: {ticket.severity}"
    yield ""


def _investigation(ticket: Ticket) -> Iterator[str]:
    progress = investigations.current(ticket)
    if not progress.step:
        return
    yield "## Investigation"
    yield ""
    for step in progress.steps:
        yield f"{step.number}. {STEP_TITLES[StepNumber(step.number)]}: {written(step.done_at)}"
    if progress.determined:
        yield ""
        yield f"Determination: {progress.determined}"
    yield ""


def _message(message: Message) -> Iterator[str]:
    note = " (internal)" if message.is_internal else ""
    who = WHO.get(message.author_type, message.author_type)
    yield f"### {who}, {message.kind}{note}, {written(message.written_at)}"
    yield ""
    yield message.text or "(text erased)"
    yield ""
