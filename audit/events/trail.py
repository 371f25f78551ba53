"""Writes the audit trail: one event per action, allowed or refused. Only the door calls this.

Each event takes the next number of its schema's trail. The statement that inserts the event also updates the schema's
only `TrailHead` row; that lock is the last of all, after the ledger's head, and is held until commit. So numbers have
no gaps and are in commit order. Deferred constraints (foreign keys) are checked just before, because the locks they
take must not come after the number.

An event of an operator about a tenant is written to the public trail first. After the public commit it is copied to
the tenant's own trail, in a separate transaction: public and tenant rows are never written in one. A copy has the id
of its event, so it cannot be written twice. Copies that a crash prevented are made by the next copy, or by `sweep`.
"""

from __future__ import annotations

import time
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Field
from django_tenants.utils import tenant_context

from asora import __version__
from asora.kernel import binding, clock, keys, signals
from asora.kernel.act import Act, Record, Tenancy
from asora.kernel.ladder import Outcome
from asora.kernel.shapes import Values
from audit.events import mirroring
from audit.events.models import Event
from audit.events.redaction import redact

MAX_LABEL = 200
SUPPORT = "support"
TAKE_NUMBER = "WITH taken AS (UPDATE {head} SET number = number + 1 WHERE id = 1 RETURNING number)"
LOCK_HEAD = "SELECT number FROM audit_trailhead WHERE id = 1 FOR UPDATE"
log = structlog.get_logger("audit.events.trail")


def record(act: Act, outcome: Outcome) -> None:
    """Insert the event for one outcome, in the current transaction and the current schema."""
    record_ = outcome.record or Record()
    refusal = outcome.refusal
    payload, redactions = redact(
        {
            # Inputs are Asora's own keys and contain no secrets. There can be hundreds; searching them would take time.
            "decision": _plain([_without_inputs(step) for step in outcome.ladder]),
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
            | _plain(dict(act.actor.claims))
            | ({"noop": record_.nothing_to_do} if record_.nothing_to_do else {}),
            "message": refusal.message if refusal else "",
            "client_request_id": act.client_request_id,
            "label": outcome.resource[2],
        }
    )
    for step, kept in zip(outcome.ladder, payload["decision"], strict=True):
        if "inputs" in step:
            kept["inputs"] = list(step["inputs"])
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
        rule_id=_text(outcome.rule_id, 80),
        touched=keys.bounded(record_.touched) if outcome.outcome == "allowed" else [],
        hubs=_hubs(outcome),
        release=__version__,
        duration_ms=_milliseconds_since(act.began if outcome.began is None else outcome.began),
        **{f"{name}_ref": value for name, value in record_.refs.items()},
    )
    _insert(event)
    if binding.schema_name() == binding.PUBLIC and (tenant_id := mirroring.tenant_id_of(event)):
        transaction.on_commit(partial(_copy_after_commit, tenant_id), robust=True)


