"""Template tags of the audit trail."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.request_ids import SHAPE
from asora.kernel.shapes import Values
from audit.events.models import Event
from audit.events.vocabulary import reason_in_words, sentence

register = template.Library()
MAX_LENGTH = 4_000  # characters
register.filter(reason_in_words)


@register.filter
def in_words(event: Event) -> str:
    """The event as a sentence without its subject; without its record if the reader may not see the details."""
    label = event.resource_label if getattr(event, "is_whole", True) else ""
    return sentence(action=event.action, outcome=event.outcome, label=label)


@register.simple_tag
def time_of_day(event: Any) -> SafeString:
    """The time of an event in the tenant's time zone (its `local`), under the day of that zone; UTC on hover."""
    utc = event.occurred_at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        f"{event.local:%H:%M:%S}",
    )


@register.simple_tag
def posting_of(event: Event, position: Any) -> str:
    """The URL of the posting at a position of an event; empty if the position is not that of a posting."""
    if not event.action.startswith("ledger.") or not str(position).isdecimal():
        return ""
    try:
        return reverse("ledger:posting-detail", args=[int(position)])
    except NoReverseMatch:
        return ""  # no ledger on this host


@register.simple_tag
def ledger_as_of(position: Any) -> str:
    """The URL of the ledger as of a position; empty if this host has no ledger."""
    if not str(position).isdecimal():
        return ""
    try:
        return f"{reverse('ledger:posting-list')}?at={position}"
    except NoReverseMatch:
        return ""  # no ledger on this host


@register.simple_tag(takes_context=True)
def request_address(context: Values, request_id: Any) -> str:
    """The URL of a request's page; empty if the reader may not open it, or if this host has no such page."""
    act = context.get("act")
    if act is None or not request_id or not SHAPE.match(str(request_id)):
        return ""
    if not act.actor.is_authenticated or not act.actor.may(Permission.AUDIT_VIEW):
        return ""
    try:
        return reverse("audit:request-detail", args=[request_id])
    except NoReverseMatch:
        return ""  # the public host


@register.filter
def answers(event: Event) -> list[Values]:
    """The questions that the person confirmed, one by one: {reason, what, position}.

    `position`: the posting that the question was about. For a question about another document with the same
    reference, it is the last entry of each answer; a file can have several answers.
    """
    found = []
    for answer in event.facts.get("confirmed") or ():
        reason, what = answer.get("reason", ""), list(answer.get("what") or ())
        for one in [list(entry) for entry in what if isinstance(entry, list)] or [what]:
            position = one.pop() if reason == Reason.REFERENCE_POSTED and one else None
            found.append({"reason": reason, "what": as_text(one), "position": position})
    return found


@register.simple_tag
def remedies(refusal_details: Any) -> list[str]:
    """The remedies of a refusal: first its own, then those of the reasons of its fields and lines."""
    details = refusal_details or {}
    texts = [details.get("remedy"), *(details.get("remedies") or {}).values()]
    return list(dict.fromkeys(str(text) for text in texts if text))


@register.filter
def word_of(words: dict[str, str], key: str) -> str:
    """A key in words (`audit.explorer.key_words`)."""
    return words.get(key, key)


@register.filter
def is_copy(event: Event) -> bool:
    """Returns True if the event is a copy of a platform event in a tenant's trail: it has the same id as its cause."""
    return event.cause_id == str(event.id)


@register.filter
def as_text(value: object) -> str:
    """A value of a decision or change as readable text: lists with commas, other values as JSON.

    A very long text, such as the codes of a hundred thousand records, is cut. The event itself has all of it.
    """
    text = _whole(value)
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"


def _whole(value: object) -> str:
    match value:
        case None | "":
            return "\N{EN DASH}"
        case str():
            return value
        case list() if all(isinstance(entry, str | int) for entry in value):
            return ", ".join(str(entry) for entry in value)
        case _:
            return json.dumps(value, ensure_ascii=False)
