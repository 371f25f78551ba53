"""Template tags of the trail."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from asora.kernel.refusals import Reason
from audit.models import Event
from audit.vocabulary import sentence

register = template.Library()
MAX_LENGTH = 4_000  # characters


@register.filter
def told(event: Event) -> str:
    """The event as a sentence without its subject; without its record for who lacks one of its hubs."""
    label = event.resource_label if getattr(event, "is_whole", True) else ""
    return sentence(action=event.action, outcome=event.outcome, label=label)


@register.simple_tag
def posting_of(event: Event, position: Any) -> str:
    """The address of the posting at a position that an event names; empty where it is a revision's."""
    if not event.action.startswith("ledger.") or not str(position).isdecimal():
        return ""
    try:
        return reverse("ledger:posting-detail", args=[int(position)])
    except NoReverseMatch:
        return ""  # no ledger on this host


@register.simple_tag
def ledger_as_of(position: Any) -> str:
    """The address of the ledger as it stood at a position, which may be a revision's; empty where there is none."""
    if not str(position).isdecimal():
        return ""
    try:
        return f"{reverse('ledger:posting-list')}?at={position}"
    except NoReverseMatch:
        return ""  # no ledger on this host


@register.filter
def answers(event: Event) -> list[dict[str, Any]]:
    """What was asked and confirmed, one by one: {reason, what, position}; `position` of the document it was about.

    A question about another document of the same reference names that one's position last; a file names several.
    """
    found = []
    for answer in event.facts.get("confirmed") or ():
        reason, what = answer.get("reason", ""), list(answer.get("what") or ())
        for one in [list(entry) for entry in what if isinstance(entry, list)] or [what]:
            position = one.pop() if reason == Reason.REFERENCE_POSTED and one else None
            found.append({"reason": reason, "what": as_text(one), "position": position})
    return found


@register.simple_tag
def remedies(said: Any) -> list[str]:
    """What would change a refusal: of the whole first, then of each reason that a field or line was refused for."""
    details = said or {}
    texts = [details.get("remedy"), *(details.get("remedies") or {}).values()]
    return list(dict.fromkeys(str(text) for text in texts if text))


@register.filter
def is_copy(event: Event) -> bool:
    """Whether it tells in a tenant's trail what stands in the platform's: it has the id of what it tells."""
    return event.cause_id == str(event.id)


@register.filter
def as_text(value: Any) -> str:
    """A value of a decision or change as a person reads it: lists with commas, everything else as JSON would.

    Of a very long one, such as the codes of a hundred thousand records, the beginning: the event has it whole.
    """
    text = _whole(value)
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"


def _whole(value: Any) -> str:
    match value:
        case None | "":
            return "\N{EN DASH}"
        case str():
            return value
        case list() if all(isinstance(entry, str | int) for entry in value):
            return ", ".join(str(entry) for entry in value)
        case _:
            return json.dumps(value, ensure_ascii=False)
