"""Checks a payload as a careful receiver would: the schemas of the catalogue, and the CloudEvents SDK."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from integrations.types.catalogue import TYPES
from integrations.types.cloudevent import canonical
from integrations.types.schema import envelope, schema

FORMATS = jsonschema.FormatChecker()
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")


def checked(payload: bytes) -> dict[str, Any]:
    """A payload that fits its schemas, is canonical and is accepted by the SDK; returns it as an object."""
    found: dict[str, Any] = json.loads(payload)
    jsonschema.validate(found, envelope(), format_checker=FORMATS)
    jsonschema.validate(found["data"], schema(TYPES[found["type"]]), format_checker=FORMATS)
    assert canonical(found).encode() == payload
    assert MOMENT.match(found["time"])
    event = JSONFormat().read(CloudEvent, payload)
    assert event.get_id() == found["id"]
    assert event.get_type() == found["type"]
    assert event.get_data() == found["data"]
    assert event.get_extension("asoranumber") == found["asoranumber"]
    return found
