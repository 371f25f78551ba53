"""The form for a pack of a ticket: its linked evidence, its story, and the stock that is concerned."""

from __future__ import annotations

from typing import Any

from support.desk.story import story
from support.evidence.packs.forms import StockForm
from support.investigations import queries as investigations
from support.knowledge import queries as knowledge
from support.knowledge.models import Entry
from support.tickets.models import Ticket

#: Kinds of entries of the knowledge room that a reply had to follow.
RULES = (Entry.Kind.PHRASE_RULE, Entry.Kind.POLICY)


class TicketPackForm(StockForm):
    """A pack of one ticket. A pack for somebody outside has no internal notes."""

    def __init__(self, *arguments: Any, ticket: Ticket, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = ticket

    def values(self) -> dict[str, Any]:
        """The arguments of the action."""
        values = super().values()
        ticket: Ticket = self.record
        told = story(ticket, audience="outside" if values.get("recipient") else "inside")
        return {
            **values,
            "tenant": ticket.tenant,
            "purpose": ticket.ref,
            "links": investigations.current(ticket).links,
            "story": told.text,
            "people": told.people,
            "rules_in_force": _rules_in_force(),
            "is_restricted": ticket.is_security,
        }


def _rules_in_force() -> dict[str, int]:
    """The versions of the rules that replies had to follow, by kind and key."""
    rows = knowledge.current().filter(kind__in=RULES)
    return {f"{kind}:{key}": version for kind, key, version in rows.values_list("kind", "key", "version")}
