"""The whole event as one document, from which every format is made, and its encoding as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from asora.kernel.shapes import ReadOnlyValues, Values
from audit.events.models import Event

#: The name of the document's layout. A layout that is not a superset of the one before gets the next number.
SCHEMA = "asora.audit.event.v1"


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from: the slug of the tenant, which is part of each document.

    `hubs`: the codes of the hubs where the reader works; None: at all hubs.
    """

    tenant: str
    hubs: frozenset[str] | None = None


def document(event: Event, source: Source) -> Values:
    """The event with all of its values. Every document has the same keys, unless details are concealed.

    If the reader may not see the details (`is_whole` is False), only who, when, action and outcome are there, and
    `concealed` is true. Texts that are empty, and values that are not known, are null.
    """
    is_whole = bool(getattr(event, "is_whole", False))
    shown: Values = {
        "schema": SCHEMA,
        "tenant": source.tenant,
        "id": str(event.id),
        "number": event.number,
        "occurred_at": moment(event.occurred_at),
        "actor": {"type": event.actor_type, "ref": event.actor_ref or None},
        "action": event.action,
        "outcome": event.outcome,
        "concealed": not is_whole,
    }
    if not is_whole:
        return shown
    return {
        **shown,
        "session": event.session_ref or None,
        "request_id": event.request_id,
        "client_request_id": event.client_request_id or None,
        "cause_id": event.cause_id or None,
        "route": event.route or None,
        "http_status": event.http_status,
        "error": event.error or None,
        "code": event.code or None,
        "reason": event.reason or None,
        "rule": event.rule_id or None,
        "message": event.message or None,
        "resource": {
            "type": event.resource_type or None,
            "id": event.resource_id or None,
            "label": event.resource_label or None,
        },
        "hubs": event.hubs,
        "decision": [_as_seen(step, source) for step in event.decision],
        "changes": event.changes,
        "touched": event.touched,
        "facts": event.facts,
        "positions": {"first": event.first_position, "last": event.last_position},
        "export": event.export_ref or None,
        "dispatch": event.dispatch_ref or None,
        "ticket": event.ticket_ref or None,
        "redactions": event.redactions,
        "release": event.release or None,
        "duration_ms": event.duration_ms,
        "schema_version": event.schema_version,
    }


def _as_seen(step: Values, source: Source) -> Values:
    """A step of the decision, which names where the refused person works: only hubs where the reader works, too."""
    if source.hubs is None:
        return step
    seen = {name: _as_seen(step[name], source) for name in ("standing",) if name in step}
    named = {name: step[name] for name in ("hubs", "works_at") if isinstance(step.get(name), list)}
    return step | seen | {name: [hub for hub in hubs if hub in source.hubs] for name, hubs in named.items()}


def moment(at: datetime) -> str:
    """A moment in UTC with microseconds: `2026-11-28T17:00:00.000001Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def line(values: ReadOnlyValues) -> bytes:
    """One JSON document on one line, in UTF-8."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def without_blanks(values: ReadOnlyValues) -> Values:
    """The values that are known and not empty. Numbers and booleans are never empty."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", [], {})}


def stopped_at(values: ReadOnlyValues) -> ReadOnlyValues:
    """The step of the gate that refused, out of a document; empty if none refused or the details are concealed."""
    steps = values.get("decision") or ()
    return next((step for step in steps if step.get("verdict") == "stopped"), {})


def roles_of(values: ReadOnlyValues) -> list[str]:
    """The roles that the actor had at that moment, as far as a gate recorded them."""
    for step in values.get("decision") or ():
        found = step.get("roles") or (step.get("standing") or {}).get("roles")
        if found:
            return [str(role) for role in found]
    return []
