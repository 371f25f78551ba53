"""An event in the Elastic Common Schema. What ECS has no field for is under `asora`, which ECS leaves to us."""

from __future__ import annotations

from asora.kernel.shapes import Values
from audit.events.models import Event
from audit.explorer.formats.activities import Activity, activity_of
from audit.explorer.formats.document import Source, document, roles_of, without_blanks

VERSION = "8.17.0"
NANOSECONDS = 1_000_000  # in a millisecond

_TYPES = {
    Activity.CREATE: "creation",
    Activity.READ: "access",
    Activity.UPDATE: "change",
    Activity.DELETE: "deletion",
    Activity.OTHER: "info",
}
#: outcome → (event.outcome, further event.type)
_OUTCOMES = {
    "allowed": ("success", ["allowed"]),
    "noop": ("success", ["allowed"]),
    "refused": ("failure", ["denied"]),
    "failed": ("failure", []),
}
#: Parts of the document that have a field of ECS, or are the same for all.
_MAPPED = frozenset({
    "schema", "id", "number", "occurred_at", "actor", "action", "tenant", "code", "reason", "rule", "message",
    "request_id", "http_status", "release", "duration_ms", "error",
})  # fmt: skip


def ecs_document(event: Event, source: Source) -> Values:
    """The event as one ECS document, with nested objects."""
    values = document(event, source)
    outcome, further = _OUTCOMES[event.outcome]
    ref, kind = values["actor"]["ref"], values["actor"]["type"]
    duration = values.get("duration_ms")
    is_failure = event.outcome == "failed"
    return without_blanks(
        {
            "@timestamp": values["occurred_at"],
            "ecs": {"version": VERSION},
            "message": values.get("message"),
            "event": without_blanks(
                {
                    "id": values["id"],
                    "kind": "event",
                    "category": ["api", "iam"] if event.action.startswith("accounts.") else ["api"],
                    "type": [_TYPES[activity_of(event.action)], *further],
                    "action": values["action"],
                    "outcome": outcome,
                    "code": values.get("code"),
                    "reason": values.get("reason"),
                    "module": "asora",
                    "dataset": "asora.audit",
                    "provider": event.action.partition(".")[0],
                    "sequence": values["number"],
                    "duration": None if duration is None else duration * NANOSECONDS,
                }
            ),
            "user": without_blanks({"id": ref, "roles": roles_of(values)}),
            "related": {"user": [ref]} if ref else None,
            "organization": {"id": values["tenant"]},
            "service": without_blanks({"name": "asora", "type": "asora", "version": values.get("release")}),
            "http": without_blanks(
                {
                    "request": without_blanks({"id": values.get("request_id")}),
                    "response": without_blanks({"status_code": values.get("http_status")}),
                }
            ),
            "rule": without_blanks({"id": values.get("rule"), "category": values.get("code")}),
            "error": without_blanks({"code": values.get("error")}) if is_failure else None,
            "asora": {
                "schema": values["schema"],
                "actor_type": kind,
                **without_blanks({part: value for part, value in values.items() if part not in _MAPPED}),
            },
        }
    )
