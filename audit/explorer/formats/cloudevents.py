"""An event as a CloudEvent 1.0 in JSON. Its data is the whole document."""

from __future__ import annotations

from urllib.parse import quote

from asora.kernel.shapes import Values
from audit.events.models import Event
from audit.explorer.formats.document import SCHEMA, Source, document, without_blanks

SPEC_VERSION = "1.0"
#: Enough digits for any 64-bit number: a consumer sorts the attribute `sequence` as text.
DIGITS = 19


def cloud_event(event: Event, source: Source) -> Values:
    """The event as one CloudEvent. `source` and `id` together identify it."""
    values = document(event, source)
    resource = values.get("resource") or {}
    subject = ":".join(part for part in (resource.get("type"), resource.get("id")) if part)
    return without_blanks(
        {
            "specversion": SPEC_VERSION,
            "id": values["id"],
            "source": f"/tenants/{quote(source.tenant)}/audit",
            "type": f"asora.audit.{values['action']}",
            "subject": subject,
            "time": values["occurred_at"],
            "datacontenttype": "application/json",
            "dataschema": f"urn:asora:schema:{SCHEMA}",
            "outcome": values["outcome"],
            "requestid": values.get("request_id"),
            "sequence": None if event.number is None else str(event.number).zfill(DIGITS),
            "data": values,
        }
    )
