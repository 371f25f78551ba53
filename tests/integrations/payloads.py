"""Describes events as they are written, and checks payloads as a careful receiver would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from asora.kernel import binding
from asora.kernel.signals import recorded
from audit.events.models import Event
from integrations.types.canonical import canonical
from integrations.types.catalogue import TYPES
from integrations.types.cloudevent import body, source
from integrations.types.definition import Occurrence
from integrations.types.describe import occurrences
from integrations.types.schema import envelope, schema
from plans.models import Tenant

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


@contextmanager
def described(tenant: Tenant) -> Iterator[list[tuple[Event, list[Occurrence]]]]:
    """Every event of a tenant that is written in the meantime, described inside its transaction."""
    found: list[tuple[Event, list[Occurrence]]] = []

    def listen(sender: object, *, event: Event, **_: Any) -> None:
        if binding.schema_name() == binding.PUBLIC:
            assert occurrences(event) == []
        elif binding.schema_name() == tenant.schema_name:
            found.append((event, occurrences(event)))

    recorded.connect(listen)
    try:
        yield found
    finally:
        recorded.disconnect(listen)


def sent(occurrence: Occurrence, tenant: Tenant, *, with_values: bool = True) -> dict[str, Any]:
    """The `data` of the payload that an endpoint would get."""
    payload = body(occurrence, source=source(tenant), number=1, with_values=with_values)
    found: dict[str, Any] = checked(payload)["data"]
    return found
