"""Empties drafts: of an erased agent, and on the tickets of an erased person of a tenant."""

from __future__ import annotations

from django.db.models import F, QuerySet

from asora.kernel import binding
from asora.kernel.erasure import register_eraser
from support.replies.models import Draft
from support.replies.queries import OPEN_STATES
from support.tickets import erasing


def empty_drafts_of_agent(agent: str) -> int:
    """Empty the drafts that an erased agent wrote; returns their number. Agents exist on the public host only."""
    if binding.schema_name() != binding.PUBLIC:
        return 0
    return _empty(Draft.objects.filter(author=agent))


def empty_drafts_about(person: str) -> int:
    """Empty the drafts on the tickets of an erased person, as of `erasing.tickets_of`; returns their number."""
    return _empty(Draft.objects.filter(ticket__in=erasing.tickets_of(person)))


def _empty(rows: QuerySet[Draft]) -> int:
    """An open draft gets another revision, so that no approval counts for what is left of it."""
    full = rows.exclude(text="", overrides={})
    waiting = full.filter(state__in=OPEN_STATES)
    emptied = waiting.update(
        text="", overrides={}, length=0, revision=F("revision") + 1, state=Draft.State.DRAFT
    )
    return emptied + full.exclude(state__in=OPEN_STATES).update(text="", overrides={})


register_eraser("reply_drafts", empty_drafts_of_agent)
erasing.register("drafts", empty_drafts_about)
