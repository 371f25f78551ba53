"""How the values of the explorer's actions are recorded when a request is refused, and built again."""

from __future__ import annotations

from dataclasses import fields

from asora.kernel import asked
from audit.explorer.event_query import EventQuery
from audit.explorer.formats.catalogue import FORMATS, Format

# A record may be typed by its label, which is any text; all other filters are codes, pseudonyms and days.
CODES = {field.name for field in fields(EventQuery)} - {"record", "since", "until"}

asked.register_fields(EventQuery, "query of events", codes=CODES)
asked.register(
    Format, "format of events", to_json=lambda form, _writer: form.name, from_json=lambda name: FORMATS[name]
)
