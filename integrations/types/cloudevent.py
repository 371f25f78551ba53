"""CloudEvents 1.0 in JSON: the bytes that endpoints and the feed get.

The bytes are canonical: keys sorted, no spaces, UTF-8, decimal numbers as text. So the same event is the same bytes,
which are stored once and sent as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from asora.kernel.act import Tenancy
from audit.events.redaction import redact
from integrations.types.definition import Occurrence, sent

CONTENT_TYPE = "application/cloudevents+json"
#: Positions as text of one length, so that they are in order as text too, as the extension `sequence` demands.
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
    attributes = {
        "asoranumber": number,
        "asorarequest": occurrence.request_id,
        "datacontenttype": "application/json",
        "dataschema": schema_uri(occurrence.type),
        "id": occurrence.id,
        "source": source,
        "specversion": "1.0",
        "subject": occurrence.subject,
        "time": moment(occurrence.time),
        "type": occurrence.type,
    }
    if occurrence.position is not None:
        attributes["sequence"] = f"{occurrence.position:0{SEQUENCE_DIGITS}d}"
    texts = {name: canonical(value) for name, value in attributes.items()}
    texts["data"] = _data_text(occurrence, with_values=with_values)
    members = ",".join(f'"{name}":{texts[name]}' for name in sorted(texts))
    return f"{{{members}}}".encode()


def data_of(occurrence: Occurrence, *, with_values: bool) -> dict[str, Any]:
    """The `data` of an occurrence ready for JSON, without secrets."""
    redacted, _removed = redact(plain(occurrence.data, with_values=with_values))
    found: dict[str, Any] = redacted
    return found


def canonical(value: Any) -> str:
    """The canonical JSON text of a value that is ready for JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def moment(at: datetime) -> str:
    """A moment in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(value: object, *, with_values: bool) -> Any:
    """A value of `data` ready for JSON. Objects have the fields that are sent, without money unless `with_values`."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return _text(value)
        case Decimal():
            return f"{value:f}"
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case tuple() | list():
            return [plain(each, with_values=with_values) for each in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {
                each.name: plain(getattr(value, each.name), with_values=with_values)
                for each in sent(type(value))
                if with_values or not each.metadata["is_value"]
            }
        case _:
            return str(value)


def _text(value: str) -> str:
    """A text without NUL and lone surrogates, which neither UTF-8 nor PostgreSQL has."""
    return value.replace("\x00", "").encode(errors="replace").decode()


def _data_text(occurrence: Occurrence, *, with_values: bool) -> str:
    """The canonical text of `data`, made once per occurrence: several endpoints get the same."""
    name = "_text_with_values" if with_values else "_text_without_values"
    cached: str | None = vars(occurrence).get(name)
    if cached is None:
        cached = canonical(data_of(occurrence, with_values=with_values))
        vars(occurrence)[name] = cached
    return cached


def parse(stored: bytes) -> Mapping[str, Any]:
    """A payload that was stored, as an object."""
    found: Mapping[str, Any] = json.loads(stored)
    return found