def lock_head() -> None:
    """Lock the trail's number until commit, before rows that come after it in the order of locks."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_HEAD)


def copy_missing(tenant: Tenancy) -> int:
    """Copy the events about a tenant that are missing in its own trail, oldest first. Returns their number.

    All in one transaction. The missing events are read again after the trail is locked, so that concurrent calls do
    not copy twice and no number is lost. Call it outside of a transaction; the connection's tenant does not change.
    """
    with tenant_context(tenant), transaction.atomic(durable=True):
        if not mirroring.missing():
            return 0
        lock_head()
        found = list(mirroring.missing())
        for event in found:
            _insert(mirroring.copy_of(event))
        return len(found)


def sweep() -> dict[str, int]:
    """Copy the missing events of all reachable tenants. Returns the number of copied events by tenant."""
    copied = {tenant.slug: _sweep(tenant) for tenant in mirroring.reachable_tenants()}
    return {slug: number for slug, number in copied.items() if number}


def _sweep(tenant: Tenancy) -> int:
    """Copy for one tenant. An error is logged and does not stop the others; the next sweep tries again."""
    try:
        return copy_missing(tenant)
    except DatabaseError:
        log.exception("copies of operators' events are left to the next sweep", tenant=tenant.slug)
        return 0


def _copy_after_commit(tenant_id: object) -> None:
    try:
        for tenant in mirroring.reachable_tenants().filter(pk=tenant_id):
            copy_missing(tenant)
    except Exception:  # the operator's action is committed and must not fail because of this
        log.exception("copies of an operator's events are left to the sweep", tenant_id=tenant_id)


def _insert(event: Event) -> None:
    """Number the event and insert it. Raises DatabaseError unless exactly one row with a number was inserted.

    Afterwards the event has the number and the time that the database gave it, and the signal is sent.
    In a tenant a trigger numbers the events of support: agents have a database role of their own, which may not update
    the trail's head.
    """
    schema = binding.schema_name()
    by_trigger = event.actor_type == SUPPORT and schema != binding.PUBLIC
    statement, fields = _insertion(schema, clock.sql(), by_trigger=by_trigger)
    with connection.cursor() as cursor:
        # Two statements in one round trip: everybody else in this tenant waits until the commit.
        cursor.execute(
            statement,
            [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields],
        )
        cursor.nextset()
        written = cursor.fetchone() if cursor.rowcount == 1 else None
        if written is None or written[0] is None:
            raise DatabaseError(
                "the event was not written: its trail has no head row, or a trigger or rule dropped it"
            )
    event.number, event.occurred_at = written
    signals.recorded.send(sender=Event, event=event)


@cache
def _insertion(schema: str, now: str, *, by_trigger: bool) -> tuple[str, list[Field[Any, Any]]]:
    """The statement and its fields, built once: `save()` would build it each time while others wait for the locks.

    Both tables are named with their schema: if a tenant's table is missing, that is an error. Without the schema, the
    search path would find the table of public.
    """
    fields = [
        field
        for field in Event._meta.concrete_fields
        if not field.has_db_default() and field.attname != "number"
    ]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    values = ", ".join("%s" for _ in fields)
    if now != clock.OWN:  # which is the column's default
        columns, values = f"{columns}, occurred_at", f"{values}, {now}"
    own = connection.ops.quote_name(schema)
    head, table = (
        f"{own}.{connection.ops.quote_name(name)}" for name in ("audit_trailhead", Event._meta.db_table)
    )
    if by_trigger:
        insert = f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 - our own
    else:
        insert = f"INSERT INTO {table} (number, {columns}) SELECT taken.number, {values} FROM taken"  # noqa: S608 - our own
        insert = f"{TAKE_NUMBER.format(head=head)} {insert}"
    return f"SET CONSTRAINTS ALL IMMEDIATE; {insert} RETURNING number, occurred_at", fields


def _without_inputs(step: Values) -> Values:
    return {name: value for name, value in step.items() if name != "inputs"}


def _hubs(outcome: Outcome) -> list[int] | None:
    """The hubs that an event concerns: those of the outcome, and those among the records concerned."""
    if outcome.hubs is None:
        return None
    concerned = next((step.get("concerned", ()) for step in outcome.ladder if "concerned" in step), ())
    named = (key.removeprefix("hub:") for key in concerned if key.startswith("hub:"))
    return sorted({*outcome.hubs, *(int(number) for number in named if number.isdecimal())})


def _milliseconds_since(began: float) -> int:
    return min(int((time.perf_counter() - began) * 1000), 2**31 - 1)


def _text(value: str, length: int) -> str:
    """A text that PostgreSQL accepts: no NUL, no lone surrogates, and not longer than its column."""
    return value.replace("\x00", "").encode(errors="replace").decode()[:length]


def _plain(value: object) -> Any:
    """A value ready for JSON: decimals as text, moments and dates in ISO format, unknown objects by `str`."""
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
