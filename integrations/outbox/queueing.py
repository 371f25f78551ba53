"""Queues payloads in the transaction of the event that they describe: an event and its payloads commit together.

The trail's head is locked by then, and it orders everything: an endpoint that somebody enables or changes has the new
settings from the next event on. The rows with the numbers are locked after the head, in the order of endpoints.

An action that describes nothing costs nothing here, one that no enabled endpoint wants a query. An error in describing
must not stop a receipt: the payload then says that the description failed. If the database refuses a payload, it
refuses the action too, as for the event itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, IntegrityError, connection

from asora.kernel import binding
from asora.kernel.request_ids import uuid7
from audit.events.models import Event
from integrations.endpoints.standing import Maker, makers, standing_under
from integrations.outbox.rules import received
from integrations.types import cloudevent, describe
from integrations.types.catalogue import TEST, TYPES
from integrations.types.definition import Occurrence

log = structlog.get_logger(__name__)

QUEUED = "queued"
FAILED = "an event could not be described for integrations"
FEW = 50  # More rows are copied, which takes a round trip more and a tenth of the time.
#: The event types that can contain money. A payload of another type never needs its maker's right to see values.
WITH_VALUES = frozenset(name for name, each in TYPES.items() if each.values)
# The maker comes along. Of makers who do not work at all hubs, the hubs are asked in a query of their own.
RECEIVERS = """
SELECT endpoint.id, endpoint.event_types, endpoint.all_hubs,
       ARRAY(SELECT hub_id FROM integrations_endpoint_hubs AS hub WHERE hub.endpoint_id = endpoint.id),
       endpoint.with_values, number.last, endpoint.maker, maker.role, maker.all_hubs
FROM integrations_endpoint AS endpoint
JOIN integrations_endpointnumber AS number ON number.endpoint_id = endpoint.id
LEFT JOIN accounts_user AS maker ON maker.ref = endpoint.maker AND maker.is_active
WHERE {condition}
ORDER BY endpoint.id FOR UPDATE OF number
"""
WANTING = RECEIVERS.format(condition="endpoint.is_enabled AND endpoint.event_types && %s::varchar[]")
ONE = RECEIVERS.format(condition="endpoint.id = %s")
#: The columns that are written, and their types.
COLUMNS = {
    "id": "uuid",
    "endpoint_id": "uuid",
    "number": "int8",
    "event_type": "varchar",
    "event_id": "varchar",
    "body": "bytea",
    "position": "int8",
    "audit_event": "uuid",
    "request_id": "varchar",
    "hubs": "int8[]",
    "with_values": "bool",
    "queued_at": "timestamptz",
    "state": "varchar",
}
INSERT = f"INSERT INTO integrations_payload ({', '.join(COLUMNS)}) VALUES "  # noqa: S608 - our own
ROW = f"({', '.join(f'%s::{kind}' for kind in COLUMNS.values())})"
COPY = f"COPY integrations_payload ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
#: The values of `COLUMNS`.
Row = tuple[UUID, UUID, int, str, str, bytes, int | None, UUID, str, list[int], bool, Any, str]


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint that wants what an event may describe. Its row of numbers is locked.

    `event_types`: all that it wants. `hubs`: the ids of the hubs that it receives; None: all of them.
    """

    endpoint: UUID
    event_types: Sequence[str]
    hubs: frozenset[int] | None
    with_values: bool
    last_number: int
    maker: Maker | None


def queue_payloads(*, event: Event, **_signal: Any) -> None:
    """Queue the payloads of an event that has just been written: listens to `kernel.signals.recorded`.

    Raises DatabaseError if the database refuses one of them.
    """
    possible = describe.ACTIONS.get(event.action)
    if possible is None or event.outcome != Event.Outcome.ALLOWED or binding.schema_name() == binding.PUBLIC:
        return
    receivers = _addressed(event) if TEST in possible else _wanting(possible)
    if receivers and (rows := list(_rows(event, receivers))):
        _write(rows)


def _addressed(event: Event) -> list[Receiver]:
    """The endpoint of a test event, whatever its state and settings: it contains nothing of the inventory."""
    return [replace(each, event_types=(TEST,), hubs=None) for each in _read(ONE, event.resource_id)]


