"""Canonical rows: their bytes never change, every column is in them, and a new column changes no old row."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from asora.kernel.act import Act
from audit.events.models import Event
from audit.seals import canonical, event_rows, merkle
from tests.kernel.example_action import door

SALT = bytes(range(32))
EVENT = {
    "id": UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    "number": 7,
    "xid8": 4294967301,
    "occurred_at": datetime(2026, 11, 28, 20, 5, 9, 250, tzinfo=timezone(timedelta(hours=2))),
    "request_id": "r-1",
    "action": "ledger.receive.post",
    "outcome": "refused",
    "decision": '[{"gate": "valid", "limit": 1.10, "usage": 12345678901234567890.125}]',
    "resource_label": "Größe \u2028 \"5\"",
    "changes": "[]",
    "facts": '{"b": 1, "a": null}',
    "redactions": "[]",
    "touched": ["item:5", "bin:7"],
    "hubs": [3, 1],
}  # fmt: skip


def event_values(row_format: int) -> list[Any]:
    return [EVENT.get(name) for name in event_rows.FORMATS[row_format]]


def test_format_1_of_an_event_never_changes() -> None:
    row = event_rows.event_row(event_values(1), row_format=1)
    assert row.decode() == (
        '{"action":"ledger.receive.post","actor_ref":null,"actor_type":null,"cause_id":null,"changes":[],'
        '"client_request_id":null,"code":null,'
        '"decision":[{"gate":"valid","limit":"1.10","usage":"12345678901234567890.125"}],'
        '"dispatch_ref":null,"duration_ms":null,"error":null,"export_ref":null,"facts":{"a":null,"b":1},'
        '"first_position":null,"format":1,"http_status":null,"hubs":[3,1],'
        '"id":"01890a5d-ac96-774b-bcce-b302099a8057","last_position":null,"message":null,"number":7,'
        '"occurred_at":"2026-11-28T18:05:09.000250Z","outcome":"refused","reason":null,"redactions":[],'
        '"release":null,"request_id":"r-1","resource_id":null,"resource_label":"Größe \u2028 \\"5\\"",'
        '"resource_type":null,"route":null,"rule_id":null,"schema_version":null,"session_ref":null,'
        '"ticket_ref":null,"touched":["item:5","bin:7"],"xid8":4294967301}'
    )
    assert merkle.leaf_hash(row).hex() == "12c3162c6121c0bfb40b05016a2f59e021ddfb00cdb005380b780e638444e371"


def test_what_postgresql_writes_is_spelt_like_what_python_writes(
    acacia: Any, act_as: Callable[..., Act], events: Callable[..., list[Event]]
) -> None:
    door(ceiling="")(act_as("manager"), code="V1")
    event = events()[-1]
    [(_number, row)] = event_rows.rows(event.number, event.number, row_format=1, salt=SALT)
    read = json.loads(row)
    written = {"id": event.id, "occurred_at": event.occurred_at, "xid8": event.xid8}
    assert {name: read[name] for name in written} == json.loads(canonical.to_bytes(written))


def test_values_have_one_spelling() -> None:
    values = {
        "b": Decimal("10.5000"),
        "a": Decimal("1E+3"),
        "day": date(2026, 11, 28),
        "moment": datetime(2026, 1, 2, tzinfo=UTC),
    }
    assert canonical.to_bytes(values) == (
        b'{"a":"1000","b":"10.5000","day":"2026-11-28","moment":"2026-01-02T00:00:00.000000Z"}'
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical.to_bytes({"a": float("nan")})
    with pytest.raises(TypeError, match="contain no bytes"):
        canonical.to_bytes({"a": b""})


def test_the_current_format_has_every_column_of_an_event() -> None:
    assert set(event_rows.FORMATS[event_rows.CURRENT]) == {
        field.column for field in Event._meta.concrete_fields
    }


def test_reads_committed_events_in_order(acacia: Any, act_as: Callable[..., Act]) -> None:
    for code in ("V1", "V2", "V3"):
        door(ceiling="")(act_as("manager"), code=code)
    stream = canonical.STREAMS["audit"]
    last = stream.head()
    found = list(stream.rows(last - 2, last, row_format=1, salt=SALT))
    assert [number for number, _row in found] == [last - 2, last - 1, last]
    assert [json.loads(row)["number"] for _number, row in found] == [last - 2, last - 1, last]
    event = Event.objects.get(number=last)
    stored = json.loads(found[-1][1])
    assert stored["decision"] == event.decision
    assert (stored["id"], stored["touched"], stored["hubs"]) == (str(event.pk), event.touched, event.hubs)


def test_every_part_of_an_event_changes_its_row(acacia: Any, act_as: Callable[..., Act]) -> None:
    door(ceiling="")(act_as("manager"), code="V1")
    stream = canonical.STREAMS["audit"]
    last = stream.head()
    [(_number, before)] = stream.rows(last, last, row_format=1, salt=SALT)
    changed = {
        "text": "'x'", "varchar": "'x'", "uuid": "gen_random_uuid()", "int4": "17", "int2": "17", "int8": "17",
        "timestamptz": "now() - interval '1 day'",
        "jsonb": "'[1]'", "_text": "'{x}'", "_int8": "'{17}'", "xid8": "'17'",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = 'audit_event'",
            [acacia.schema_name],
        )
        columns = [(name, kind) for name, kind in cursor.fetchall() if name not in ("number", "outcome")]
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        assert len(columns) >= 34
        for name, kind in columns:
            cursor.execute("SAVEPOINT one")
            cursor.execute(f"UPDATE audit_event SET {name} = {changed[kind]} WHERE number = %s", [last])
            [(_number, after)] = stream.rows(last, last, row_format=1, salt=SALT)
            assert after != before, name
            cursor.execute("ROLLBACK TO one")


def test_a_new_column_leaves_rows_as_they_are(acacia: Any, act_as: Callable[..., Act]) -> None:
    door(ceiling="")(act_as("manager"), code="V1")
    stream = canonical.STREAMS["audit"]
    before = list(stream.rows(1, stream.head(), row_format=1, salt=SALT))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event ADD COLUMN shoe_size int DEFAULT 43")
    assert list(stream.rows(1, stream.head(), row_format=1, salt=SALT)) == before


def test_events_from_before_numbers_come_first(acacia: Any, act_as: Callable[..., Act]) -> None:
    for code in ("V1", "V2", "V3"):
        door(ceiling="")(act_as("manager"), code=code)
    stream = canonical.STREAMS["audit"]
    assert list(stream.genesis(row_format=1, salt=SALT)) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET number = NULL")
    found = list(stream.genesis(row_format=1, salt=SALT))
    expected = Event.objects.order_by("occurred_at", "id").values_list("pk", flat=True)
    assert [name for name, _row in found] == [str(pk) for pk in expected]
    assert len(found) >= 3
