"""What the event of a request says, as far as the person who asks about it may see it.

These facts are stored with a question, which cannot be changed or erased, so they contain codes, figures and keys of
records only: no name, no address and no free text.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values
from audit.events import readers
from audit.events.models import Event
from audit.events.vocabulary import sentence

MAX_EVENTS = 50
MAX_KEYS = 20
STOPPED = frozenset({Event.Outcome.REFUSED.value, Event.Outcome.FAILED.value})
#: Events that say that somebody looked or asked: never what a question is about.
LOOKS = ("audit.", "page.", "list.", "support.")
#: What is taken from the gate that refused.
_OF_THE_GATE = ("gate", "rule", "reason", "permission", "limit", "usage", "plan", "resource", "count")
_KINDS_WITH_CODES = frozenset(
    {"inventory.item", "inventory.hub", "inventory.bin", "inventory.vendor", "inventory.category"}
)


def facts_about(act: Act, request_id: str) -> Values:
    """The facts of the event that decided a request; empty if this person may see none of it.

    Somebody who may read the trail sees what the trail shows them; everybody else only their own events.
    """
    rows = readers.readable(act.actor)
    if not act.actor.may(Permission.AUDIT_VIEW):
        rows = Event.objects.filter(actor_ref=act.actor.ref)
    found = list(rows.filter(request_id=request_id).order_by("occurred_at", "id")[:MAX_EVENTS])
    found = [event for event in found if getattr(event, "is_whole", True)]
    event = _deciding(found)
    return {} if event is None else _facts_of(event)


def suggest_topic_with(suggest: Callable[[ReadOnlyValues], str]) -> None:
    """Register the function that reads from facts what a question is about, as a key of `TOPICS`, or empty."""
    _plugs["topic"] = suggest


def topic_of(facts: ReadOnlyValues) -> str:
    """What a question about these facts is probably about; empty if nobody can say."""
    suggest = _plugs.get("topic")
    return suggest(facts) if suggest else ""


def in_words(facts: ReadOnlyValues) -> list[tuple[StrOrPromise, str]]:
    """The facts that support gets with a question, for the person who asks: name and value."""
    if not facts:
        return []
    code, reason = str(facts.get("code", "")), str(facts.get("reason", ""))
    gate = facts.get("gate", {})
    usage = f"{gate['usage']} / {gate['limit']}" if {"usage", "limit"} <= set(gate) else ""
    rows: list[tuple[StrOrPromise, str]] = [
        (_("What happened"), sentence(action=facts["action"], outcome=facts["outcome"], label="")),
        (_("Answer of Asora"), " · ".join(filter(None, [code, reason]))),
        (_("Rule"), str(facts.get("rule", ""))),
        (_("Used and allowed"), usage),
        (_("Fields"), ", ".join(facts.get("fields", []))),
        (_("Records"), ", ".join(facts.get("records", []))),
    ]
    return [(label, value) for label, value in rows if value]


def _deciding(events: list[Event]) -> Event | None:
    """What stopped the request; otherwise its last change; otherwise its last event."""
    stopped = [event for event in events if event.outcome in STOPPED]
    changes = [event for event in events if not event.action.startswith(LOOKS)]
    return next((rows[-1] for rows in (stopped, changes, events) if rows), None)


def _facts_of(event: Event) -> Values:
    step: ReadOnlyValues = next((step for step in event.decision if step.get("verdict") == "stopped"), {})
    facts: Values = {
        "event": str(event.pk),
        "number": event.number,
        "action": event.action,
        "outcome": event.outcome,
        "code": event.code,
        "reason": event.reason,
        "rule": event.rule_id,
        "occurred_at": event.occurred_at.isoformat(),
        "actor": event.actor_ref,
        "actor_type": event.actor_type,
        "route": event.route,
        "resource_type": event.resource_type,
        "positions": [event.first_position, event.last_position] if event.first_position else [],
        "export": event.export_ref,
        "dispatch": event.dispatch_ref,
        "release": event.release,
        "gate": {name: step[name] for name in _OF_THE_GATE if isinstance(step.get(name), (str, int))},
        "fields": sorted(str(name) for name in step.get("fields") or {})[:MAX_KEYS],
        "concerned": [key for key in step.get("concerned") or [] if isinstance(key, str)][:MAX_KEYS],
        "records": _codes_of(event),
        "touched": list(event.touched or [])[:MAX_KEYS],
    }
    return {name: value for name, value in facts.items() if value not in ("", None, [], {})}


def _codes_of(event: Event) -> list[str]:
    """The codes of the master data that the event names, each with its kind: `item A-1`."""
    named = [(change.get("type", ""), change.get("label", "")) for change in event.changes] + [
        (event.resource_type, event.resource_label)
    ]
    found = [
        f"{kind.partition('.')[2]} {label}" for kind, label in named if kind in _KINDS_WITH_CODES and label
    ]
    return list(dict.fromkeys(found))[:MAX_KEYS]


_plugs: dict[str, Callable[[ReadOnlyValues], str]] = {}
