"""The formats by name: what a file of each is called, how it begins, and how one event is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise, Values
from audit.events.models import Event
from audit.explorer.formats.cloudevents import cloud_event
from audit.explorer.formats.csv_lines import csv_line, header
from audit.explorer.formats.document import Source, document, line
from audit.explorer.formats.ecs import ecs_document
from audit.explorer.formats.ocsf import api_activity


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `document`: the event as JSON values; None for CSV, which is written line by line."""

    name: str
    label: StrOrPromise
    explanation: StrOrPromise
    extension: str
    media_type: str
    document: Callable[[Event, Source], Values] | None = None

    def beginning(self) -> bytes:
        """The bytes before the first event."""
        return header() if self.document is None else b""

    def line(self, event: Event, source: Source) -> bytes:
        """One event as one line of a file."""
        return csv_line(event, source) if self.document is None else line(self.document(event, source))

    def text(self, event: Event, source: Source) -> str:
        """One event to be copied: CSV with its header line, JSON with indentation."""
        if self.document is None:
            return (self.beginning() + self.line(event, source)).decode()
        return json.dumps(self.document(event, source), ensure_ascii=False, indent=2) + "\n"


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("csv", _("CSV"), _("For a spreadsheet."), "csv", "text/csv"),
        Format(
            "jsonl",
            _("JSON lines"),
            _("Everything that an event has."),
            "jsonl",
            "application/x-ndjson",
            document,
        ),
        Format(
            "ocsf",
            _("OCSF"),
            _("Open Cybersecurity Schema Framework, API Activity."),
            "ocsf.jsonl",
            "application/x-ndjson",
            api_activity,
        ),
        Format(
            "ecs", _("ECS"), _("Elastic Common Schema."), "ecs.jsonl", "application/x-ndjson", ecs_document
        ),
        Format(
            "cloudevents",
            _("CloudEvents"),
            _("Version 1.0, in JSON."),
            "cloudevents.jsonl",
            "application/x-ndjson",
            cloud_event,
        ),
    )
}
