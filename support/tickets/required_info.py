"""The information that a ticket's category needs: which is there, from whom, and what is missing.

The functions that write are undecorated, for the bodies of actions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.text import StrOrPromise
from support.tickets import rules
from support.tickets.models import Message, RequiredInfo, Ticket
from support.tickets.required import REQUIRED, Needed, needed

State, Source = RequiredInfo.State, RequiredInfo.Source
MAX_VALUE = 2_000
_LABELS: Mapping[str, StrOrPromise] = {one.key: one.label for needs in REQUIRED.values() for one in needs}


@dataclass(frozen=True, slots=True)
class Information:
    """One piece of information of a ticket: what is needed, and what is known."""

    needed: Needed
    row: RequiredInfo | None

    @property
    def is_given(self) -> bool:
        """Returns True if it is known."""
        return self.row is not None and self.row.state == State.GIVEN

    @property
    def is_missing(self) -> bool:
        """Returns True if it is not known and the investigation needs it."""
        return not self.is_given and not self.needed.is_optional

    @property
    def state(self) -> str:
        """The state of its row; missing without one."""
        return self.row.state if self.row else State.MISSING.value


def label(key: str) -> StrOrPromise:
    """The name of a piece of information; the key itself if no category needs it."""
    return _LABELS.get(key, key)


def of(ticket: Ticket) -> list[Information]:
    """What the category of a ticket needs, each with what is known, in the order of the category."""
    rows = {row.key: row for row in RequiredInfo.objects.filter(ticket=ticket)}
    return [Information(one, rows.get(one.key)) for one in needed(ticket.category)]


def missing(ticket: Ticket) -> list[Needed]:
    """What is not known and has to be asked for or entered, whether it was asked for already or not."""
    return [one.needed for one in of(ticket) if one.is_missing]


def not_requested(ticket: Ticket) -> list[Needed]:
    """What is missing and has not been asked for yet: an investigation waits for it."""
    return [one.needed for one in of(ticket) if one.is_missing and one.state == State.MISSING]


def add_needed(
    act: Act, ticket: Ticket, *, answers: Mapping[str, str], source: str = Source.EVIDENCE
) -> None:
    """Add a row for what the category needs and the ticket does not have yet, and fill in the answers.

    Answers that the category does not need are kept for another classification. What was given before stays as it
    was: an answer never replaces another.
    """
    rows = {row.key: row for row in RequiredInfo.objects.select_for_update().filter(ticket=ticket)}
    wanted = [one.key for one in needed(ticket.category)]
    new = [
        RequiredInfo(ticket=ticket, key=key)
        for key in dict.fromkeys([*wanted, *answers])
        if key not in rows and key in _LABELS
    ]
    RequiredInfo.objects.bulk_create(new)
    rows |= {row.key: row for row in new}
    for key, row in rows.items():
        if row.state != State.GIVEN and answers.get(key):
            _give(act, row, value=answers[key], source=source)
    act.touched(ticket)


def give(act: Act, ticket: Ticket, key: str, *, value: str, source: str, author: str = "") -> RequiredInfo:
    """Enter a piece of information of a locked ticket. Passwords and keys in it are removed.

    `author`: "<schema>:<pseudonym>" of the person whose words it repeats; their erasure empties it.
    """
    row, _is_new = RequiredInfo.objects.select_for_update().get_or_create(ticket=ticket, key=key)
    before = {"state": row.state}
    _give(act, row, value=value, source=source, author=author)
    act.changed(row, before=before, after={"state": row.state, "source": source, "length": len(row.value)})
    return row


def author_of(ticket: Ticket) -> str:
    """Whose words the customer's information repeats: the reporter's, or of who asked without an account."""
    if ticket.reporter and ticket.tenant is not None:
        return f"{ticket.tenant.schema_name}:{ticket.reporter}"
    asked = Message.objects.filter(ticket=ticket, author_type="customer", author__startswith="mail:")
    first = asked.order_by("written_at", "id").first()
    return first.author if first else ""


def mark_requested(act: Act, ticket: Ticket, keys: Collection[str]) -> int:
    """Record that the customer was asked for these pieces of information. Returns how many were missing."""
    rows = RequiredInfo.objects.filter(ticket=ticket, key__in=list(keys), state=State.MISSING)
    act.touched(ticket)
    return rows.update(state=State.REQUESTED, changed_at=timezone.now())


def _give(act: Act, row: RequiredInfo, *, value: str, source: str, author: str = "") -> None:
    row.value = rules.without_secrets(value[:MAX_VALUE])
    row.source, row.author, row.state = source, author, State.GIVEN
    row.changed_at = timezone.now()
    row.save(update_fields=["value", "source", "author", "state", "changed_at"])
    act.touched(row)
