"""The rows of the trail: numbered formats of an event, and reading them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from asora.kernel import binding
from audit.events.models import Event, TrailHead
from audit.seals.canonical import Stream, from_json, record, register, to_bytes

#: The columns of each format. A format never changes: add the next number, and set `CURRENT`.
FORMATS: dict[int, tuple[str, ...]] = {
    1: (
        "id", "number", "xid8", "occurred_at", "request_id", "client_request_id", "cause_id", "actor_type",
        "actor_ref", "session_ref", "route", "action", "outcome", "http_status", "error", "code", "reason",
        "rule_id", "message", "decision", "resource_type", "resource_id", "resource_label", "changes", "facts",
        "touched", "hubs", "first_position", "last_position", "export_ref", "dispatch_ref", "ticket_ref",
        "redactions", "release", "duration_ms", "schema_version",
    ),
}  # fmt: skip
CURRENT = 1
#: Stored as JSON: read as text, so that numbers are not rounded on the way.
JSON_COLUMNS = frozenset({"decision", "changes", "facts", "redactions"})
#: Common values of the JSON columns, ready for `to_bytes`.
EMPTY: dict[str, Any] = {"[]": [], "{}": {}}
#: Columns that PostgreSQL writes as the row contains them: faster than by objects of Python.
AS_TEXT = {
    "id": "id::text",
    "xid8": "xid8::text::bigint",
    "occurred_at": """to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
} | {name: f"{name}::text" for name in JSON_COLUMNS}
CHUNK = 500  # rows per query


def event_row(values: Sequence[Any], *, row_format: int) -> bytes:
    """The canonical row of an event, from the values of `select_list(row_format)`."""
    columns = FORMATS[row_format]
    row = record(row_format, columns, values)
    for name in JSON_COLUMNS:
        text = row[name]
        empty = EMPTY.get(text)
        row[name] = from_json(text) if empty is None else empty
    return to_bytes(row)


def select_list(row_format: int) -> str:
    """The columns of a format as an SQL SELECT needs them for `event_row`."""
    return ", ".join(AS_TEXT.get(name, name) for name in FORMATS[row_format])


def rows(first: int, last: int, *, row_format: int, salt: bytes) -> Iterator[tuple[int, bytes]]:
    """The events with the numbers `first` to `last`: (number, canonical row). Events have no salted parts."""
    place = FORMATS[row_format].index("number")
    statement = (
        f"SELECT {select_list(row_format)} FROM {table()} WHERE number BETWEEN %s AND %s ORDER BY number"  # noqa: S608 - our own words
    )
    for start in range(first, last + 1, CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(statement, [start, min(start + CHUNK - 1, last)])
            found = cursor.fetchall()
        for values in found:
            yield values[place], event_row(values, row_format=row_format)


def genesis(*, row_format: int, salt: bytes) -> Iterator[tuple[str, bytes]]:
    """The events without a number, from before there were numbers: (id, canonical row)."""
    statement = f"""SELECT {select_list(row_format)} FROM {table()}
                    WHERE number IS NULL AND (occurred_at, id) > (%s, %s) ORDER BY occurred_at, id LIMIT {CHUNK}"""  # noqa: S608 - our own words
    columns = FORMATS[row_format]
    after = ["-infinity", "00000000-0000-0000-0000-000000000000"]
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, after)
            found = cursor.fetchall()
        for values in found:
            yield str(values[columns.index("id")]), event_row(values, row_format=row_format)
        if len(found) < CHUNK:
            return
        after = [found[-1][columns.index("occurred_at")], found[-1][columns.index("id")]]


def one_row(event: Event, *, row_format: int) -> bytes:
    """The canonical row of one event, read again from the bound schema. Raises Event.DoesNotExist."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select_list(row_format)} FROM {table()} WHERE id = %s", [event.pk])  # noqa: S608 - our own words
        values = cursor.fetchone()
    if values is None:
        raise Event.DoesNotExist(event.pk)
    return event_row(values, row_format=row_format)


def rows_of(events: Iterable[UUID], *, row_format: int) -> dict[UUID, bytes]:
    """The canonical rows of some events by their ids, read again from the bound schema. Missing events are left out."""
    statement = f"SELECT {select_list(row_format)} FROM {table()} WHERE id = ANY(%s)"  # noqa: S608 - our own words
    place = FORMATS[row_format].index("id")
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(events)])
        found = cursor.fetchall()
    return {UUID(values[place]): event_row(values, row_format=row_format) for values in found}


def genesis_place(event: Event) -> int:
    """How many events without a number come before one without a number."""
    statement = f"SELECT count(*) FROM {table()} WHERE number IS NULL AND (occurred_at, id) < (%s, %s)"  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(statement, [event.occurred_at, event.pk])
        return int(cursor.fetchone()[0])


def head() -> int:
    """The number of the last committed event in the bound schema."""
    return TrailHead.objects.values_list("number", flat=True).get()


def table() -> str:
    """The trail of the bound schema. Named with its schema: the search path would go on to that of public."""
    return f"{connection.ops.quote_name(binding.schema_name())}.{Event._meta.db_table}"


register(
    Stream(
        name="audit",
        label=_("Audit trail"),
        row_format=CURRENT,
        in_public=True,
        head=head,
        rows=rows,
        genesis=genesis,
    )
)
