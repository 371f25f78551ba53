"""The catalogue as one JSON document: for the file, the download and the pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from django.utils.translation import override

from asora.kernel.shapes import Values
from integrations.types.catalogue import TYPES
from integrations.types.cloudevent import body, parse
from integrations.types.definition import EventType, Occurrence
from integrations.types.schema import envelope, schema

FORMAT = "asora event types 1"
FILE_NAME = "asora-event-types.json"
#: The same in all samples.
SOURCE = "urn:asora:tenant:acacia"
REQUEST = "acacia-01KEXAMPEE7V0Y3Q2W9N5T8RZC"
ID = "01975e2c-1d6a-7c3e-9f41-6c1b1f0a7d10-1"
TIME = datetime(2026, 3, 2, 9, 41, 7, 512000, tzinfo=UTC)
NUMBER = 318


def sample_bytes(event_type: EventType) -> bytes:
    """A payload of this type, exactly as it would be sent, with values."""
    occurrence = Occurrence(
        type=event_type.name,
        id=ID,
        subject=_subject(event_type),
        time=TIME,
        position=getattr(event_type.example, "position", None),
        data=event_type.example,
        request_id=REQUEST,
    )
    return body(occurrence, source=SOURCE, number=NUMBER, with_values=True)


def sample(event_type: EventType) -> Values:
    """The same as an object."""
    return dict(parse(sample_bytes(event_type)))


def describe_type(event_type: EventType) -> Values:
    """One event type: its meaning, its schema, its fields and a sample."""
    return {
        "name": event_type.name,
        "title": str(event_type.title),
        "meaning": str(event_type.meaning),
        "subject": event_type.subject,
        "permission": str(event_type.permission),
        "chosen": event_type.is_chosen,
        "values": list(event_type.values),
        "schema": schema(event_type),
        "sample": sample(event_type),
    }


def document(event_types: Iterable[EventType] = tuple(TYPES.values())) -> Values:
    """The whole catalogue, in English."""
    with override("en"):
        return {
            "format": FORMAT,
            "envelope": envelope(),
            "types": [describe_type(each) for each in event_types],
        }


def text() -> str:
    """The catalogue as the text of its file: the same code gives the same bytes."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def schema_text(event_type: EventType) -> str:
    """The schema of one event type as the text of its file, in English."""
    with override("en"):
        return json.dumps(schema(event_type), ensure_ascii=False, indent=2) + "\n"


def _subject(event_type: EventType) -> str:
    """The subject of the sample: the pattern with the example's own words."""
    example = event_type.example
    words = {
        "<position>": getattr(example, "position", ""),
        "<sku>": getattr(example, "sku", ""),
        "<code>": getattr(example, "vendor", getattr(example, "hub", "")),
        "<id>": getattr(example, "export", getattr(example, "audit_event", "")),
    }
    subject = event_type.subject
    for word, stands_for in words.items():
        subject = subject.replace(word, str(stands_for))
    return subject
