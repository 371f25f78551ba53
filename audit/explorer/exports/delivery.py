"""Sends an export while it is read: a ZIP file with the events and a manifest of what they are.

The response is sent after the view has returned and the connection has left the tenant. Each piece is therefore read
with the tenant bound again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import StreamingHttpResponse
from django_tenants.utils import tenant_context

from asora import __version__
from asora.kernel.act import Act, Tenancy
from asora.kernel.events import record_event
from asora.kernel.ladder import Outcome
from asora.kernel.pages import AsoraRequest
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from audit.events.models import Event
from audit.explorer import naming
from audit.explorer.exports import slices
from audit.explorer.exports.actions import FINISH, Slice
from audit.explorer.exports.archive import Archive
from audit.explorer.formats.document import moment

READ_ME = """This is a part of the audit trail of {tenant}, exported by Asora.

  {file}   the events, oldest first
  manifest.json   the query, who exported it and when, how many events there are, and the hash of the file

Check the file: its SHA-256 is the one in manifest.json.

  sha256sum {file}
"""


@dataclass(slots=True)
class _Tally:
    """What has been written so far."""

    events: int = 0
    concealed: int = 0
    first: Event | None = None
    last: Event | None = None

    def add(self, event: Event) -> None:
        self.events += 1
        self.concealed += not event.is_whole  # type: ignore[attr-defined]
        self.first = self.first or event
        self.last = event


def deliver(request: AsoraRequest, wanted: Slice) -> StreamingHttpResponse:
    """The response that sends a slice. If the file was sent in full, the trail says so before its last bytes."""
    act, tally = request.act, _Tally()
    pieces = _recorded(act, wanted, tally, _inside(act.tenant, _archive(act, wanted, tally)))
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{_name(act, wanted)}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


def _inside(tenant: Tenancy, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, each of them read inside the tenant."""
    while True:
        with tenant_context(tenant):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _recorded(act: Act, wanted: Slice, tally: _Tally, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces. If sending them ends early, the trail says how many events had been written by then."""
    try:
        yield from pieces
    except BaseException:
        with tenant_context(act.tenant):
            _record(act, "failed", {"format": wanted.form.name, "events": tally.events})
        raise


def _archive(act: Act, wanted: Slice, tally: _Tally) -> Iterator[bytes]:
    archive = Archive(at=act.local(wanted.at))
    file = f"{_name(act, wanted)}.{wanted.form.extension}"
    yield from archive.file(file, _events(act, wanted, tally))
    found = {"name": file, "bytes": archive.size, "sha256": archive.sha256}
    manifest = json.dumps(_manifest(act, wanted, tally, found), indent=2, ensure_ascii=False) + "\n"
    yield from archive.file("manifest.json", [manifest.encode()])
    read_me = READ_ME.format(tenant=act.tenant.slug, file=file)
    yield from archive.file("README.txt", [read_me.encode()])
    _record(act, "allowed", {"format": wanted.form.name, "events": tally.events, "sha256": found["sha256"]})
    yield archive.end()


def _events(act: Act, wanted: Slice, tally: _Tally) -> Iterator[bytes]:
    source = naming.source(act)
    yield wanted.form.beginning()
    for page in slices.pages(wanted.query, act.actor, up_to=wanted.up_to):
        lines = []
        for event in page:
            tally.add(event)
            lines.append(wanted.form.line(event, source))
        yield b"".join(lines)


def _manifest(act: Act, wanted: Slice, tally: _Tally, file: Values) -> Values:
    return {
        "tenant": act.tenant.slug,
        "format": wanted.form.name,
        "media_type": wanted.form.media_type,
        "query": wanted.query.text(),
        "filters": wanted.query.as_params(),
        "order": list(slices.ORDER),
        "up_to_number": wanted.up_to,
        "events": tally.events,
        "concealed": tally.concealed,
        "first": _place(tally.first),
        "last": _place(tally.last),
        "file": file,
        "exported_at": moment(wanted.at),
        "exported_by": {"type": act.actor.type, "ref": act.actor.ref},
        "request_id": act.request_id,
        "release": __version__,
    }


def _place(event: Event | None) -> Values | None:
    if event is None:
        return None
    return {"number": event.number, "id": str(event.id), "occurred_at": moment(event.occurred_at)}


def _record(act: Act, outcome: str, facts: Values) -> None:
    recording = act.recording()
    recording.found(**facts)
    permitted = {"gate": "permitted", "verdict": "passed", "rule": Permission.AUDIT_VIEW}
    record_event(recording, Outcome(FINISH, outcome, [permitted], record=recording.record))


def _name(act: Act, wanted: Slice) -> str:
    return f"{act.tenant.slug}_audit_{act.local(wanted.at):%Y-%m-%d_%H%M%S}"
