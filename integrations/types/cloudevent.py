"""CloudEvents 1.0 in JSON: the bytes that endpoints and the feed get.

The bytes are canonical (`integrations.types.canonical`), so the same event is the same bytes. They are stored once and
sent as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from asora.kernel.act import Tenancy
from integrations.types import canonical
from integrations.types.canonical import moment, text
from integrations.types.definition import Occurrence

#: Positions have one length, so that they are in order as text too, as the extension `sequence` demands.
SEQUENCE_DIGITS = 19


def source(tenant: Tenancy) -> str:
    """The `source` of all events of a tenant."""
    return f"urn:asora:tenant:{tenant.slug}"


def schema_uri(name: str) -> str:
    """The `dataschema` of an event type, and the `$id` of its schema."""
    return f"urn:asora:event-type:{name}"


def body(occurrence: Occurrence, *, source: str, number: int, with_values: bool) -> bytes:
    """The bytes of a payload.

    `occurrence`: already without other hubs (`Occurrence.at`). `number`: the number of the payload at its endpoint.
    `with_values`: whether the endpoint gets money.
    """
    return f'{{"asoranumber":{number},{_after_the_number(occurrence, source, with_values=with_values)}}}'.encode()


def parse(stored: bytes) -> Mapping[str, Any]:
    """A payload that was stored, as an object."""
    found: Mapping[str, Any] = json.loads(stored)
    return found


def _after_the_number(occurrence: Occurrence, source: str, *, with_values: bool) -> str:
    """The text after the first member, in the order of the keys. Several endpoints get the same, so it is cached."""
    name = f"_text_{with_values}_{source}"
    cached: str | None = vars(occurrence).get(name)
    if cached is None:
        write = canonical.with_values if with_values else canonical.without_values
        sequence = "" if occurrence.position is None else f'"sequence":"{_sequence(occurrence.position)}",'
        cached = (
            f'"asorarequest":{text(occurrence.request_id)},"data":{write(occurrence.data)},'
            f'"datacontenttype":"application/json","dataschema":"{schema_uri(occurrence.type)}",'
            f'"id":"{occurrence.id}",{sequence}"source":{text(source)},"specversion":"1.0",'
            f'"subject":{text(occurrence.subject)},"time":"{moment(occurrence.time)}","type":"{occurrence.type}"'
        )
        vars(occurrence)[name] = cached
    return cached


def _sequence(position: int) -> str:
    return f"{position:0{SEQUENCE_DIGITS}d}"
