"""Writing the trail: one event per action, allowed or refused. The door calls this; nothing else adds events."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field

from asora.kernel.act import Act, Record
from asora.kernel.door import Outcome
from audit.models import Event
from audit.redaction import redact

MAX_LABEL = 200


def record(act: Act, outcome: Outcome) -> None:
    """Insert the event for one outcome, in the current transaction and the current schema."""
    record_ = outcome.record or Record()
    refusal = outcome.refusal
    payload, redactions = redact(
        {
            "decision": _plain(outcome.ladder),
            "changes": [
                {
                    "type": change.resource_type,
                    "id": change.resource_id,
                    "label": change.resource_label,
                    "before": _plain(change.before),
                    "after": _plain(change.after),
                }
                for change in record_.changes
            ],
            "facts": _plain(record_.facts)
            | ({"noop": record_.nothing_to_do} if record_.nothing_to_do else {}),
            "message": refusal.message if refusal else "",
            "client_request_id": act.client_request_id,
            "label": outcome.resource[2],
        }
    )
    event = Event(
        request_id=act.request_id,
        client_request_id=_text(payload["client_request_id"], 128),
        cause_id=act.cause_id,
        actor_type=act.actor.type,
        actor_ref=act.actor.ref,
        session_ref=act.actor.session_ref,
        route=_text(act.route, 200),
        action=outcome.action,
        outcome=outcome.outcome,
        http_status=refusal.status if refusal else 500 if outcome.outcome == "failed" else None,
        error=refusal.error if refusal else "",
        code=refusal.code if refusal else "",
        reason=str(refusal.reason) if refusal else "",
        message=_text(payload["message"], 2000),
        decision=payload["decision"],
        resource_type=outcome.resource[0],
        resource_id=outcome.resource[1],
        resource_label=_text(payload["label"], MAX_LABEL),
        changes=payload["changes"],
        facts=payload["facts"],
        first_position=min(record_.positions, default=None),
        last_position=max(record_.positions, default=None),
        redactions=redactions,
        **{f"{name}_ref": value for name, value in record_.refs.items()},
    )
    _insert(event)


def _insert(event: Event) -> None:
    statement, fields = _insertion()
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields],
        )


@cache
def _insertion() -> tuple[str, list[Field[Any, Any]]]:
    """The statement and its fields, made once: `save()` makes it anew each time, while others wait for the locks."""
    fields = [field for field in Event._meta.concrete_fields if not field.has_db_default()]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    values = ", ".join("%s" for _ in fields)
    table = connection.ops.quote_name(Event._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({values})", fields  # noqa: S608 - the model's own names


def _text(value: str, length: int) -> str:
    """Text as PostgreSQL takes it: no NUL, no lone surrogates, and not longer than its column."""
    return value.replace("\x00", "").encode(errors="replace").decode()[:length]


def _plain(value: Any) -> Any:
    """JSON-ready: decimals as texts, moments and dates in ISO form, everything unknown by its label."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return value.replace("\x00", "").encode(errors="replace").decode()
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case dict():
            return {str(name): _plain(entry) for name, entry in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(entry) for entry in value]
        case _:
            return str(value)
