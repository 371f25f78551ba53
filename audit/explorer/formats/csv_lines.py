"""Events as a CSV file. Lists and records inside an event are JSON in their cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from asora.kernel.csv.writing import Lines, cell
from asora.kernel.shapes import ReadOnlyValues
from audit.events.models import Event
from audit.explorer.formats.document import Source, document


def _at(*path: str) -> Callable[[ReadOnlyValues], object]:
    def read(values: ReadOnlyValues) -> object:
        found: object = values
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return json.dumps(found, ensure_ascii=False) if isinstance(found, list | dict) else found

    return read


#: The columns in order: header → how its cell is read from the document.
COLUMNS: Mapping[str, Callable[[ReadOnlyValues], object]] = {
    "number": _at("number"),
    "occurred_at": _at("occurred_at"),
    "actor_type": _at("actor", "type"),
    "actor": _at("actor", "ref"),
    "action": _at("action"),
    "outcome": _at("outcome"),
    "concealed": _at("concealed"),
    "code": _at("code"),
    "reason": _at("reason"),
    "rule": _at("rule"),
    "message": _at("message"),
    "resource_type": _at("resource", "type"),
    "resource_id": _at("resource", "id"),
    "resource": _at("resource", "label"),
    "hubs": _at("hubs"),
    "request_id": _at("request_id"),
    "client_request_id": _at("client_request_id"),
    "cause_id": _at("cause_id"),
    "session": _at("session"),
    "route": _at("route"),
    "http_status": _at("http_status"),
    "first_position": _at("positions", "first"),
    "last_position": _at("positions", "last"),
    "export": _at("export"),
    "dispatch": _at("dispatch"),
    "ticket": _at("ticket"),
    "decision": _at("decision"),
    "changes": _at("changes"),
    "touched": _at("touched"),
    "facts": _at("facts"),
    "redactions": _at("redactions"),
    "release": _at("release"),
    "duration_ms": _at("duration_ms"),
    "id": _at("id"),
}


def header() -> bytes:
    """The first line of the file."""
    return _line(list(COLUMNS))


def csv_line(event: Event, source: Source) -> bytes:
    """One event as one line. A text that a spreadsheet would run as a formula is guarded by an apostrophe."""
    values = document(event, source)
    return _line([cell(read(values)) for read in COLUMNS.values()])


def _line(texts: list[str]) -> bytes:
    lines = Lines()
    lines.write(texts)
    return lines.drain()
