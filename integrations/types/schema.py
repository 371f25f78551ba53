"""JSON Schemas of event types, made from their dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise, Values
from integrations.types.cloudevent import schema_uri
from integrations.types.definition import EventType, hints, inner, sent

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
SIMPLE: Mapping[Any, Values] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "string", "pattern": DECIMAL},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    UUID: {"type": "string", "format": "uuid"},
}
#: The attributes around `data`, the same for all event types: their schema and their meaning.
ATTRIBUTES: Mapping[str, tuple[Values, StrOrPromise]] = {
    "specversion": ({"const": "1.0"}, _("Version of CloudEvents.")),
    "id": (
        {"type": "string", "pattern": "^[0-9a-f-]{36}-[0-9]+$"},
        _(
            "Id of the event. It stays the same when the event is sent again: skip an id that you already have."
        ),
    ),
    "source": ({"type": "string"}, _("Where the event comes from: your company in Asora.")),
    "type": ({"type": "string"}, _("Name of the event type, with its version.")),
    "subject": ({"type": "string"}, _("What the event is about.")),
    "time": (SIMPLE[datetime], _("Moment when it was recorded, in UTC.")),
    "datacontenttype": ({"const": "application/json"}, _("Format of data.")),
    "dataschema": ({"type": "string"}, _("Name of the schema of data.")),
    "sequence": (
        {"type": "string", "pattern": "^[0-9]{19}$"},
        _("Position in the ledger, with leading zeros. Missing if the event took no position."),
    ),
    "asoranumber": (
        {"type": "integer", "minimum": 1},
        _("Number of the payload at this endpoint: 1, 2, 3 and so on. A missing number is a missed payload."),
    ),
    "asorarequest": (
        {"type": "string"},
        _("Id of the request that caused it. The audit trail has a page of each request."),
    ),
    "data": ({"type": "object"}, _("What happened. Its fields depend on the event type.")),
}
OPTIONAL = ("sequence",)


def envelope() -> Values:
    """The schema of the attributes around `data`."""
    return {
        "$schema": DIALECT,
        "$id": schema_uri("envelope"),
        "type": "object",
        "properties": {
            name: {**schema, "description": str(meaning)} for name, (schema, meaning) in ATTRIBUTES.items()
        },
        "required": [name for name in ATTRIBUTES if name not in OPTIONAL],
        "additionalProperties": False,
    }


def schema(event_type: EventType) -> Values:
    """The schema of the `data` of an event type."""
    return {
        "$schema": DIALECT,
        "$id": schema_uri(event_type.name),
        "title": str(event_type.title),
        "description": str(event_type.meaning),
        **_object(event_type.data),
    }


def _object(data: type) -> Values:
    """An object with exactly the documented fields; money is left out for endpoints without values."""
    return {
        "type": "object",
        "properties": {
            each.name: {**shape(hints(data)[each.name]), "description": str(each.metadata["meaning"])}
            for each in sent(data)
        },
        "required": [each.name for each in sent(data) if not each.metadata["is_value"]],
        "additionalProperties": False,
    }


def shape(kind: Any) -> Values:
    """The schema of a field of this type, without its meaning."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": shape(get_args(kind)[0])}
    if get_origin(kind) in (Union, UnionType):
        (some,) = (each for each in get_args(kind) if each is not NoneType)
        known = shape(some)
        return {**known, "type": [known["type"], "null"]}
    if (nested := inner(kind)) is not None:
        return _object(nested)
    raise TypeError(f"{kind!r} has no JSON Schema")