def _wanting(possible: frozenset[str]) -> list[Receiver]:
    """The endpoints that may receive now and want one of these event types, in their order."""
    return [
        each
        for each in _read(WANTING, list(possible))
        if not standing_under(
            each.maker, event_types=each.event_types, with_values=each.with_values, hubs=each.hubs
        ).is_paused
    ]


def _read(query: str, parameter: Any) -> list[Receiver]:
    """The endpoints that a query finds; their rows of numbers are locked."""
    with connection.cursor() as cursor:
        cursor.execute(query, [parameter])
        rows = cursor.fetchall()
    limited = {maker for *_settings, maker, _role, everywhere in rows if everywhere is False}
    places = makers(limited) if limited else {}
    return [
        Receiver(
            endpoint,
            event_types,
            None if all_hubs else frozenset(hubs),
            with_values,
            last,
            places.get(maker) if maker in limited else Maker(role, None) if role else None,
        )
        for endpoint, event_types, all_hubs, hubs, with_values, last, maker, role, _everywhere in rows
    ]


def _rows(event: Event, receivers: Iterable[Receiver]) -> Iterator[Row]:
    """The payloads of an event in the order of endpoints and numbers."""
    source = cloudevent.source(binding.tenant())
    for receiver, occurrences in _shares(event, list(receivers)):
        for number, occurrence in enumerate(occurrences, start=receiver.last_number + 1):
            described, body = _body(event, occurrence, receiver, source=source, number=number)
            yield (
                uuid7(),
                receiver.endpoint,
                number,
                described.type,
                described.id,
                body,
                described.position,
                event.pk,
                described.request_id,
                sorted(described.hubs),
                receiver.with_values and described.type in WITH_VALUES,
                event.occurred_at,
                QUEUED,
            )


def _shares(event: Event, receivers: Sequence[Receiver]) -> Iterable[tuple[Receiver, Sequence[Occurrence]]]:
    """What each endpoint receives of an event, in the order of the event."""
    try:
        found = describe.occurrences(event)
        return [(receiver, _part(found, receiver)) for receiver in receivers]
    except DatabaseError:
        raise
    except Exception:
        log.exception(FAILED, event_id=str(event.pk), action=event.action)
        return [(receiver, _report(event, receiver)) for receiver in receivers]


def _part(found: Iterable[Occurrence], receiver: Receiver) -> list[Occurrence]:
    """The occurrences that an endpoint receives, without what is at hubs of others."""
    parts = (received(each, event_types=receiver.event_types, hubs=receiver.hubs) for each in found)
    return [part for part in parts if part is not None]


def _report(event: Event, receiver: Receiver) -> list[Occurrence]:
    """That an event could not be described; nothing for an endpoint whose hubs it does not concern."""
    concerns = receiver.hubs is None or not event.hubs or not receiver.hubs.isdisjoint(event.hubs)
    return [describe.description_failed(event)] if concerns else []


def _body(
    event: Event, occurrence: Occurrence, receiver: Receiver, *, source: str, number: int
) -> tuple[Occurrence, bytes]:
    """An occurrence and its body; if it cannot be written as JSON, the message that says so."""
    write = partial(cloudevent.body, source=source, number=number, with_values=receiver.with_values)
    try:
        return occurrence, write(occurrence)
    except DatabaseError:
        raise
    except Exception:
        log.exception(FAILED, event_id=str(event.pk), action=event.action)
        failed = describe.description_failed(event)
        return failed, write(failed)


def _write(rows: Sequence[Row]) -> None:
    """Add the payloads. A trigger moves the numbers past them, or refuses a gap."""
    try:
        with connection.cursor() as cursor:
            if len(rows) <= FEW:
                values = [value for row in rows for value in row]
                cursor.execute(INSERT + ", ".join([ROW] * len(rows)), values)
                return
            copying: Any = cursor.copy(COPY)
            # Django translates errors of calls only, and some come at the end of the copy.
            with connection.wrap_database_errors, copying as copy:
                copy.set_types(list(COLUMNS.values()))
                for row in rows:
                    copy.write_row(row)
    except IntegrityError as error:  # a trigger's refusal: no constraint of the action's own rows
        raise DatabaseError("the payloads of an event were not queued") from error
